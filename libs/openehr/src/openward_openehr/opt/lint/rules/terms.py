"""Codes of archetypes: defined, used, in every language."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from openward_openehr.opt.lint.definition import CODES, Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template

_LOCAL: Final = "local"
#: Ontologies of whole archetypes: they define codes in all languages, of all nodes.
_ONTOLOGIES: Final = ("ontology", "component_ontologies")


def check(template: Template, report: Report) -> None:
    for each in template.objects:
        each.archetype.used.update(_codes_of_others(each))
        for code, element in _codes_used(each):
            each.archetype.used.add(code)
            if code not in each.archetype.terms:
                report.at_text(element, "code-undefined", each, code)
    for root in template.roots:
        _definitions(root, report)
        _bindings(root, report)
    _languages(template, report)


def _codes_used(each: Object) -> Iterator[tuple[str, Element]]:
    """By the node itself, by a list of its own codes, by the symbols of its ordinals."""
    node_id = each.element.child("node_id")
    if node_id and node_id.text.startswith("at"):
        yield node_id.text, node_id
    if each.kind == CODES and each.element.value("terminology_id", "value") == _LOCAL:
        yield from ((code.text, code) for code in each.element.all("code_list") if code.text)
    if each.kind in ("C_DV_ORDINAL", "C_DV_SCALE"):
        for entry in each.element.all("list"):
            if entry.value("symbol", "defining_code", "terminology_id", "value") == _LOCAL:
                code = entry.child("symbol", "defining_code", "code_string")
                if code and code.text:
                    yield code.text, code


def _codes_of_others(each: Object) -> Iterator[str]:
    """Of a list of another terminology's codes: as terms of the archetype name them, where they do."""
    terminology = each.element.value("terminology_id", "value")
    if each.kind == CODES and terminology != _LOCAL:
        yield from (f"{terminology}::{code.text}" for code in each.element.all("code_list"))


def _definitions(root: Object, report: Report) -> None:
    archetype = root.archetype
    for term in archetype.element.all("term_definitions"):
        code = term.attributes.get("code", "")
        if not code:
            report.at(term, "term-code-missing", root)
        elif archetype.terms[code] is not term:
            report.at_attribute(term, "code", "term-duplicate", root, code)
        elif not archetype.text(code):
            report.at_attribute(term, "code", "code-undescribed", root, code)
        elif code not in archetype.used:
            report.at_attribute(term, "code", "term-unused", root, code)


def _bindings(root: Object, report: Report) -> None:
    archetype = root.archetype
    for bindings in archetype.element.all("term_bindings"):
        for item in bindings.all("items"):
            code = item.attributes.get("code", "")
            if code not in archetype.used:
                report.at_attribute(item, "code", "binding-unused", root, code)


def _languages(template: Template, report: Report) -> None:
    """`term_definitions` of a template are in its language; ontologies add others."""
    used: defaultdict[str, set[str]] = defaultdict(set)
    for archetype in (root.archetype for root in template.roots):
        used[archetype.archetype_id] |= archetype.used & archetype.terms.keys()
    found = {template.language} if template.language else set()
    for ontology in (each for name in _ONTOLOGIES for each in template.element.all(name)):
        for definitions in ontology.all("term_definitions"):
            found.add(definitions.attributes.get("language", ""))
            _language(definitions, used[ontology.attributes.get("archetype_id", "")], report)
    for details in template.elements("details"):
        language = details.child("language", "code_string")
        if language and language.text and language.text not in found:
            report.at_text(language, "language-terms-missing")


def _language(definitions: Element, used: set[str], report: Report) -> None:
    """What is used of an archetype has to be in each language."""
    if not definitions.attributes.get("language"):
        report.at(definitions, "term-language-missing")
    if not report.is_full_of("term-language-missing"):
        defined = {item.attributes.get("code") for item in definitions.all("items")}
        for code in sorted(used - defined):
            report.at(definitions, "term-language-missing", None, code)
