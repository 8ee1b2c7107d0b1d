"""Classes with names and fields, from which Python and TypeScript are written.

The types stand for STRUCTURED, where what belongs together is one object; FLAT has paths and no objects.
They have one spelling of each value, and an element is either a value or null with its reason.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from openward_openehr.schema.model import ITSELF, Field, Model, Record, Scalar
from openward_openehr.schema.naming import Names, class_name, field_name
from openward_openehr.schema.reference_model import CODED_OR_TEXT, NULL, element_of, shared_records

_NULL_FLAVOUR: Final = "_null_flavour"
_NULL_FIELDS: Final = frozenset({_NULL_FLAVOUR, "_null_reason"})
#: The same as `|unit`.
_OTHER_SPELLINGS: Final = frozenset({"|units"})
COMPOSITION: Final = "Composition"
_PAIR: Final = 2
_SHORT: Final = 50


@dataclass(frozen=True, slots=True)
class TypedField:
    """`name` is an identifier, `field.key` what stands in the document.

    `class_of` names its record's class, `bare` is what may stand in its place, `or_null`: or a null flavour.
    `also`: another key that is read, and not written.
    """

    name: str
    field: Field
    class_of: str | None
    bare: Scalar | None
    required: bool
    or_null: bool = False
    also: str | None = None


@dataclass(frozen=True, slots=True)
class TypedClass:
    """`base` is the class that this one narrows."""

    name: str
    record: Record
    base: str | None
    fields: tuple[TypedField, ...]


def classes(model: Model, reserved: AbstractSet[str]) -> tuple[TypedClass, ...]:
    """Those of the reference model first, then the template's from the inside out, the composition last.

    No class has a `reserved` name. The composition is `Composition`, an element without value `Null`.
    """
    return _Typing(model, reserved).classes()


def is_listed(of: Scalar) -> bool:
    """Its codes are written out: those of the template, and short sets of openEHR's."""
    return bool(of.codes) and of.closed and not (of.code_set and len(of.codes) > _SHORT)


def is_only_bare(record: Record) -> bool:
    """It is never an object: a text, a number."""
    return record.bare is not None and all(each.key == ITSELF for each in record.fields)


class _Typing:
    def __init__(self, model: Model, reserved: AbstractSet[str]) -> None:
        self._model = model
        self._shared = {**model.shared, **shared_records({NULL})}
        self._names = Names(reserved | {COMPOSITION})
        self._class_of = {
            name: self._names.give(class_name(name.title()))
            for name, record in self._shared.items()
            if not is_only_bare(record)
        }
        self._names_in: dict[str, dict[str, str]] = {}
        self._made: list[TypedClass] = []

    def classes(self) -> tuple[TypedClass, ...]:
        for shared, name in self._class_of.items():
            self._make(name, self._shared[shared], "")
        root = Field(self._model.root_key, self._model.root, required=True, alone=True)
        context = Field("ctx", self._model.context, alone=True)
        whole = Record(COMPOSITION, self._model.root.about, fields=(root, context))
        self._make(COMPOSITION, whole, "")
        return tuple(self._made)

    def _make(self, name: str, record: Record, above: str) -> str:
        base = self._shared[record.base] if record.base else None
        names = self._naming(name, record, base)
        needed = _needed(record, names.keys())
        fields = tuple(
            TypedField(
                names[each.key],
                each,
                self._class(each.of, each.key, above + class_name(record.name)),
                self._bare(each.of),
                required=(each.required or each.key in needed) and not each.only_read,
                or_null=_is_element(each.of),
                also=_also(each.key, {other.key for other in record.fields}),
            )
            for each in record.fields
            if each.key in names
        )
        self._made.append(TypedClass(name, record, self._class_of[base.name] if base else None, fields))
        return name

    def _naming(self, name: str, record: Record, base: Record | None) -> dict[str, str]:
        """Names by key; those of the base stay what they are."""
        names = dict(self._names_in[base.name]) if base else {}
        given = Names(names.values())
        keys = {each.key for each in record.fields} | names.keys()
        new = [
            each.key for each in record.fields if each.key not in names and _is_typed(each.key, keys, record)
        ]
        # Pydantic takes a field by its name or by its key: no name may be the key of another.
        for key in sorted(new, key=lambda key: field_name(key) != key):
            names[key] = given.give(field_name(key))
        self._names_in.setdefault(record.name if name in self._class_of.values() else name, names)
        return names

    def _bare(self, of: Scalar | Record | str) -> Scalar | None:
        if isinstance(of, Scalar):
            return of
        return (self._shared[of] if isinstance(of, str) else of).bare

    def _class(self, of: Scalar | Record | str, key: str, above: str) -> str | None:
        """The name of its class, which is made if the template says more than the reference model."""
        if isinstance(of, Scalar):
            return None
        if isinstance(of, str):
            return self._class_of.get(of)
        if of.base and (is_only_bare(self._shared[of.base]) or not of.fields):
            return self._class_of.get(of.base)
        return self._make(self._names.give(class_name(key), above + class_name(key)), of, above)


def _also(key: str, keys: AbstractSet[str]) -> str | None:
    """A value beside its attributes is `""` or `|value`, but that `""` of a coded text is its code."""
    if key == ITSELF:
        return "|value"
    return ITSELF if key == "|value" and ITSELF in keys and "|code" not in keys else None


def _is_typed(key: str, keys: AbstractSet[str], record: Record) -> bool:
    same_as_suffix = not key.startswith("|") and f"|{key.lstrip('_')}" in keys
    if key in _OTHER_SPELLINGS or same_as_suffix or (key == ITSELF and "|value" in keys):
        return False
    return key not in _NULL_FIELDS or record.name == NULL


def _needed(record: Record, keys: AbstractSet[str]) -> frozenset[str]:
    """Of sets of which one key is needed those that have one spelling only."""
    left = [
        [key for key in each if key in keys and (key != ITSELF or len(each) < _PAIR)] for each in record.needs
    ]
    takes_text = (record.base or "").endswith(CODED_OR_TEXT)
    coded = ["|code"] if record.labels and not takes_text else _in_every_way(record)
    return frozenset([each[0] for each in left if len(each) == 1] + coded)


def _in_every_way(record: Record) -> list[str]:
    ways = [set(each) for each in record.ways if not _NULL_FIELDS.intersection(each)]
    return sorted(set.intersection(*ways)) if ways else []


def _is_element(of: Scalar | Record | str) -> bool:
    if not isinstance(of, Record):
        return False
    return (of.base or "").startswith(element_of("")) or any(each.key == _NULL_FLAVOUR for each in of.fields)
