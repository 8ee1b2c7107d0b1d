"""Quantities, counts and proportions within the ranges, units and precision of a template."""

from dataclasses import replace
from typing import Final

from openward_openehr.examples import coded, ranges
from openward_openehr.examples import reference_model as rm
from openward_openehr.examples.dice import Dice
from openward_openehr.web_template.model import UNBOUNDED, Choice, Input, Node, Range, Validation

_PROPORTION_TYPES: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")
_FIXED: Final = {"unitary": 1.0, "percent": 100.0}


def quantity(node: Node, dice: Dice) -> rm.Json:
    units, number = coded.input_of(node, "unit"), coded.input_of(node, "magnitude")
    unit = dice.one_of(units.choices) if units and units.choices else Choice("1", "1")
    rules = [each for each in (unit.validation, number and number.validation) if each]
    within = next((each.range for each in rules if each.range), None)
    magnitude = ranges.decimal(
        dice, within, ranges.usual(unit.value, f"{node.name} {node.aql_path}"), _digits(rules)
    )
    return {"_type": "DV_QUANTITY", "magnitude": magnitude, "units": unit.value}


def _digits(rules: list[Validation]) -> int:
    precision = next((each.precision for each in rules if each.precision), None)
    most = precision.max if precision else UNBOUNDED
    return 1 if not isinstance(most, (int, float)) or most < 0 else int(most)


def count(node: Node, dice: Dice) -> rm.Json:
    number = coded.input_of(node, None)
    if number and number.choices:
        return {"_type": "DV_COUNT", "magnitude": int(dice.one_of(number.choices).value)}
    return {"_type": "DV_COUNT", "magnitude": ranges.integer(dice, _range(number), (1, 6))}


def proportion(node: Node, dice: Dice) -> rm.Json:
    above, below = (_range(coded.input_of(node, each)) for each in ("numerator", "denominator"))
    kind = dice.one_of(node.proportion_types or ("percent",))
    fixed = _FIXED.get(kind)
    numerator = float(ranges.integer(dice, above, (60, 99) if kind == "percent" else (1, 9)))
    denominator = fixed or float(ranges.integer(dice, below, (10, 20)))
    number = _PROPORTION_TYPES.index(kind)
    return {"_type": "DV_PROPORTION", "numerator": numerator, "denominator": denominator, "type": number}


def in_unit(node: Node, unit: str | None) -> Node:
    """With no other unit, if the node has this one."""

    def kept(each: Input) -> Input:
        choices = tuple(choice for choice in each.choices if choice.value == unit)
        return replace(each, choices=choices or each.choices)

    return replace(node, inputs=tuple(map(kept, node.inputs))) if unit else node


def _range(of: Input | None) -> Range | None:
    return of.validation.range if of and of.validation else None
