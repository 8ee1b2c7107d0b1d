"""Where a search looks: lists of the index, each in an order of its own, and a patient's places in them.

A patient is answered at the first of their places, so the same rows tell a query where to go on and a record
whether it was there already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from openward_contracts.identifiers import PatientId

from patients.domain.findable import Findable
from patients.domain.keys import identifier_key
from patients.domain.patient import MRN_SYSTEM, Patient
from patients.domain.search.match import Match, OneOf

Keys = tuple[str, str]
"""The two keys that a list is ordered by, before the patient's id."""
NOWHERE: Keys = ("", "")


@dataclass(frozen=True, slots=True)
class Named:
    """Names, by family or given key first. `both`: a second key of that column beside the same other one."""

    family: Match | None
    given: Match | None
    by: Literal["family", "given"] = "family"
    both: Match | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing can be in it: no word was found that could be meant."""
        return any(isinstance(match, OneOf) and not match.keys for match in (self.family, self.given))

    def places(self, _: Patient, keys: Findable) -> Iterable[Keys]:
        for family, given in keys.names:
            if self._accepts(family, given) and self._beside(family, given, keys):
                yield (family, given) if self.by == "family" else (given, family)

    def _accepts(self, family: str, given: str) -> bool:
        return (self.family is None or self.family.accepts(family)) and (
            self.given is None or self.given.accepts(given)
        )

    def _beside(self, family: str, given: str, keys: Findable) -> bool:
        if self.both is None:
            return True
        if self.by == "given":
            return any(f == family and self.both.accepts(g) for f, g in keys.names)
        return any(g == given and self.both.accepts(f) for f, g in keys.names)


@dataclass(frozen=True, slots=True)
class Keyed:
    """Other keys of one kind."""

    kind: str
    match: Match

    def places(self, _: Patient, keys: Findable) -> Iterable[Keys]:
        return ((key, "") for kind, key in keys.keys if kind == self.kind and self.match.accepts(key))


@dataclass(frozen=True, slots=True)
class Identified:
    """Holders of an identifier, in one system or in any."""

    system: str | None
    value_key: str

    def places(self, patient: Patient, keys: Findable) -> Iterable[Keys]:
        return [NOWHERE] if self.accepts(patient, keys) else []

    def accepts(self, patient: Patient, keys: Findable) -> bool:
        held = {(system, value) for system, value, _ in keys.identifiers} | {(MRN_SYSTEM, patient.mrn)}
        return any(self.system in {None, system} and value == self.value_key for system, value in held)

    @classmethod
    def of(cls, system: str | None, value: str) -> "Identified":
        return cls(system, identifier_key(value))


@dataclass(frozen=True, slots=True)
class Listed:
    ids: tuple[PatientId, ...]

    def places(self, patient: Patient, _: Findable) -> Iterable[Keys]:
        return [NOWHERE] if patient.id in self.ids else []


Place = Named | Keyed | Identified | Listed
