"""Codes of openEHR's terminology as values that may be given."""

from typing import Final

from openward_openehr.schema.model import Code, Field, Record, Scalar
from openward_openehr.simplified import Kind
from openward_openehr.validation.terminology import code_set

#: What `ctx` calls otherwise.
_OTHER_NAMES: Final = {"language": "languages", "territory": "countries"}
#: Attributes whose codes EHRbase looks up, by the name of a record for them.
_OF_RECORDS: Final = {
    "LANGUAGE": ("CODE_PHRASE", "languages"),
    "TERRITORY": ("CODE_PHRASE", "countries"),
    "ENCODING": ("CODE_PHRASE", "character sets"),
    "MATH_FUNCTION": ("MATH_FUNCTION", "event math function"),
    "SETTING": ("MATH_FUNCTION", "setting"),
    "TRANSITION": ("MATH_FUNCTION", "instruction transitions"),
}
_BY_ATTRIBUTE: Final = {
    "language": "LANGUAGE",
    "_language": "LANGUAGE",
    "territory": "TERRITORY",
    "encoding": "ENCODING",
    "_encoding": "ENCODING",
    "_charset": "ENCODING",
    "math_function": "MATH_FUNCTION",
    "setting": "SETTING",
    "transition": "TRANSITION",
}
#: Suffixes of which EHRbase refuses what is not of their group.
_CHECKED: Final = frozenset({"null flavours", "participation mode"})


def coded_record(attribute: str) -> str | None:
    """The name of a record for an attribute whose codes are openEHR's."""
    return _BY_ATTRIBUTE.get(attribute)


def shape_and_set(record: str) -> tuple[str, str] | None:
    """Of such a record the name of its shape, and of the set of its codes."""
    return _OF_RECORDS.get(record)


def codes(name: str) -> Scalar:
    """One of a set's codes."""
    known = code_set(name)
    values = tuple(Code(code, says or "") for code, says in known.codes.items())
    return Scalar(Kind.TEXT, values, code_set=name)


def codes_or_rubrics(group: str) -> Scalar:
    """A code, or what it says."""
    known = code_set(_OTHER_NAMES.get(group, group)).codes
    values = dict.fromkeys([*known, *(says for says in known.values() if says)])
    return Scalar(Kind.TEXT, tuple(Code(value, "") for value in values), code_set=f"{group} in words")


def is_checked(group: str | None) -> bool:
    return group in _CHECKED


def coded(record: Record, name: str) -> Record:
    """The same, with codes of a set and the id of its terminology."""
    terminology = Scalar(Kind.TEXT, (Code(code_set(name).terminology, ""),))
    narrowed = {"|code": codes(name), "|terminology": terminology}
    fields = tuple(Field(each.key, narrowed.get(each.key, each.of)) for each in record.fields if each.key)
    needs = (("|code",), ("|terminology",)) + (
        (("|value",),) if any(f.key == "|value" for f in fields) else ()
    )
    return Record(record.name, fields=fields, needs=needs)
