"""Ids of archetypes and nodes, and what tells siblings apart."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from openward_openehr.opt.lint.definition import ARCHETYPE_ROOT, SLOT, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.template import Template
from openward_openehr.reference_model.types import is_a

#: Source: openEHR archetype identification, the form of ADL 1.4 (also with a namespace, and a full version).
_ARCHETYPE_ID: Final = re.compile(
    r"(?:[\w.-]+::)?[A-Za-z][\w-]*-[A-Za-z]\w*-([A-Z][A-Z_]*)\.\w[\w-]*\.v(\d{1,9})(?:\.\d{1,9}){0,2}(?:-?[a-z]+\.?\d*)?",
    re.ASCII,
)
_NODE_ID: Final = re.compile(r"at\d+(?:\.\d+)*", re.ASCII)
_MANY: Final = 3
#: Levels that have no FLAT id of their own.
_TRANSPARENT: Final = frozenset({"ITEM_TREE", "ITEM_LIST", "ITEM_SINGLE", "ITEM_TABLE", "HISTORY"})
#: In names, characters that a FLAT path uses itself.
_PATH_CHARACTERS: Final = re.compile(r"[/\\|:]")
_NOT_IN_ID: Final = re.compile(r"[^\w.\-]+")


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        if each.is_root:
            _archetype(each, report)
        _node_id(each, report)
        _name(each, report)
        _siblings(each, report)
        if each.rm_type not in _TRANSPARENT:
            _flat_ids(each, report)
    _repeated(template, report)


def _archetype(each: Object, report: Report) -> None:
    element = each.element.child("archetype_id", "value")
    if element is None or not element.text:
        report.at(element or each.element, "archetype-id-missing", each)
    elif not (found := _ARCHETYPE_ID.fullmatch(element.text)):
        report.at_text(element, "archetype-id-invalid", each)
    else:
        if found[1] != each.rm_type:
            report.at_text(element, "archetype-type-mismatch", each, found[1])
        if int(found[2]) == 0:
            report.at_text(element, "archetype-unstable", each, element.text)


def _node_id(each: Object, report: Report) -> None:
    element = each.element.child("node_id")
    if element and element.text and not (_NODE_ID.fullmatch(element.text) or each.is_root):
        report.at_text(element, "node-id-invalid", each)
    is_addressed = each.is_in_container and is_a(each.rm_type, "LOCATABLE")
    if is_addressed and not each.node_id and each.kind != ARCHETYPE_ROOT:
        report.at(element or each.element, "node-id-missing", each)


def _name(each: Object, report: Report) -> None:
    if not is_a(each.rm_type, "LOCATABLE"):
        return
    text = each.archetype.text(each.node_id)
    if each.given_name and text and each.given_name != text:
        report.at(each.element, "node-renamed", each)
    if _PATH_CHARACTERS.search(each.name or ""):
        report.at(each.element, "name-characters", each)


def _siblings(parent: Object, report: Report) -> None:
    """Whoever fills one of them has to say which: by its name, if its node id is not enough."""
    for attribute in parent.attributes:
        found: dict[tuple[str, str | None], Object] = {}
        for child in attribute.children if attribute.is_container else ():
            node_id = child.archetype.archetype_id if child.kind == ARCHETYPE_ROOT else child.node_id
            twin = found.setdefault((node_id, child.given_name), child)
            if node_id and twin is not child and SLOT not in (twin.kind, child.kind):
                report.at(child.element, "node-id-duplicate", child, node_id)


def _flat_ids(parent: Object, report: Report) -> None:
    found = defaultdict(list)
    for child in _in_flat(parent):
        if child.name:
            found[_NOT_IN_ID.sub("_", child.name.lower()).strip("_")].append(child)
    for same in found.values():
        for child in same[1:]:
            report.at(child.element, "flat-id-duplicate", child)


def _in_flat(parent: Object) -> Iterator[Object]:
    """Children in the FLAT sense: those of levels that have no id of their own too."""
    for attribute in parent.attributes:
        for child in attribute.children:
            if child.rm_type in _TRANSPARENT and child.kind not in (SLOT, ARCHETYPE_ROOT):
                yield from _in_flat(child)
            elif is_a(child.rm_type, "LOCATABLE") and child.kind != SLOT and not child.is_prohibited:
                yield child


def _repeated(template: Template, report: Report) -> None:
    """Said where it is used first."""
    uses = defaultdict(list)
    for root in template.roots:
        uses[root.archetype.archetype_id].append(root)
    for archetype_id, roots in uses.items():
        if archetype_id and len(roots) > _MANY:
            report.at(roots[0].element, "archetype-repeated", roots[0], archetype_id)
