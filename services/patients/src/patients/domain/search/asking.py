"""What may be asked for, and what is found: the words of every search, whatever protocol it came by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from openward_contracts.identifiers import PatientId

from patients.domain.patient import Patient
from patients.domain.record import Gender


class Typos(StrEnum):
    """Whether words one letter off are found: `auto` where the words as typed fill no page."""

    YES = "true"
    NO = "false"
    AUTO = "auto"


class How(StrEnum):
    """How well something matches, best first; `range` and `partial` are of dates."""

    EXACT = "exact"
    PREFIX = "prefix"
    RANGE = "range"
    TYPO = "typo"


@dataclass(frozen=True, slots=True)
class Term:
    """Found where a value begins with it, in any spelling; `exact`: where a value is it, letter by letter."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class DayRange:
    """Both days within it. A date of which only a part is known counts as its first day."""

    first: date
    last: date

    @property
    def one_day(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Search:
    """All that is given must be true of one record.

    `words`: of any name in any order. `family`, `given`: each the beginning of one. `identifiers`: pairs of
    system and value, either of which may be None; in any system, or any value of that system. `address`: any
    part of one. `active` None: whether or not. `ids`: one of them.
    """

    words: str = ""
    family: tuple[Term, ...] = ()
    given: tuple[Term, ...] = ()
    identifiers: tuple[tuple[str | None, str | None], ...] = ()
    birth: tuple[DayRange, ...] = ()
    phone: str | None = None
    email: str | None = None
    address: Term | None = None
    postal_code: Term | None = None
    city: Term | None = None
    line: Term | None = None
    state: Term | None = None
    country: Term | None = None
    mothers_maiden_name: Term | None = None
    gender: Gender | None = None
    active: bool | None = True
    ids: tuple[PatientId, ...] = ()
    typos: Typos = Typos.AUTO


@dataclass(frozen=True, slots=True)
class Listing:
    """Which patients to list, by what identifies nobody; None: whether or not. Both times are within."""

    gender: Gender | None = None
    active: bool | None = None
    test: bool | None = None
    merged: bool | None = None
    restricted: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Which field a hit was found by, and how; `former`: by what it was in the past. Never a value."""

    field: str
    how: How
    former: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """`rank`: 0 is best; of hits on one page it never falls. `via`: the merged record that was found."""

    patient: Patient
    reasons: tuple[Reason, ...]
    rank: int
    via: PatientId | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`next`: the cursor of the next page. `total`: when it was asked for; capped: at least that many."""

    hits: Sequence[Hit]
    next: str | None = None
    total: int | None = None
    total_is_capped: bool = False
