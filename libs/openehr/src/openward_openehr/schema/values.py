"""What a template says of a single value: codes, units, ranges, patterns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from openward_openehr.schema import describing
from openward_openehr.schema.model import (
    ITSELF,
    UNLIMITED,
    About,
    Code,
    Field,
    Limits,
    Record,
    Scalar,
    UnitLimits,
)
from openward_openehr.simplified import Kind
from openward_openehr.web_template.model import Choice, Input, Node

_Narrow = Callable[[Node, Record, str], Record]
_PROPORTIONS: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")


def narrowed(node: Node, base: Record, about: About, language: str) -> Record:
    """A record on `base`, with the fields that the template narrows."""
    empty = Record(node.id, about, base.name, base.bare, needs=base.needs)
    narrow = _BY_TYPE.get(node.rm_type.strip())
    return narrow(node, empty, language) if narrow else empty


def beneath_repeated(record: Record, rm_type: str) -> Record:
    """EHRbase refuses what it gives itself for ordinals where anything above repeats (its own bug)."""
    if rm_type != "DV_ORDINAL" or not record.fields:
        return record
    text, number = Scalar(Kind.TEXT), Scalar(Kind.INTEGER)
    told = (Field("|value", text, only_read=True), Field("|ordinal", number, only_read=True))
    return replace(record, fields=(*record.fields, *told))


def _input(node: Node, *suffixes: str | None) -> Input | None:
    return next((each for each in node.inputs if each.suffix in suffixes), None)


def _codes(choices: tuple[Choice, ...], language: str) -> tuple[Code, ...]:
    return tuple(Code(each.value, describing.choice_label(each, language)) for each in choices)


def _closed(each: Input | None) -> bool:
    return each is not None and bool(each.choices) and not each.list_open


def _text(node: Node, record: Record, language: str) -> Record:
    given = _input(node, None)
    if given is None or not (given.choices or _pattern(given)):
        return record
    codes = tuple(Code(each.value, describing.choice_label(each, language)) for each in given.choices)
    words = Scalar(Kind.TEXT, codes, closed=_closed(given), pattern=_pattern(given))
    fields = tuple(Field(key, words) for key in (ITSELF, "|value"))
    return replace(record, bare=words, fields=fields)


def _pattern(given: Input) -> str | None:
    return given.validation.pattern if given.validation else None


def _coded(node: Node, record: Record, language: str) -> Record:
    given = _input(node, "code")
    if given is None:
        return record
    takes_text = _input(node, "other") is not None
    is_closed = bool(given.choices) and (takes_text or _closed(given))
    codes = Scalar(Kind.TEXT, _codes(given.choices, language), closed=is_closed)
    fields = [Field("|code", codes)] if codes.codes else []
    if given.terminology and given.type == "CODED_TEXT":
        fields.append(Field("|terminology", Scalar(Kind.TEXT, (Code(given.terminology, ""),))))
    if not is_closed:
        bare = record.bare if given.choices else None
        return replace(record, bare=bare, fields=tuple(fields), needs=(), ways=_ways(node, given))
    labels = tuple(dict.fromkeys(each.label for each in given.choices))
    by_code_or_label = tuple(dict.fromkeys([*(code.value for code in codes.codes), *labels]))
    bare = Scalar(Kind.TEXT, tuple(Code(each, "") for each in by_code_or_label))
    fields.append(Field(ITSELF, bare))
    return replace(record, bare=bare, fields=tuple(fields), labels=labels, needs=())


def _ways(node: Node, given: Input) -> tuple[tuple[str, ...], ...]:
    """A code that the template does not list has to be given with what it says and where it is from."""
    value = () if given.choices else ("|value",)
    terminology = () if given.terminology else ("|terminology",)
    others = [("|other",)] if _input(node, "other") else []
    itself = [(ITSELF,), ("|value",)] if given.choices else []
    return (("|code", *value, *terminology), *others, *itself, ("_null_flavour",))


def _ordinal(node: Node, record: Record, language: str) -> Record:
    given = _input(node, None, "code")
    if given is None or not given.choices:
        return replace(record, needs=(), ways=(("|code", "|value", "|ordinal"), ("_null_flavour",)))
    codes = Scalar(Kind.TEXT, _codes(given.choices, language), closed=_closed(given))
    return replace(record, bare=codes, fields=(Field("|code", codes), Field(ITSELF, codes)))


def _boolean(node: Node, record: Record, _language: str) -> Record:
    given = _input(node, None)
    if given is None or not given.choices:
        return record
    values = tuple(Code(each.value == "true", "") for each in given.choices)
    given_as = Scalar(Kind.BOOLEAN, values)
    return replace(record, bare=given_as, fields=(Field(ITSELF, given_as),))


def _quantity(node: Node, record: Record, _language: str) -> Record:
    magnitude, unit = _input(node, "magnitude"), _input(node, "unit")
    choices = unit.choices if unit else ()
    units = tuple(_unit(each) for each in choices)
    limits = [_limits(magnitude), *([_widest(units)] if units else [])]
    fields = [Field("|magnitude", Scalar(Kind.DECIMAL, limits=_narrowest(limits)))]
    if choices and _closed(unit):
        named = Scalar(Kind.TEXT, tuple(Code(each.value, each.label) for each in choices))
        fields += [Field("|unit", named), Field("|units", named)]
    needs = record.needs if len(choices) == 1 else (*record.needs, _or_null(record, "|unit", "|units"))
    several = units if len(units) > 1 else ()
    if len(units) == 1 and units[0].precision:
        fields.append(Field("|precision", Scalar(Kind.INTEGER, limits=units[0].precision)))
    return replace(record, fields=tuple(fields), units=several, needs=needs)


def _or_null(record: Record, *keys: str) -> tuple[str, ...]:
    """One of these is needed, of an element unless it is null."""
    is_element = any("_null_flavour" in each for each in record.needs)
    return (*keys, "_null_flavour") if is_element else keys


def _unit(choice: Choice) -> UnitLimits:
    if choice.validation is None:
        return UnitLimits(choice.value)
    return UnitLimits(
        choice.value,
        describing.limits_of(choice.validation.range),
        describing.limits_of(choice.validation.precision),
    )


def _limits(given: Input | None) -> Limits:
    return describing.limits_of(given.validation.range if given and given.validation else None)


def _widest(units: tuple[UnitLimits, ...]) -> Limits:
    """What holds in every unit: the lowest lower and the highest upper bound, if each unit has one."""
    if len(units) == 1:
        return units[0].magnitude
    lower = [_either(each.magnitude.minimum, each.magnitude.above) for each in units]
    upper = [_either(each.magnitude.maximum, each.magnitude.below) for each in units]
    return Limits(
        minimum=None if None in lower else min(each for each in lower if each is not None),
        maximum=None if None in upper else max(each for each in upper if each is not None),
    )


def _either(one: float | None, other: float | None) -> float | None:
    return other if one is None else one


def _narrowest(limits: list[Limits]) -> Limits:
    return next((each for each in limits if each), UNLIMITED)


def _count(node: Node, record: Record, _language: str) -> Record:
    limits = _limits(_input(node, None))
    if not limits:
        return record
    number = Scalar(Kind.INTEGER, limits=limits)
    return replace(record, bare=number, fields=(Field("|value", number), Field(ITSELF, number)))


def _proportion(node: Node, record: Record, _language: str) -> Record:
    fields = [
        Field(f"|{name}", Scalar(Kind.DECIMAL, limits=limits))
        for name in ("numerator", "denominator")
        if (limits := _limits(_input(node, name)))
    ]
    known = [name for name in node.proportion_types if name in _PROPORTIONS]
    types = tuple(Code(_PROPORTIONS.index(name), name) for name in known)
    if types:
        fields.append(Field("|type", Scalar(Kind.INTEGER, types, closed=False)))
    needs = record.needs if len(types) == 1 else (*record.needs, _or_null(record, "|type"))
    return replace(record, fields=tuple(fields), needs=needs)


_BY_TYPE: Final[dict[str, _Narrow]] = {
    "DV_TEXT": _text,
    "DV_CODED_TEXT": _coded,
    "DV_ORDINAL": _ordinal,
    "DV_BOOLEAN": _boolean,
    "DV_QUANTITY": _quantity,
    "DV_COUNT": _count,
    "DV_PROPORTION": _proportion,
}
