"""Whether a schema may replace the published one within the same major version.

Messages meet both ways: deployed consumers read what new producers write, and new code reads old messages
for ever, because the audit log is replayed. So a message that is good under one schema must be good under
the other, and the only change left is an optional field more. That includes enumerations. Without a removed
value old messages are unreadable; an added value is refused by every consumer that is already deployed, and
a refused message is a dead letter. A vocabulary that is meant to grow is a slug, not an enumeration;
anything else needs a new subject (`v2`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

#: Say nothing about which messages are good.
_ANNOTATIONS: Final = frozenset({"$id", "$schema", "$comment", "title", "description", "examples"})

_Schema = Mapping[str, Any]


class Rule(StrEnum):
    """What was broken."""

    SUBJECT_REMOVED = "subject-removed"
    FIELD_REMOVED = "field-removed"
    NEWLY_REQUIRED = "newly-required"
    NO_LONGER_REQUIRED = "no-longer-required"
    TYPE_CHANGED = "type-changed"
    VALUES_CHANGED = "values-changed"
    DEFAULT_CHANGED = "default-changed"
    CONSTRAINT_CHANGED = "constraint-changed"
    VERSION_NOT_RAISED = "version-not-raised"


@dataclass(frozen=True, slots=True)
class Violation:
    """`pointer` is a JSON Pointer into the schema."""

    rule: Rule
    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.pointer or '/'}: {self.detail}"


def violations(published: _Schema, proposed: _Schema) -> list[Violation]:
    """Everything that keeps `proposed` from replacing `published`; empty when it may."""
    found = list(_compare(published, proposed, ""))
    changed = _meaning(published) != _meaning(proposed)
    if changed and not found and published.get("$id") == proposed.get("$id"):
        found.append(Violation(Rule.VERSION_NOT_RAISED, "/$id", "a field was added: raise `minor`"))
    return found


def removed_subjects(published: Mapping[str, _Schema], proposed: Mapping[str, _Schema]) -> list[Violation]:
    """Both by subject. A published subject stays in the catalogue, if only to read what was once written."""
    gone = sorted(published.keys() - proposed.keys())
    return [Violation(Rule.SUBJECT_REMOVED, "", f"{subject} is not in the catalogue") for subject in gone]


def _compare(old: Any, new: Any, pointer: str) -> Iterator[Violation]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield _changed(pointer, old, new)
        return
    for keyword in sorted((old.keys() | new.keys()) - _ANNOTATIONS):
        yield from _KEYWORDS.get(keyword, _other)(keyword, old, new, f"{pointer}/{keyword}")


def _fields(keyword: str, old: _Schema, new: _Schema, pointer: str) -> Iterator[Violation]:
    before, after = old.get(keyword, {}), new.get(keyword, {})
    for name, schema in before.items():
        if name in after:
            yield from _compare(schema, after[name], f"{pointer}/{name}")
        elif keyword == "properties":
            yield Violation(Rule.FIELD_REMOVED, f"{pointer}/{name}", "removed or renamed")


def _required(keyword: str, old: _Schema, new: _Schema, pointer: str) -> Iterator[Violation]:
    before, after = set(old.get(keyword, ())), set(new.get(keyword, ()))
    for name in sorted(after - before):
        yield Violation(Rule.NEWLY_REQUIRED, pointer, f"{name}: old messages do not have it")
    for name in sorted(before & old.get("properties", {}).keys() & new.get("properties", {}).keys() - after):
        yield Violation(Rule.NO_LONGER_REQUIRED, pointer, f"{name}: deployed consumers count on it")


def _alternatives(keyword: str, old: _Schema, new: _Schema, pointer: str) -> Iterator[Violation]:
    before, after = old.get(keyword, []), new.get(keyword, [])
    if len(before) != len(after):
        yield _changed(pointer, before, after)
        return
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        yield from _compare(one, other, f"{pointer}/{index}")


def _other(keyword: str, old: _Schema, new: _Schema, pointer: str) -> Iterator[Violation]:
    if keyword in old and keyword in new:
        yield from _compare(old[keyword], new[keyword], pointer)
    else:
        yield _changed(pointer, old.get(keyword, "nothing"), new.get(keyword, "nothing"))


_KEYWORDS: Final = {
    "properties": _fields,
    "$defs": _fields,
    "required": _required,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "allOf": _alternatives,
    "prefixItems": _alternatives,
}

_RULES: Final = {
    "enum": Rule.VALUES_CHANGED,
    "const": Rule.VALUES_CHANGED,
    "default": Rule.DEFAULT_CHANGED,
    "type": Rule.TYPE_CHANGED,
    "format": Rule.TYPE_CHANGED,
    "items": Rule.TYPE_CHANGED,
    "$ref": Rule.TYPE_CHANGED,
    "anyOf": Rule.TYPE_CHANGED,
    "oneOf": Rule.TYPE_CHANGED,
    "allOf": Rule.TYPE_CHANGED,
    "prefixItems": Rule.TYPE_CHANGED,
}


def _changed(pointer: str, old: Any, new: Any) -> Violation:
    keyword = pointer.rsplit("/", 1)[-1]
    return Violation(_RULES.get(keyword, Rule.CONSTRAINT_CHANGED), pointer, f"{old} became {new}")


def _meaning(schema: Any) -> Any:
    """The schema without what only people read, names of fields kept whatever they are."""
    if isinstance(schema, list):
        return [_meaning(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _meaning(one) for name, one in value.items()}
        if key in ("properties", "$defs")
        else _meaning(value)
        for key, value in schema.items()
        if key not in _ANNOTATIONS
    }
