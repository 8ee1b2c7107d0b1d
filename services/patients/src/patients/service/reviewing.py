"""The review list: pairs that may be one person, and what people decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Authorizer, Principal

from patients.domain.duplicates.judging import ComparisonLog
from patients.domain.duplicates.pairs import (
    Found,
    Origin,
    Pair,
    PairQuery,
    PairRepository,
    PairState,
    Verdict,
    ordered,
)
from patients.domain.errors import PairNotFound
from patients.domain.patient import Patient
from patients.domain.permissions import DECIDE, MATCH, READ
from patients.domain.ports import AccessLog, PatientRepository
from patients.service.duplicates import DuplicateSearch
from patients.service.visibility import sees_restricted, shown


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is where the next page begins; None on the last."""

    pairs: Sequence[Pair]
    after: tuple[float, str, str] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair with both patients, the lower id first."""

    pair: Pair
    patients: tuple[Patient, Patient]


@dataclass(frozen=True)
class ReviewService:
    pairs: PairRepository
    patients: PatientRepository
    duplicates: DuplicateSearch
    access: AccessLog
    comparisons: ComparisonLog
    authorizer: Authorizer

    async def page(
        self,
        caller: Principal,
        state: PairState,
        patient_id: PatientId | None,
        limit: int,
        after: tuple[float, str, str] | None,
    ) -> Page:
        """Those that the caller may know of, heaviest first."""
        await self.authorizer.authorize(caller, MATCH)
        query = PairQuery(state, sees_restricted(caller), limit + 1, patient_id, after)
        found = await self.pairs.page(query)
        shown = found[:limit]
        ids = dict.fromkeys(each for pair in shown for each in (pair.low_id, pair.high_id))
        await self.comparisons.compared(caller.actor(), f"pairs {state} {patient_id}", list(ids))
        return Page(shown, _position(shown[-1]) if len(found) > limit else None)

    async def read(self, caller: Principal, one: PatientId, other: PatientId) -> Seen:
        """Both records are released. Raises PairNotFound."""
        await self.authorizer.authorize(caller, MATCH)
        patients = await self._both(caller, one, other)
        pair = await self.pairs.get(patients[0].id, patients[1].id)
        if pair is None:
            raise PairNotFound
        for patient in patients:
            await self.authorizer.authorize(caller, READ, patient_id=patient.id, instead=PairNotFound())
            await self.access.read(caller.actor(), patient.id, patient.ehr_id)
        return Seen(pair, patients)

    async def decide(
        self, caller: Principal, one: PatientId, other: PatientId, state: PairState, reason: str
    ) -> Pair:
        """The pair with this decision, which no re-run changes; another one may replace it. Nobody is merged.

        Two that were never found to be alike can be decided on, too. Raises PairNotFound of the unknown.
        """
        await self.authorizer.authorize(caller, DECIDE)
        low, high = await self._both(caller, one, other)
        verdict = Verdict(state, caller.actor(), datetime.now(UTC), reason)
        if not await self.pairs.decide(low.id, high.id, verdict):
            await self.pairs.put([await self._pair(low, high, verdict)])
        decided = await self.pairs.get(low.id, high.id)
        if decided is None:
            raise PairNotFound
        await self.comparisons.compared(caller.actor(), "decision", [low.id, high.id])
        return decided

    async def _both(self, caller: Principal, one: PatientId, other: PatientId) -> tuple[Patient, Patient]:
        found = await self.patients.by_ids(ordered(one, other))
        seen = await shown(caller, found, self.patients)
        if one == other or len(seen) != 2:
            raise PairNotFound
        return seen[0], seen[1]

    async def _pair(self, low: Patient, high: Patient, verdict: Verdict) -> Found:
        domains = await self.duplicates.domains.current()
        judge = self.duplicates.judge
        comparison = judge.model.compare(
            judge.traits(low.record, domains), judge.traits(high.record, domains)
        )
        return Found(low.id, high.id, comparison, Origin.MATCH, verdict)


def _position(pair: Pair) -> tuple[float, str, str]:
    return pair.weight, str(pair.low_id), str(pair.high_id)
