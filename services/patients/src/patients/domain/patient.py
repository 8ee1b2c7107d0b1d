"""The patient as the registry knows them. Words are FHIR R4's (Patient, HumanName, Identifier)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from openward_contracts.identifiers import EhrId, PatientId

from patients.domain.errors import NothingToRegister


class Gender(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class NameUse(StrEnum):
    USUAL = "usual"
    OFFICIAL = "official"
    TEMP = "temp"
    NICKNAME = "nickname"
    ANONYMOUS = "anonymous"
    OLD = "old"
    MAIDEN = "maiden"


class EhrState(StrEnum):
    """`ready` once the EHR is known to exist in EHRbase."""

    PENDING = "pending"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Name:
    """At least one of the two parts; some people have one name only."""

    use: NameUse
    family: str | None
    given: tuple[str, ...]

    @property
    def family_key(self) -> str:
        return search_key(self.family or "")

    @property
    def given_key(self) -> str:
        return search_key(" ".join(self.given))


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """`value` is unique within `system`, the URI of the domain that gives it out."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """What a caller may say about a patient."""

    names: tuple[Name, ...]
    birth_date: date | None
    gender: Gender
    identifiers: tuple[Identifier, ...] = ()

    def __post_init__(self) -> None:
        if not self.names and not self.identifiers:
            raise NothingToRegister

    def changed_from(self, before: Self) -> tuple[str, ...]:
        """Names of the fields that differ."""
        names = (field.name for field in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(before, name))


@dataclass(frozen=True, slots=True)
class Patient:
    """`version` grows by one with every change of the demographics; it is the ETag."""

    id: PatientId
    version: int
    demographics: Demographics
    ehr_id: EhrId
    ehr_state: EhrState
    created_at: datetime
    updated_at: datetime

    def updated(self, demographics: Demographics, at: datetime) -> Self:
        return replace(self, demographics=demographics, version=self.version + 1, updated_at=at)


def search_key(text: str) -> str:
    """Letters and digits of a name as they are searched: no case, diacritics or punctuation, single blanks.

    A key is its own key.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (_kept(character) for character in decomposed if not unicodedata.combining(character))
    return " ".join("".join(kept).split())


#: Within a name they join: O'Neill is searched as oneill.
_APOSTROPHES = frozenset(
    {
        "APOSTROPHE",
        "RIGHT SINGLE QUOTATION MARK",
        "MODIFIER LETTER APOSTROPHE",
        "GRAVE ACCENT",
        "ACUTE ACCENT",
    }
)


def _kept(character: str) -> str:
    if character.isalnum():
        return character
    return "" if unicodedata.name(character, "") in _APOSTROPHES else " "


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396: members of `patch` replace those of `target`, null removes."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
