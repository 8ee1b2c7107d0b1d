"""Coded values in canonical JSON: nothing is put in for what is not said, and what is said has to agree."""

from typing import Final

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.terminology import OPENEHR, rubrics
from openward_openehr.validation.values.codes import in_code_set, text_allowed
from openward_openehr.validation.values.leaf import Leaf, has_closed_codes, listed
from openward_openehr.validation.values.ordered import ordered

#: What of openEHR's terminology EHRbase does not compare the text of.
_RUBRIC_FREE: Final = frozenset({"event math function"})


def text(leaf: Leaf) -> None:
    value = leaf.values.get(None)
    allowed = leaf.spot.inputs.get(None)
    if isinstance(value, str) and allowed is not None:
        text_allowed(leaf, None, value, allowed)
    if leaf.values.get("formatting") == "":
        leaf.wrong(Rule.WRONG_FORMAT, "formatting", {"minLength": 1})


def coded_text(leaf: Leaf) -> None:
    code, terminology = leaf.values.get("code"), leaf.values.get("terminology")
    value = leaf.values.get("value")
    if not (isinstance(code, str) and isinstance(terminology, str) and isinstance(value, str)):
        return
    allowed = leaf.spot.inputs.get("code")
    if allowed and allowed.type == "CODED_TEXT" and (allowed.terminology or terminology) != terminology:
        leaf.wrong(Rule.WRONG_TERMINOLOGY, "terminology", {"terminology": allowed.terminology})
    if has_closed_codes(leaf.spot):
        _listed(leaf, code, value)
    name = leaf.spot.code_set
    if name is not None:
        in_code_set(leaf, name, code, terminology)
    if terminology == OPENEHR and name not in _RUBRIC_FREE and value not in rubrics().get(code, {value}):
        leaf.wrong(Rule.WRONG_RUBRIC, "value", {"values": sorted(rubrics()[code])})


def _listed(leaf: Leaf, code: str, value: str) -> None:
    choices = leaf.spot.choices["code"]
    choice = choices.get(code)
    if choice is None:
        leaf.wrong(Rule.UNKNOWN_CODE, "code", listed(choices))
    elif choice.label != value:
        leaf.wrong(Rule.WRONG_RUBRIC, "value", {"values": [choice.label]})


def ordinal(leaf: Leaf) -> None:
    choices = leaf.spot.choices.get(None) or leaf.spot.choices.get("code")
    code, value = leaf.values.get("code"), leaf.values.get("value")
    if choices and isinstance(code, str) and isinstance(value, str):
        choice = choices.get(code)
        if choice is None:
            leaf.wrong(Rule.UNKNOWN_CODE, "code", listed(choices))
        elif choice.label != value:
            leaf.wrong(Rule.WRONG_RUBRIC, "value", {"values": [choice.label]})
        elif choice.ordinal is not None and leaf.values.get("ordinal") != choice.ordinal:
            leaf.wrong(Rule.INCONSISTENT, "ordinal", {"value": choice.ordinal})
    ordered(leaf)
