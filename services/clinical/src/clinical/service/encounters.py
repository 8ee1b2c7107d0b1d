"""Encounters of a patient: opened, moved on, closed; merged patients have theirs together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from openward_contracts.identifiers import EncounterId, PatientId
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.cursors import Place
from clinical.domain.encounter import Change, Details, Encounter, Location, Status, Step
from clinical.domain.encounter_errors import (
    EncounterInFuture,
    EncounterNotFound,
    EncounterVersionMismatch,
)
from clinical.domain.encounter_ports import Encounters, Wanted
from clinical.domain.permissions import CHANGE_ENCOUNTER, FIND_ENCOUNTERS, OPEN_ENCOUNTER, READ_ENCOUNTER
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.service.rights import allow, inactive

#: Makes the next from the encounter and the time at which it happened.
How = Callable[[Encounter, datetime], Encounter]

#: Clocks of clients go before ours by so much.
_TOLERANCE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Opening:
    """`at`: when it began, or when it is planned for; now, if it is not said."""

    status: Status
    details: Details
    location: Location | None
    at: datetime | None


@dataclass(frozen=True)
class Found:
    """One page, and after what the next begins."""

    encounters: Sequence[Encounter]
    next: Place | None


@dataclass(frozen=True)
class EncounterService:
    encounters: Encounters
    access: AccessLog
    authorizer: Authorizer

    async def may_open(self, principal: Principal, record: PatientRecord) -> None:
        await allow(self.authorizer, principal, OPEN_ENCOUNTER, record)

    async def open(
        self, principal: Principal, record: PatientRecord, opening: Opening, key: str | None
    ) -> Encounter:
        """With a `key`, the same encounter each time. Raises PatientInactive, EncounterOverlap."""
        if refusal := inactive(record):
            raise refusal
        now = datetime.now(UTC)
        at = opening.at or now
        planned = opening.status is Status.PLANNED
        if not planned:
            _check_past(at, now, "/at")
        encounter = Encounter(
            id=_id_of(principal, key),
            patient_id=_own(record),
            ehr_id=record.primary.ehr_id,
            version=1,
            status=opening.status,
            details=opening.details,
            location=opening.location,
            planned_at=at if planned else None,
            started_at=None if planned else at,
            ended_at=None,
            recorded_at=now,
            recorded_by=principal.sub,
        )
        step = _step(encounter, Change.OPENED, at, now, principal.sub)
        return await self.encounters.add(encounter, step, principal.actor(), record.patient_ids)

    async def read(self, principal: Principal, record: PatientRecord, encounter_id: EncounterId) -> Encounter:
        """Its access record is durable. Raises EncounterNotFound."""
        await allow(self.authorizer, principal, READ_ENCOUNTER, record)
        encounter = await self._of(record, encounter_id)
        await self.access.seen(principal.actor(), record.target, "encounter", 1)
        return encounter

    async def history(
        self, principal: Principal, record: PatientRecord, encounter_id: EncounterId
    ) -> Sequence[Step]:
        """The oldest first. Raises EncounterNotFound."""
        await self.read(principal, record, encounter_id)
        return await self.encounters.steps(encounter_id)

    async def page(
        self,
        principal: Principal,
        record: PatientRecord,
        wanted: Wanted,
        after: Place | None,
        limit: int,
    ) -> Found:
        """The newest first; the access record of what is on the page is durable."""
        await allow(self.authorizer, principal, FIND_ENCOUNTERS, record)
        rows = await self.encounters.page(record.patient_ids, wanted, after, limit + 1)
        page = rows[:limit]
        await self.access.seen(principal.actor(), record.target, "encounter", len(page))
        last = page[-1] if len(rows) > limit else None
        return Found(page, Place(last.sorted_at, last.id) if last else None)

    async def change(  # noqa: PLR0913  who, whose, which, what, when and why
        self,
        principal: Principal,
        record: PatientRecord,
        encounter_id: EncounterId,
        version: int,
        how: How,
        kind: Change,
        *,
        at: datetime | None = None,
        why: str | None = None,
    ) -> Encounter:
        """Its next version, committed with its step and its event.

        Raises EncounterNotFound, EncounterVersionMismatch, EncounterTransitionRefused, EncounterOverlap,
        EncounterPeriodReversed, EncounterInFuture, PatientInactive.
        """
        await allow(self.authorizer, principal, CHANGE_ENCOUNTER, record)
        if refusal := inactive(record):
            raise refusal
        before = await self._of(record, encounter_id)
        if before.version != version:
            raise EncounterVersionMismatch(before.version)
        now = datetime.now(UTC)
        happened = at or now
        _check_past(happened, now, "/at")
        after = how(before, happened)
        step = _step(after, kind, happened, now, principal.sub, why)
        await self.encounters.replace(after, step, principal.actor(), record.patient_ids)
        return after

    async def _of(self, record: PatientRecord, encounter_id: EncounterId) -> Encounter:
        encounter = await self.encounters.get(encounter_id, record.patient_ids)
        if encounter is None:
            raise EncounterNotFound
        return encounter


def _id_of(principal: Principal, key: str | None) -> EncounterId:
    if key is None:
        return EncounterId.new()
    return EncounterId(uuid5(NAMESPACE_URL, f"urn:openward:encounter:{principal.sub}:{key}"))


def _own(record: PatientRecord) -> PatientId:
    """A record that a patient's id has led to has one."""
    patient_id = record.primary.patient_id
    if patient_id is None:
        raise EncounterNotFound
    return patient_id


def _check_past(at: datetime, now: datetime, path: str) -> None:
    if at > now + _TOLERANCE:
        raise EncounterInFuture(path)


def _step(
    encounter: Encounter, kind: Change, at: datetime, now: datetime, by: str, why: str | None = None
) -> Step:
    return Step(
        encounter.version,
        kind,
        encounter.status,
        encounter.details.encounter_class,
        encounter.location,
        at,
        now,
        by,
        why,
    )
