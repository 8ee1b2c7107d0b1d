"""Records of the reference model, shared by all templates, from the tables of the simplified formats."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from openward_openehr.schema import terminology
from openward_openehr.schema.model import ITSELF, UNLIMITED, Field, Limits, Record, Scalar
from openward_openehr.simplified import (
    CONTEXT_FIELDS,
    SHAPES,
    Attribute,
    ContextField,
    Kind,
    Shape,
    Suffix,
    shape_of,
)
from openward_openehr.simplified.shapes import SAME

_ELEMENT: Final = "ELEMENT_"
_BOUND: Final = "BOUND_"
_OF: Final = "_OF_"
CONTEXT: Final = "CONTEXT"
#: A coded text of a template that takes other text too, as `|other`.
CODED_OR_TEXT: Final = "DV_CODED_TEXT_OR_TEXT"
#: EHRbase takes them from a template that allows one only.
_DERIVED: Final = {"DV_QUANTITY": "unit", "DV_PROPORTION": "type"}
#: What stands at an ELEMENT without a value.
NULL: Final = "NULL"

_MONTH: Final = "(0[1-9]|1[0-2])"
_DAY: Final = r"(0[1-9]|[12]\d|3[01])"
_DATE: Final = rf"\d{{4}}(-{_MONTH}(-{_DAY})?|{_MONTH}({_DAY})?)?"
_ZONE: Final = r"(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)"
_TIME: Final = (
    r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d([.,]\d{1,9})?)?|[0-5]\d([0-5]\d([.,]\d{1,9})?)?)?" + f"{_ZONE}?"
)


def _in_this_order(*units: str) -> str:
    """Numbers with these units, each at most once, one at least. Not all dialects can look ahead."""
    number = r"[+-]?\d{1,9}"
    parts = [rf"{number}([.,]\d{{0,9}})?S" if unit == "S" else f"{number}{unit}" for unit in units]
    return "|".join(part + "".join(f"({each})?" for each in parts[i + 1 :]) for i, part in enumerate(parts))


_CLOCK: Final = f"T({_in_this_order('H', 'M', 'S')})"
#: As EHRbase reads them: ISO 8601, partial dates too, with and without separators, and `now`.
PATTERNS: Final[Mapping[Kind, str]] = {
    Kind.DATE: f"now|{_DATE}",
    Kind.TIME: f"now|T?{_TIME}",
    Kind.DATETIME: f"now|{_DATE}(T{_TIME})?",
    Kind.DURATION: f"[+-]?P(({_in_this_order('Y', 'M', 'W', 'D')})({_CLOCK})?|{_CLOCK})",
    Kind.CHARACTER: ".",
}


def scalar(kind: Kind) -> Scalar:
    """Any value of this kind."""
    return Scalar(kind, pattern=PATTERNS.get(kind))


#: By suffix, what holds for numbers of it wherever they are.
_LIMITS: Final = {"size": Limits(minimum=0)}


def element_of(rm_type: str) -> str:
    """Name of what stands at an ELEMENT with one value: both have one path."""
    return f"{_ELEMENT}{rm_type}"


def shared_records(names: set[str]) -> dict[str, Record]:
    """These and all that they lead to, by name, in the order of their names."""
    found: dict[str, Record] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = record = shared_record(name)
            waiting.extend(each.of for each in record.fields if isinstance(each.of, str))
    return dict(sorted(found.items()))


@cache
def shared_record(name: str) -> Record:
    """That of `DV_TEXT`, of `ELEMENT_DV_TEXT`, of `NORMAL_RANGE_OF_DV_QUANTITY`, of `CONTEXT`."""
    if make := _SPECIAL.get(name):
        return make(name)
    if name.startswith(_ELEMENT):
        value = shared_record(name.removeprefix(_ELEMENT))
        attributes = _attributes(SHAPES["ELEMENT"], "")
        return _made(name, value.bare, (*value.fields, *attributes), _or_null(value.needs))
    if name.startswith(_BOUND):
        return _from(name, Shape(shape_of(name.removeprefix(_BOUND)).suffixes), "")
    if coded := terminology.shape_and_set(name):
        return terminology.coded(_from(name, shape_of(coded[0]), ""), coded[1])
    outer, _, value_type = name.partition(_OF)
    return _from(name, shape_of(outer), value_type or outer)


def fields_of(rm_type: str) -> tuple[Field, ...]:
    """Suffixes and attributes that the reference model gives a structure."""
    shape = shape_of(rm_type)
    return (*_suffixes(shape), *_attributes(shape, rm_type))


def _or_null(needs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((*each, "_null_flavour") for each in needs)


def _from(name: str, shape: Shape, value_type: str) -> Record:
    needs = tuple(
        tuple(sorted(_key(suffix) for suffix in each))
        for each in shape.needs
        if _DERIVED.get(name) not in each
    )
    bare = shape.suffixes.get(None)
    fields = (*_suffixes(shape), *_attributes(shape, value_type))
    return _made(name, scalar(bare.kind) if bare else None, fields, needs)


def _made(
    name: str, bare: Scalar | None, fields: tuple[Field, ...], needs: tuple[tuple[str, ...], ...]
) -> Record:
    return Record(name, bare=bare, fields=fields, needs=needs)


def _suffixes(shape: Shape) -> tuple[Field, ...]:
    return tuple(Field(_key(name), _suffix(name, suffix)) for name, suffix in shape.suffixes.items())


def _suffix(name: str | None, suffix: Suffix) -> Scalar:
    if suffix.group and terminology.is_checked(suffix.group):
        return terminology.codes_or_rubrics(suffix.group)
    return replace(scalar(suffix.kind), limits=_LIMITS.get(name or "", UNLIMITED))


def _key(suffix: str | None) -> str:
    return ITSELF if suffix is None else f"|{suffix}"


def _attributes(shape: Shape, value_type: str) -> tuple[Field, ...]:
    return tuple(_attribute(name, each, value_type) for name, each in shape.attributes.items())


def _attribute(name: str, attribute: Attribute, value_type: str) -> Field:
    most = None if attribute.repeats else 1
    return Field(name, terminology.coded_record(name) or _named(attribute.shape, value_type), most=most)


def _named(shape: str, value_type: str) -> str:
    if shape == SAME:
        return f"{_BOUND}{value_type}"
    takes_the_type = any(each.shape == SAME for each in SHAPES[shape].attributes.values())
    return f"{shape}{_OF}{value_type}" if takes_the_type else shape


def _context(name: str) -> Record:
    """What `ctx` takes, but for identifiers of participations: they have a form of their own."""
    fields = [
        _context_field(name, each)
        for name, each in CONTEXT_FIELDS.items()
        if not (each.suffixes and name.startswith("participation"))
    ]
    return Record(name, fields=tuple(fields))


def _context_field(name: str, each: ContextField) -> Field:
    most = None if each.repeats else 1
    if each.suffixes:
        return Field(name, _context_part(name, each), most=most, alone=not each.repeats)
    return Field(
        name, terminology.codes_or_rubrics(each.group) if each.group else scalar(each.kind), most=most
    )


def _context_part(name: str, each: ContextField) -> Record:
    suffixes = tuple(Field(f"|{suffix}", scalar(Kind.TEXT)) for suffix in each.suffixes)
    return Record(f"{CONTEXT}_{name}", fields=suffixes)


def _null(name: str) -> Record:
    return _made(name, None, fields_of("ELEMENT"), (("_null_flavour",),))


def _coded_only(name: str) -> Record:
    record = _from(name, shape_of(name), "")
    return replace(record, fields=tuple(each for each in record.fields if each.key != "|other"))


def _coded_or_text(name: str) -> Record:
    return _from(name, shape_of("DV_CODED_TEXT"), "")


_SPECIAL: Final[Mapping[str, Callable[[str], Record]]] = {
    CONTEXT: _context,
    NULL: _null,
    CODED_OR_TEXT: _coded_or_text,
    "DV_CODED_TEXT": _coded_only,
}
