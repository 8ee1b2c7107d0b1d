"""Inputs of a data value that the template does not constrain as a whole: those of its type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from openward_openehr.web_template.compiler.defaults import Defaults
from openward_openehr.web_template.compiler.draft import Draft
from openward_openehr.web_template.compiler.durations import duration_inputs
from openward_openehr.web_template.model import Input, InputType, Range, Validation

#: Constraints of the attributes of a data value.
Given = Mapping[str, Input]

#: By the number that stands for them in `DV_PROPORTION.type`.
PROPORTIONS: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")
_DENOMINATORS: Final[Mapping[str, float]] = {"unitary": 1, "percent": 100.0}

_VALUE: Final[Mapping[str, InputType]] = {
    "DV_DATE": "DATE",
    "DV_DATE_TIME": "DATETIME",
    "DV_TIME": "TIME",
    "DV_ORDINAL": "CODED_TEXT",
    "DV_SCALE": "CODED_TEXT",
    "DV_BOOLEAN": "BOOLEAN",
    **dict.fromkeys(("DV_TEXT", "DV_EHR_URI", "DV_URI", "DV_MULTIMEDIA", "UID_BASED_ID", "STRING"), "TEXT"),
}
_TEXTS: Final = {
    "PARTY_PROXY": ("id", "id_scheme", "id_namespace", "name"),
    "DV_PARSABLE": ("value", "formalism"),
    "DV_STATE": ("code", "value"),
    "DV_CODED_TEXT": ("code", "value"),
    "DV_IDENTIFIER": ("id", "type", "issuer", "assigner"),
}


def add_type_inputs(node: Draft, given: Given, defaults: Defaults) -> None:
    """Sets the inputs of a node that has none, and proportion types; nothing for other types."""
    if node.rm_type == "DV_PROPORTION":
        _add_proportion(node, given)
    elif given or defaults:
        node.inputs = list(_MADE[node.rm_type](node, given, defaults)) if node.rm_type in _MADE else []
    else:
        node.inputs = list(_plain(node.rm_type))
    if defaults:
        node.inputs = [_with_default(node, each, defaults) for each in node.inputs]


def _with_default(node: Draft, each: Input, defaults: Defaults) -> Input:
    found = defaults.value(node.path, (each.suffix or "").strip() or "value", labels=False)
    return each if found is None else replace(each, default_value=found)


@cache
def _plain(rm_type: str) -> Sequence[Input]:
    """Without constraint: the same for all nodes of the type."""
    if rm_type in _VALUE:
        return (Input(_VALUE[rm_type]),)
    if rm_type in _TEXTS:
        return tuple(Input("TEXT", suffix) for suffix in _TEXTS[rm_type])
    if rm_type == "DV_COUNT":
        return (Input("INTEGER"),)
    if rm_type == "DV_QUANTITY":
        return (Input("DECIMAL", "magnitude"), Input("TEXT", "unit"))
    return tuple(duration_inputs(None, None)) if rm_type == "DV_DURATION" else ()


def _value(node: Draft, given: Given, _: Defaults) -> Sequence[Input]:
    return (given.get("value") or _plain(node.rm_type)[0],)


def _fixed(node: Draft, _: Given, __: Defaults) -> Sequence[Input]:
    return _plain(node.rm_type)


def _magnitude(node: Draft, given: Given, defaults: Defaults) -> Sequence[Input]:
    magnitude, *others = (given.get("magnitude") or _plain(node.rm_type)[0], *_plain(node.rm_type)[1:])
    found = defaults.value(node.path, "magnitude")
    return (magnitude if found is None else replace(magnitude, default_value=found), *others)


def _duration(node: Draft, given: Given, defaults: Defaults) -> Sequence[Input]:
    return duration_inputs(given.get("value"), defaults.text(node.path, "value"))


_MADE: Final[Mapping[str, Callable[[Draft, Given, Defaults], Sequence[Input]]]] = {
    **dict.fromkeys(_VALUE, _value),
    **dict.fromkeys(_TEXTS, _fixed),
    "DV_COUNT": _magnitude,
    "DV_QUANTITY": _magnitude,
    "DV_DURATION": _duration,
}


def _add_proportion(node: Draft, given: Given) -> None:
    """A single type that fixes the denominator limits it so, whatever the template says."""
    numerator, denominator = (
        replace(given.get(each) or Input("DECIMAL"), suffix=each) for each in ("numerator", "denominator")
    )
    types = tuple(_proportion(choice.value) for choice in given["type"].choices) if "type" in given else ()
    if len(types) == 1 and types[0] in _DENOMINATORS:
        only = _DENOMINATORS[types[0]]
        fixed = Range(min=only, min_op=">=", max=only, max_op="<=")
        denominator = replace(denominator, validation=Validation(range=fixed))
    node.inputs = [numerator, denominator]
    node.proportion_types = types or PROPORTIONS


def _proportion(number: str) -> str:
    return PROPORTIONS[int(number)] if number in map(str, range(len(PROPORTIONS))) else number
