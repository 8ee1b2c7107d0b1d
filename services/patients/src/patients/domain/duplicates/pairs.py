"""Two patients that may be one: open until somebody decides, and then a label that no re-run touches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId

from patients.domain.duplicates.judging import Scored, described
from patients.domain.matching.comparison import Comparison, Standing


class PairState(StrEnum):
    """`same` does not merge; `unsure` is left alone by re-runs, too."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


class Origin(StrEnum):
    """What found the pair."""

    REGISTRATION = "registration"
    IMPORT = "import"
    UPDATE = "update"
    RERUN = "rerun"
    MATCH = "match"


@dataclass(frozen=True, slots=True)
class Verdict:
    state: PairState
    by: Actor
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A pair to be written. Without a verdict it is open, unless it was decided before."""

    one: PatientId
    other: PatientId
    comparison: Comparison
    origin: Origin
    verdict: Verdict | None = None

    @property
    def ids(self) -> tuple[PatientId, PatientId]:
        """Lower first."""
        return ordered(self.one, self.other)


@dataclass(frozen=True, slots=True)
class Pair:
    """`comparison` is as `kept` made it, in bits of the weights `model`."""

    low_id: PatientId
    high_id: PatientId
    state: PairState
    weight: float
    comparison: Mapping[str, Any]
    model: str
    origin: str
    found_at: datetime
    verdict: Verdict | None = None

    @property
    def standing(self) -> Standing:
        return Standing(self.comparison["standing"])


@dataclass(frozen=True, slots=True)
class PairQuery:
    """`after` is where the last page ended: weight and ids. `restricted`: with restricted patients."""

    state: PairState
    restricted: bool
    limit: int
    patient_id: PatientId | None = None
    after: tuple[float, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many pairs have this weight, rounded to a tenth of a bit, and this standing, by state."""

    weight: float
    standing: Standing
    state: PairState
    pairs: int


class PairRepository(Protocol):
    async def page(self, query: PairQuery) -> Sequence[Pair]:
        """Heaviest first; not those of which one was merged away."""

    async def get(self, low: PatientId, high: PatientId) -> Pair | None: ...

    async def put(self, pairs: Sequence[Found]) -> None:
        """A verdict replaces what was there; without one an open pair is scored anew, a decided one kept."""

    async def decide(self, low: PatientId, high: PatientId, verdict: Verdict) -> bool:
        """False when there is no such pair."""

    async def tallies(self) -> Sequence[Tally]: ...

    async def registry_size(self) -> int:
        """About how many patients there are."""


def ordered(one: PatientId, other: PatientId) -> tuple[PatientId, PatientId]:
    return (one, other) if one < other else (other, one)


def kept(comparison: Comparison) -> dict[str, Any]:
    """What is stored of a comparison: no values of either record."""
    return {**described(comparison), "standing": comparison.standing.value}


def found(patient_id: PatientId, scored: Sequence[Scored], origin: Origin) -> list[Found]:
    """The pairs of a patient with those whom they may be."""
    return [Found(patient_id, one.hit.patient_id, one.comparison, origin) for one in scored]
