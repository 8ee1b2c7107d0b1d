"""Records of the reference model, shared by all templates, from the tables of the simplified formats."""

from collections.abc import Mapping
from typing import Final

from openward_openehr.schema.model import ITSELF, Field, Record, Scalar
from openward_openehr.simplified import CONTEXT_FIELDS, SHAPES, Attribute, ContextField, Kind, Shape, shape_of
from openward_openehr.simplified.shapes import SAME

_ELEMENT: Final = "ELEMENT_"
_BOUND: Final = "BOUND_"
_OF: Final = "_OF_"
CONTEXT: Final = "CONTEXT"
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


def shared_record(name: str) -> Record:
    """That of `DV_TEXT`, of `ELEMENT_DV_TEXT`, of `NORMAL_RANGE_OF_DV_QUANTITY`, of `CONTEXT`."""
    if name == CONTEXT:
        return _context()
    if name == NULL:
        return _made(name, None, fields_of("ELEMENT"), (("_null_flavour",),))
    if name.startswith(_ELEMENT):
        value = shared_record(name.removeprefix(_ELEMENT))
        attributes = _attributes(SHAPES["ELEMENT"], "")
        return _made(name, value.bare, (*value.fields, *attributes), _or_null(value.needs))
    if name.startswith(_BOUND):
        shape = Shape(shape_of(name.removeprefix(_BOUND)).suffixes)
        return _from(name, shape, "")
    outer, _, value_type = name.partition(_OF)
    return _from(name, shape_of(outer), value_type or outer)


def fields_of(rm_type: str) -> tuple[Field, ...]:
    """Suffixes and attributes that the reference model gives a structure."""
    shape = shape_of(rm_type)
    return (*_suffixes(shape), *_attributes(shape, rm_type))


def _or_null(needs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple((*each, "_null_flavour") for each in needs)


def _from(name: str, shape: Shape, value_type: str) -> Record:
    needs = tuple(tuple(sorted(_key(suffix) for suffix in each)) for each in shape.needs)
    bare = shape.suffixes.get(None)
    fields = (*_suffixes(shape), *_attributes(shape, value_type))
    return _made(name, scalar(bare.kind) if bare else None, fields, needs)


def _made(
    name: str, bare: Scalar | None, fields: tuple[Field, ...], needs: tuple[tuple[str, ...], ...]
) -> Record:
    return Record(name, bare=bare, fields=fields, needs=needs)


def _suffixes(shape: Shape) -> tuple[Field, ...]:
    return tuple(Field(_key(name), scalar(suffix.kind)) for name, suffix in shape.suffixes.items())


def _key(suffix: str | None) -> str:
    return ITSELF if suffix is None else f"|{suffix}"


def _attributes(shape: Shape, value_type: str) -> tuple[Field, ...]:
    return tuple(_attribute(name, each, value_type) for name, each in shape.attributes.items())


def _attribute(name: str, attribute: Attribute, value_type: str) -> Field:
    most = None if attribute.repeats else 1
    return Field(name, _named(attribute.shape, value_type), most=most)


def _named(shape: str, value_type: str) -> str:
    if shape == SAME:
        return f"{_BOUND}{value_type}"
    takes_the_type = any(each.shape == SAME for each in SHAPES[shape].attributes.values())
    return f"{shape}{_OF}{value_type}" if takes_the_type else shape


def _context() -> Record:
    """What `ctx` takes, but for identifiers of participations: they have a form of their own."""
    fields = [
        _context_field(name, each)
        for name, each in CONTEXT_FIELDS.items()
        if not (each.suffixes and name.startswith("participation"))
    ]
    return Record(CONTEXT, fields=tuple(fields))


def _context_field(name: str, each: ContextField) -> Field:
    most = None if each.repeats else 1
    if each.suffixes:
        return Field(name, _context_part(name, each), most=most, alone=not each.repeats)
    return Field(name, scalar(each.kind), most=most)


def _context_part(name: str, each: ContextField) -> Record:
    suffixes = tuple(Field(f"|{suffix}", scalar(Kind.TEXT)) for suffix in each.suffixes)
    return Record(f"{CONTEXT}_{name}", fields=suffixes)
