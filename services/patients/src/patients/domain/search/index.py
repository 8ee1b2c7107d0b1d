"""What searching needs from the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from openward_contracts.identifiers import PatientId

from patients.domain.patient import Patient
from patients.domain.search.asking import Listing
from patients.domain.search.criteria import Criteria
from patients.domain.search.names import Known
from patients.domain.search.places import Place
from patients.domain.search.plan import Position

Mark = tuple[Position, PatientId]
"""A row of a list: its place, and whose it is."""


@dataclass(frozen=True, slots=True)
class Query:
    """The lists to look in, by number, and what else must be so. `restricted`: with those who are."""

    criteria: Criteria
    lists: Sequence[tuple[int, Place]]
    restricted: bool


@dataclass(frozen=True, slots=True)
class Row:
    """`survivor`: whom it leads to, another where the record was merged.

    `shown`: whether that one may be seen and is as active as was asked for. `alone`: neither merged nor with
    anybody merged into them.
    """

    position: Position
    patient: Patient
    survivor: PatientId
    shown: bool
    alone: bool = True

    @property
    def mark(self) -> Mark:
        return self.position, self.patient.id


class SearchIndex(Protocol):
    """Any method may raise SearchTooBroad, RegistryBusy."""

    async def alike(self, words: Sequence[tuple[str, str]]) -> Known:
        """The dictionary's words one letter off each word of a kind, without those that begin with it."""

    async def rows(self, query: Query, after: Mark | None, size: int) -> Sequence[Row]:
        """At most `size` in the order of the lists; fewer only at the end."""

    async def count(self, query: Query, cap: int) -> tuple[int, bool]:
        """How many people there are, and whether there may be more; cap + 1 at most."""

    async def listed(
        self, listing: Listing, after: tuple[datetime, PatientId] | None, size: int, *, restricted: bool
    ) -> Sequence[Patient]:
        """At most `size` in the order of their registration."""

    async def family(self, survivor: PatientId, *, restricted: bool) -> Sequence[Patient]:
        """The survivor, then those merged into it at any remove, by id; without what may not be seen."""
