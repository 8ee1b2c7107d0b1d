"""Whatever the OPT validator of oehrpy 0.17 finds in the corpus is found here too, or is no fault.

`oehrpy_findings.json` holds its findings; `write_oehrpy_findings.py` makes it. Of most kinds it finds what is
not there: it expects terms of all archetypes in one place outside of the definition, knows neither generic
nor primitive nor abstract types, and takes node ids of different branches for one. Each such finding is
refuted in the template itself.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, cast

import pytest
from lxml import etree
from openward_openehr.opt.lint import RULES, Finding, lint
from openward_testkit import corpus

NAMESPACES: Final = {"o": "http://schemas.openehr.org/v1", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
THEIRS: Final[Mapping[str, Mapping[str, Mapping[str, int]]]] = json.loads(
    Path(__file__).with_name("oehrpy_findings.json").read_text(encoding="utf-8")
)
#: Every kind of finding that oehrpy knows (validation/opt/issue_codes.py), with what says it here.
EQUIVALENT: Final = {
    "XML_INVALID": {"xml-malformed"},
    "XML_WRONG_NAMESPACE": {"root-unexpected"},
    "XML_ENCODING_ISSUE": {"xml-malformed"},
    "MISSING_TEMPLATE_ID": {"template-id-missing"},
    "INVALID_TEMPLATE_ID_FORMAT": {"template-id-invalid", "template-id-characters"},
    "MISSING_CONCEPT": {"concept-missing"},
    "MISSING_LANGUAGE": {"language-missing"},
    "INVALID_LANGUAGE_CODE": {"language-invalid", "language-unknown", "language-terminology-unusual"},
    "INVALID_ROOT_RM_TYPE": {"root-type-invalid", "root-type-unusual"},
    "INVALID_ARCHETYPE_ID_FORMAT": {"archetype-id-invalid"},
    "DUPLICATE_NODE_ID": {"node-id-duplicate"},
    "INVALID_RM_TYPE": {"rm-type-unknown"},
    "INVALID_OCCURRENCES": {"interval-invalid", "interval-negative", "interval-reversed"},
    "MISSING_TERM_DEF": {"code-undefined", "term-language-missing"},
    "ORPHAN_TERMINOLOGY_BINDING": {"binding-unused"},
    "MANDATORY_NODE_NO_NAME": {"code-undefined", "code-undescribed"},
    "UNKNOWN_TERMINOLOGY_ID": {"terminology-unknown"},
    "DRAFT_LIFECYCLE": {"lifecycle-unpublished"},
    "UNSTABLE_ARCHETYPE_VERSION": {"archetype-unstable"},
    "PROHIBITED_NODE_IN_TREE": {"node-prohibited"},
    "UNCONSTRAINED_ARCHETYPE_SLOT": {"slot-unconstrained"},
    "CONCEPT_SPECIAL_CHARS": {"concept-characters"},
    "NO_DESCRIPTION_DETAILS": {"description-details-missing"},
    "ARCHETYPE_OVERUSE": {"archetype-repeated"},
    "SPECIAL_CHARS_IN_NAME": {"name-characters"},
    "RENAMED_NODE_DETECTED": {"node-renamed"},
    "FLAT_PATH_COLLISION": {"flat-id-duplicate"},
}
#: What it takes for unknown: primitive types, and classes that archetypes constrain by a class above.
KNOWN_TYPES: Final = {"STRING", "INTEGER", "BOOLEAN", "REAL", "EVENT", "ITEM"}


@cache
def root(opt: corpus.Opt) -> etree._Element:
    return etree.fromstring(opt.read())


@cache
def ours(opt: corpus.Opt) -> list[Finding]:
    return lint(opt.read())


def select(within: etree._Element, path: str, about: str = "") -> list[etree._Element]:
    return cast(list[etree._Element], within.xpath(path, namespaces=NAMESPACES, about=about))


@cache
def undefined(opt: corpus.Opt) -> set[str]:
    """Codes of nodes of which their own archetype says nothing."""
    found: set[str] = set()

    def visit(node: etree._Element, defined: set[str]) -> None:
        if is_archetype(node):
            defined = {term.get("code", "") for term in node.iterfind("o:term_definitions", NAMESPACES)}
        found.update({node_id(node)} - defined)
        for child in node.iterfind("o:attributes/o:children", NAMESPACES):
            visit(child, defined)

    for definition in select(root(opt), "o:definition"):
        visit(definition, set())
    return found


@cache
def ambiguous(opt: corpus.Opt) -> set[str]:
    """Node ids that siblings share, of which two have the same name or none."""
    found: set[str] = set()
    for attribute in root(opt).iterfind(".//o:attributes", NAMESPACES):
        children = attribute.findall("o:children", NAMESPACES)
        times = Counter((node_id(child), name(child)) for child in children if not is_archetype(child))
        found |= {code for (code, _), count in times.items() if count > 1}
    return found


def is_archetype(node: etree._Element) -> bool:
    return node.find("o:archetype_id", NAMESPACES) is not None


def node_id(node: etree._Element) -> str:
    return (node.findtext("o:node_id", None, NAMESPACES) or "").strip()


def name(node: etree._Element) -> str:
    """What the template names it, if it does."""
    for attribute in node.iterfind("o:attributes", NAMESPACES):
        if attribute.findtext("o:rm_attribute_name", None, NAMESPACES) == "name":
            return "".join(each.text or "" for each in attribute.iterfind(".//o:list", NAMESPACES))
    return ""


def is_defined(opt: corpus.Opt, about: str) -> bool:
    return about not in undefined(opt)


def is_unambiguous(opt: corpus.Opt, about: str) -> bool:
    return about not in ambiguous(opt)


def is_a_code_of_a_list(opt: corpus.Opt, about: str) -> bool:
    return bool(select(root(opt), "//o:code_list[. = $about]", about))


def is_no_archetype(opt: corpus.Opt, about: str) -> bool:
    return not select(root(opt), "//o:archetype_id[o:value = $about]", about)


def is_a_type(_opt: corpus.Opt, about: str) -> bool:
    return about in KNOWN_TYPES or about.startswith("DV_INTERVAL<DV_")


#: How a finding of theirs is shown to be none.
REFUTING: Final[Mapping[str, Callable[[corpus.Opt, str], bool]]] = {
    "MISSING_TERM_DEF": is_defined,
    "MANDATORY_NODE_NO_NAME": is_defined,
    "DUPLICATE_NODE_ID": is_unambiguous,
    "ORPHAN_TERMINOLOGY_BINDING": is_a_code_of_a_list,
    "INVALID_ARCHETYPE_ID_FORMAT": is_no_archetype,
    "INVALID_RM_TYPE": is_a_type,
}


def is_found(opt: corpus.Opt, kind: str, about: str) -> bool:
    return any(each.code in EQUIVALENT[kind] and each.message.endswith(about) for each in ours(opt))


def test_every_kind_has_an_equivalent() -> None:
    kinds = {kind for findings in THEIRS.values() for kind in findings}
    assert kinds <= EQUIVALENT.keys()
    assert set().union(*EQUIVALENT.values()) <= RULES.keys()


@pytest.mark.parametrize("opt", corpus.opts(), ids=lambda opt: opt.name)
def test_what_oehrpy_finds_is_found_or_refuted(opt: corpus.Opt) -> None:
    missed = [
        (kind, about)
        for kind, findings in THEIRS[opt.name].items()
        for about in findings
        if not is_found(opt, kind, about) and not (kind in REFUTING and REFUTING[kind](opt, about))
    ]
    assert missed == []


@pytest.mark.parametrize("kind", ["UNSTABLE_ARCHETYPE_VERSION", "UNCONSTRAINED_ARCHETYPE_SLOT"])
def test_nothing_that_oehrpy_counts_is_counted_less_often(kind: str) -> None:
    for opt in corpus.opts():
        same = [finding for finding in ours(opt) if finding.code in EQUIVALENT[kind]]
        assert len(same) >= sum(THEIRS[opt.name].get(kind, {}).values())
