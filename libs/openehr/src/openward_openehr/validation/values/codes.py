"""Texts, coded or not, and ordinals."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.terminology import OPENEHR, code_set, rubrics
from openward_openehr.validation.values.leaf import Leaf, has_closed_codes, is_closed, listed
from openward_openehr.validation.values.ordered import ordered
from openward_openehr.web_template.model import Choice, Input

#: Longer is not matched: a regular expression of a template can take very long on long texts.
_LONGEST_MATCHED: Final = 10_000
_SETTING: Final = "setting"
_NULL_FLAVOURS: Final = "null flavours"
#: What EHRbase also compares the text of with the code.
_RUBRICS_COMPARED: Final = frozenset(
    {
        None,
        _SETTING,
        _NULL_FLAVOURS,
        "instruction states",
        "instruction transitions",
        "participation mode",
    }
)


def text(leaf: Leaf) -> None:
    """One with a code is a coded text; the template's list and pattern hold for what is not."""
    if leaf.values.get("code") is not None:
        _coded_freely(leaf, leaf.values["code"])
        return
    suffix, value = leaf.first(None, "value")
    allowed = leaf.spot.inputs.get(None)
    if value is None:
        leaf.missing(None, {"type": "text"})
    elif allowed is not None:
        text_allowed(leaf, suffix, value, allowed)
    _formatting(leaf)


def text_allowed(leaf: Leaf, suffix: str | None, value: str, allowed: Input) -> None:
    """A text against the list and the pattern of its template."""
    if is_closed(allowed) and value not in leaf.spot.choices.get(None, {}):
        leaf.wrong(Rule.UNKNOWN_CODE, suffix, listed(leaf.spot.choices.get(None, {})))
    pattern = allowed.validation.pattern if allowed.validation else None
    if pattern and not _matches(pattern, value):
        leaf.wrong(Rule.PATTERN, suffix, {"pattern": pattern})


def _matches(pattern: str, value: str) -> bool:
    """Written between slashes it is a regular expression, else it is the text itself."""
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        expression = _expression(pattern[1:-1])
        return expression is None or (
            len(value) <= _LONGEST_MATCHED and expression.fullmatch(value) is not None
        )
    return value == pattern


@cache
def _expression(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _formatting(leaf: Leaf) -> None:
    if leaf.values.get("formatting") == "":
        leaf.wrong(Rule.WRONG_FORMAT, "formatting", {"minLength": 1})


def coded_text(leaf: Leaf) -> None:
    """Of a closed list a code is enough, or a label; else code, text and terminology have to be given."""
    values = leaf.values
    if values.get("other") is not None:
        _other(leaf)
        return
    suffix, code = leaf.first("code", None)
    allowed = leaf.spot.inputs.get("code")
    choices = leaf.spot.choices.get("code", {})
    chosen = _chosen(leaf, code, choices)
    if allowed and allowed.terminology and allowed.type == "CODED_TEXT":
        _of_terminology(leaf, allowed.terminology)
    if chosen is None and has_closed_codes(leaf.spot):
        _not_listed(leaf, suffix, choices)
    elif chosen is None:
        _coded_freely(leaf, code if suffix == "code" else None)
    _formatting(leaf)


def _chosen(leaf: Leaf, code: str | None, choices: Mapping[str, Choice]) -> Choice | None:
    if code is not None and (code in choices or leaf.values.get("code") is not None):
        return choices.get(code)
    label = leaf.first("value", None)[1]
    return next((choice for choice in choices.values() if choice.label == label), None)


def _other(leaf: Leaf) -> None:
    """What a template lets a coded text be instead of a code."""
    if "other" not in leaf.spot.inputs:
        leaf.wrong(Rule.UNKNOWN_PATH, "other")


def _not_listed(leaf: Leaf, suffix: str | None, choices: Mapping[str, Choice]) -> None:
    expected = listed(choices)
    if leaf.first("code", None, "value")[1] is None:
        leaf.missing("code", expected)
    else:
        given = suffix if leaf.values.get(suffix) is not None else "value"
        leaf.wrong(Rule.UNKNOWN_CODE, given, expected)


def _of_terminology(leaf: Leaf, terminology: str) -> None:
    given = leaf.values.get("terminology")
    if given is not None and given != terminology:
        leaf.wrong(Rule.WRONG_TERMINOLOGY, "terminology", {"terminology": terminology})


def _coded_freely(leaf: Leaf, code: str | None) -> None:
    """Nothing is put in for what the template has no list of, but for attributes that are always filled."""
    allowed = leaf.spot.inputs.get("code")
    terminology = leaf.values.get("terminology") or (allowed.terminology if allowed else None)
    if leaf.spot.filled:
        terminology = terminology or (OPENEHR if leaf.spot.code_set == _SETTING else None)
        if not code:
            return
    for suffix, value in (("code", code), ("value", leaf.values.get("value")), ("terminology", terminology)):
        if value is None:
            leaf.missing(suffix, {"type": "text"})
    if code == "":
        leaf.wrong(Rule.WRONG_FORMAT, "code", {"minLength": 1})
    elif code and terminology:
        _of_openehr(leaf, code, terminology)


def _of_openehr(leaf: Leaf, code: str, terminology: str) -> None:
    name, given = leaf.spot.code_set, leaf.values.get("value")
    if name is not None:
        in_code_set(leaf, name, code, terminology)
    if terminology != OPENEHR or given is None or name not in _RUBRICS_COMPARED:
        return
    if given not in rubrics().get(code, {given}):
        leaf.wrong(Rule.WRONG_RUBRIC, "value", {"values": sorted(rubrics()[code])})


def in_code_set(leaf: Leaf, name: str, code: str, terminology: str | None) -> None:
    """That a code is one of those that openEHR has for an attribute."""
    known = code_set(name)
    if not known.holds(code, terminology):
        codes = [{"value": value, "label": label} for value, label in list(known.codes.items())[:100]]
        leaf.wrong(Rule.UNKNOWN_CODE, "code", {"terminology": known.terminology, "codes": codes})


def null_flavour(leaf: Leaf) -> None:
    """EHRbase takes the code or what it says."""
    codes = code_set(_NULL_FLAVOURS).codes
    for suffix in ("code", "value"):
        given = leaf.values.get(suffix)
        if given is not None and given not in codes and given not in codes.values():
            known = [{"value": code, "label": label} for code, label in codes.items()]
            leaf.wrong(Rule.UNKNOWN_CODE, suffix, {"codes": known})


def code_phrase(leaf: Leaf) -> None:
    code, terminology = leaf.values.get("code"), leaf.values.get("terminology")
    if leaf.spot.filled and not code:
        return
    if code is not None and terminology is None:
        leaf.missing("terminology", {"type": "text"})
    if code == "":
        leaf.wrong(Rule.WRONG_FORMAT, "code", {"minLength": 1})
    elif code is not None and terminology is not None and leaf.spot.code_set is not None:
        in_code_set(leaf, leaf.spot.code_set, code, terminology)


def ordinal(leaf: Leaf) -> None:
    """Of a listed code EHRbase knows number and text, whatever is given for them."""
    suffix, code = leaf.first("code", None)
    choices = leaf.spot.choices.get(None) or leaf.spot.choices.get("code") or {}
    if code is not None and code not in choices:
        if choices:
            leaf.wrong(Rule.UNKNOWN_CODE, suffix, listed(choices))
        else:
            _free_ordinal(leaf)
    elif code is not None:
        _agrees(leaf, choices[code])
    ordered(leaf)


def _free_ordinal(leaf: Leaf) -> None:
    for suffix, kind in (("ordinal", "integer"), ("value", "text")):
        if leaf.values.get(suffix) is None:
            leaf.missing(suffix, {"type": kind})


def _agrees(leaf: Leaf, choice: Choice) -> None:
    number = leaf.values.get("ordinal")
    if number is not None and choice.ordinal is not None and number != choice.ordinal:
        leaf.wrong(Rule.INCONSISTENT, "ordinal", {"value": choice.ordinal}, tolerated=True)
