"""Classes of the reference model and their attributes."""

import re
from typing import Final

from openward_openehr.opt.lint.definition import PRIMITIVE, SLOT, Attribute, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.template import Template
from openward_openehr.reference_model.types import RmAttribute, is_a, rm_type

#: Source: openEHR AOM 1.4. Each kind of constraint, with the class that it is for; empty: for any.
_KINDS: Final = {
    "C_COMPLEX_OBJECT": "",
    "C_ARCHETYPE_ROOT": "",
    "ARCHETYPE_SLOT": "",
    "ARCHETYPE_INTERNAL_REF": "",
    "CONSTRAINT_REF": "",
    "C_PRIMITIVE_OBJECT": "",
    "C_CODE_PHRASE": "CODE_PHRASE",
    "C_CODE_REFERENCE": "CODE_PHRASE",
    "C_DV_QUANTITY": "DV_QUANTITY",
    "C_DV_ORDINAL": "DV_ORDINAL",
    "C_DV_SCALE": "DV_SCALE",
    "C_DV_STATE": "DV_STATE",
}
#: Classes of C_PRIMITIVE_OBJECT. Source: openEHR base types, and how ADL 1.4 writes them.
_PRIMITIVES: Final = frozenset(
    {"STRING", "INTEGER", "INTEGER64", "REAL", "DOUBLE", "LONG", "BOOLEAN", "CHARACTER", "OCTET", "BYTE"}
    | {"DATE", "TIME", "DATE_TIME", "DURATION", "URI"}
    | {"ISO8601_DATE", "ISO8601_TIME", "ISO8601_DATE_TIME", "ISO8601_DURATION"}
)
#: What EHRbase 2.16 has no support for.
_UNSUPPORTED: Final = frozenset({"DV_SCALE"})
_GENERIC: Final = re.compile(r"\w+<\s*(\w+)\s*>")


def check(template: Template, report: Report) -> None:
    _root(template.definition, report)
    for each in template.objects:
        _kind(each, report)
        _class(each, report)
        _attributes(each, report)


def _root(root: Object, report: Report) -> None:
    element = root.element.child("rm_type_name") or root.element
    if rm_type(root.rm_type) and not is_a(root.rm_type, "LOCATABLE"):
        report.at_text(element, "root-type-invalid", root, root.rm_type)
    elif root.rm_type and root.rm_type != "COMPOSITION":
        report.at_text(element, "root-type-unusual", root, root.rm_type)


def _kind(each: Object, report: Report) -> None:
    if each.is_top:
        return
    if each.kind not in _KINDS:
        report.at(each.element, "constraint-kind-unknown", each, each.kind)
    elif (of := _KINDS[each.kind]) and each.rm_type and each.rm_type != of:
        report.at(each.element, "constraint-type-mismatch", each, each.rm_type)


def _class(each: Object, report: Report) -> None:
    element = each.element.child("rm_type_name")
    if element is None or not element.text:
        report.at(element or each.element, "rm-type-missing", each)
    elif not _is_known(each):
        report.at_text(element, "rm-type-unknown", each, each.rm_type)
    elif each.rm_type in _UNSUPPORTED:
        report.at_text(element, "rm-type-unsupported", each, each.rm_type)


def _is_known(each: Object) -> bool:
    if each.rm_type in _PRIMITIVES:
        return each.kind == PRIMITIVE
    generic = _GENERIC.fullmatch(each.rm_type)
    return rm_type(each.rm_type) is not None and (generic is None or rm_type(generic[1]) is not None)


def _attributes(each: Object, report: Report) -> None:
    of = rm_type(each.rm_type)
    names = set()
    for attribute in each.attributes:
        element = attribute.element.child("rm_attribute_name") or attribute.element
        if attribute.name in names:
            report.at_text(element, "attribute-duplicate", attribute, attribute.name)
        names.add(attribute.name)
        if of is None:
            continue
        if (known := of.attributes.get(attribute.name)) is None:
            report.at_text(element, "rm-attribute-unknown", attribute, attribute.name)
        else:
            _attribute(attribute, known, report)


def _attribute(attribute: Attribute, known: RmAttribute, report: Report) -> None:
    element = attribute.element.child("rm_attribute_name") or attribute.element
    if known.computed:
        report.at_text(element, "rm-attribute-computed", attribute, attribute.name)
    if known.multiple != attribute.is_container:
        report.at(attribute.element, "attribute-multiplicity-wrong", attribute, attribute.name)
    if attribute.is_prohibited and not known.optional:
        report.at(attribute.element, "required-prohibited", attribute, attribute.name)
    for child in attribute.children:
        if rm_type(child.rm_type) and rm_type(known.rm_type) and not _fits(child, known.rm_type):
            where = child.element.child("rm_type_name") or child.element
            report.at_text(where, "rm-type-mismatch", child, child.rm_type)


def _fits(child: Object, required: str) -> bool:
    """A slot may be for a class above: what fills it is an archetype of the right one."""
    return is_a(child.rm_type, required) or (child.kind == SLOT and is_a(required, child.rm_type))
