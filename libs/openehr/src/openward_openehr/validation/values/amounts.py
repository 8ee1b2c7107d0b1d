"""Quantities, counts, proportions."""

from typing import Final

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.values.bounds import is_within, told
from openward_openehr.validation.values.leaf import Leaf, listed
from openward_openehr.validation.values.ordered import amount
from openward_openehr.web_template.model import Input, Validation

#: Kinds of proportions by their number, as a web template names them.
_RATIO, _UNITARY, _PERCENT, _FRACTION, _INTEGER_FRACTION = range(5)
_KINDS: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")
_WHOLE: Final = frozenset({_FRACTION, _INTEGER_FRACTION})


def quantity(leaf: Leaf) -> None:
    suffix, unit = leaf.first("unit", "units")
    choices = leaf.spot.choices.get("unit", {})
    if unit is None and len(choices) == 1:
        unit = next(iter(choices))
    if choices and unit is not None and unit not in choices:
        leaf.wrong(Rule.UNKNOWN_UNIT, suffix, {"units": list(choices)})
    validation = choices[unit].validation if unit in choices else None
    if validation is None or validation.range is None:
        _number(leaf, "magnitude")
    if validation is not None and unit is not None:
        _in_unit(leaf, unit, validation)
    if len(leaf.values) > 2:  # magnitude and unit, as nearly all have
        amount(leaf)


def _in_unit(leaf: Leaf, unit: str, validation: Validation) -> None:
    magnitude, precision = leaf.values.get("magnitude"), leaf.values.get("precision")
    if validation.range and magnitude is not None and not is_within(magnitude, validation.range):
        leaf.wrong(Rule.OUT_OF_RANGE, "magnitude", {**told(validation.range), "unit": unit})
    if validation.precision and precision is not None and not is_within(precision, validation.precision):
        leaf.wrong(Rule.PRECISION, "precision", told(validation.precision))


def count(leaf: Leaf) -> None:
    _number(leaf, None, "value")
    if len(leaf.values) > 1:
        amount(leaf)


def _number(leaf: Leaf, *suffixes: str | None) -> None:
    """What its input allows of the number that stands behind one of the suffixes."""
    suffix, number = leaf.first(*suffixes)
    allowed = leaf.spot.inputs.get(suffixes[0])
    if number is None or allowed is None:
        return
    _allowed(leaf, suffix, number, allowed)


def _allowed(leaf: Leaf, suffix: str | None, number: float, allowed: Input) -> None:
    bounds = allowed.validation.range if allowed.validation else None
    listed_values = [float(choice.value) for choice in allowed.choices]
    if number in listed_values or (bounds and is_within(number, bounds)):
        return
    if bounds:
        leaf.wrong(Rule.OUT_OF_RANGE, suffix, told(bounds))
    elif listed_values:
        leaf.wrong(Rule.UNKNOWN_CODE, suffix, listed(leaf.spot.choices.get(suffix, {})))


def proportion(leaf: Leaf) -> None:
    _number(leaf, "numerator")
    _number(leaf, "denominator")
    kind = leaf.values.get("type")
    kinds = leaf.spot.node.proportion_types
    if kind is None and len(kinds) == 1:
        kind = _KINDS.index(kinds[0]) if kinds[0] in _KINDS else None
    elif kind is not None and not 0 <= kind < len(_KINDS):
        leaf.wrong(Rule.OUT_OF_RANGE, "type", {"types": list(_KINDS)})
        return
    elif kind is not None and kinds and _KINDS[kind] not in kinds:
        leaf.wrong(Rule.UNKNOWN_CODE, "type", {"types": list(kinds)}, tolerated=True)
    _proportion_of(leaf, kind)
    amount(leaf)


def _proportion_of(leaf: Leaf, kind: int | None) -> None:
    numerator, denominator = leaf.values.get("numerator"), leaf.values.get("denominator")
    precision = leaf.values.get("precision")
    fixed = {_UNITARY: 1, _PERCENT: 100}.get(kind if kind is not None else _RATIO)
    if denominator == 0:
        leaf.wrong(Rule.OUT_OF_RANGE, "denominator", {"not": 0})
    elif denominator is not None and fixed is not None and denominator != fixed:
        leaf.wrong(Rule.INCONSISTENT, "denominator", {"value": fixed})
    if kind in _WHOLE or precision == 0:
        for suffix, number in (("numerator", numerator), ("denominator", denominator)):
            if number is not None and not float(number).is_integer():
                leaf.wrong(Rule.INCONSISTENT, suffix, {"type": "integer"})
