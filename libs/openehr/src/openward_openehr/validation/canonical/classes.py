"""Classes of the reference model as canonical JSON has them: what attributes may be, which cannot lack."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from openward_openehr.reference_model.types import RmAttribute, is_a, rm_type
from openward_openehr.simplified import Kind


@dataclass(frozen=True, slots=True)
class RmField:
    """`kind`: of a plain value; None for an object of `rm_type`, or of a class that inherits from it."""

    rm_type: str
    multiple: bool
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class RmClass:
    """`derived`: attributes that are computed; they may be in the JSON and mean nothing.

    `nodes`: attributes that hold what a template names. `never_empty`: texts that may lack, if they are
    optional, but not be empty.
    """

    name: str
    fields: Mapping[str, RmField]
    required: tuple[str, ...]
    derived: frozenset[str]
    is_locatable: bool
    nodes: tuple[str, ...]
    never_empty: tuple[str, ...]


@cache
def class_of(name: str) -> RmClass | None:
    """None of what is no class that an object can be of."""
    found = rm_type(name) if "<" not in name else None
    if found is None or name in _ABSTRACT:
        return None
    stored = {each.name: each for each in found.attributes.values() if not _is_derived(name, each)}
    fields = {each.name: _field(name, each) for each in stored.values()}
    required = tuple(each.name for each in stored.values() if _is_required(name, each))
    derived = frozenset(found.attributes) - frozenset(stored)
    nodes = tuple(each for each, field in fields.items() if is_a(field.rm_type, "LOCATABLE"))
    texts = tuple(each for each in _NOT_EMPTY if each in fields)
    return RmClass(name, fields, required, derived, found.is_a("LOCATABLE"), nodes, texts)


@cache
def may_be(name: str, declared: str) -> bool:
    return is_a(name, declared)


@cache
def is_concrete(name: str) -> bool:
    return class_of(name) is not None


def _is_derived(of: str, attribute: RmAttribute) -> bool:
    return attribute.computed or (of == "DV_INTERVAL" and attribute.name == "interval")


def _is_required(of: str, attribute: RmAttribute) -> bool:
    """A flag that is not there is false; an id of an archetype may be empty, says EHRbase."""
    if of == "ARCHETYPE_ID":
        return False
    if attribute.rm_type == "BOOLEAN" and of != "DV_BOOLEAN":
        return False
    return not attribute.optional


def _field(of: str, attribute: RmAttribute) -> RmField:
    kind = _BY_CLASS.get(of) if attribute.rm_type.startswith("TEMPORAL") else _KINDS.get(attribute.rm_type)
    return RmField(attribute.rm_type, attribute.multiple and kind is not Kind.BASE64, kind)


_NOT_EMPTY: Final = (
    "archetype_node_id",
    "rm_version",
    "code_string",
    "location",
    "action_archetype_id",
    "activity_id",
    "system_id",
    "formalism",
)
_KINDS: Final[Mapping[str, Kind]] = {
    "STRING": Kind.TEXT,
    "LONG": Kind.INTEGER,
    "INTEGER": Kind.INTEGER,
    "DOUBLE": Kind.DECIMAL,
    "BOOLEAN": Kind.BOOLEAN,
    "URI": Kind.URI,
    "BYTE": Kind.BASE64,
    "CHAR": Kind.CHARACTER,
}
_BY_CLASS: Final[Mapping[str, Kind]] = {
    "DV_DATE": Kind.DATE,
    "DV_TIME": Kind.TIME,
    "DV_DATE_TIME": Kind.DATETIME,
    "DV_DURATION": Kind.DURATION,
}
_ABSTRACT: Final = frozenset(
    {
        "ACTOR",
        "CARE_ENTRY",
        "CONTENT_ITEM",
        "DATA_STRUCTURE",
        "DATA_VALUE",
        "DV_ABSOLUTE_QUANTITY",
        "DV_AMOUNT",
        "DV_ENCAPSULATED",
        "DV_ORDERED",
        "DV_QUANTIFIED",
        "DV_TEMPORAL",
        "DV_TIME_SPECIFICATION",
        "ENTRY",
        "EVENT",
        "ITEM",
        "ITEM_STRUCTURE",
        "LOCATABLE",
        "OBJECT_ID",
        "PARTY",
        "PARTY_PROXY",
        "PATHABLE",
        "UID",
        "UID_BASED_ID",
    }
)
