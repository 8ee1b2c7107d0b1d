"""What was recorded, as FHIR Observations: found by patient, read by id."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from openward_contracts.fhir_view import FhirView
from openward_contracts.identifiers import PatientId, TemplateId, VersionUid
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.audits import Authors
from clinical.domain.belonging import Belongings
from clinical.domain.cursors import Place
from clinical.domain.errors import EhrNotFound
from clinical.domain.fhir.asking import ObservationsAsked
from clinical.domain.fhir.errors import ObservationNotFound
from clinical.domain.fhir.observations import Observation, ObservationId, Told, observations
from clinical.domain.permissions import FIND_OBSERVATIONS, READ, READ_OBSERVATION
from clinical.domain.ports import AccessLog, Heads, Persons
from clinical.domain.record import PatientRecord
from clinical.domain.span import Span
from clinical.domain.stated import COMPLETE
from clinical.domain.timeline import Reach, Row, Sought, Timelines
from clinical.service.ehrs import EhrService
from clinical.service.recording import Recorder
from clinical.service.records import restriction
from clinical.service.rights import allow

#: A cursor's position counts the entries of a composition and the events of an entry: so many at most.
_EVENTS: Final = 1_000_000
#: Entries read at once, and for one page; after them a page may be short, or empty, and not the last.
_BATCH: Final = 100
_MOST: Final = 3000


@dataclass(frozen=True)
class FoundObservations:
    """One page, and after what the next begins. `patient_id`: who all of it is about."""

    items: Sequence[Observation]
    patient_id: PatientId
    next: Place | None


@dataclass(frozen=True)
class ObservationService:
    """`system_id` is EHRbase's: the middle part of every version uid."""

    recorder: Recorder
    timelines: Timelines
    belongings: Belongings
    persons: Persons
    authors: Authors
    ehrs: EhrService
    heads: Heads
    access: AccessLog
    authorizer: Authorizer
    view: FhirView
    system_id: str

    async def page(
        self,
        principal: Principal,
        record: PatientRecord,
        asked: ObservationsAsked,
        after: Place | None,
        limit: int,
    ) -> FoundObservations:
        """The newest first, of templates that the caller may read; its access record is durable."""
        await allow(self.authorizer, principal, FIND_OBSERVATIONS, record)
        found, following = await self._found(principal, record, asked, after, limit)
        await self.access.seen(principal.actor(), record.target, "observation", len(found))
        return FoundObservations(found, _person(record), following)

    async def read(
        self, principal: Principal, observation_id: ObservationId
    ) -> tuple[Observation, PatientId]:
        """With whom it is about; its access record is durable. Raises ObservationNotFound."""
        record, template_id = await self._record(observation_id.object_id)
        missing = ObservationNotFound()
        if (denial := restriction(principal, record)) is not None:
            await self.authorizer.deny(denial, missing)
        await allow(self.authorizer, principal, READ_OBSERVATION, record, instead=missing)
        await allow(self.authorizer, principal, READ, record, template_id, instead=missing)
        asked = ObservationsAsked(ids=frozenset({observation_id}))
        found, _ = await self._found(principal, record, asked, None, 1)
        if not found:
            raise missing
        [observation] = found
        uid = self._uid(observation.row)
        await self.access.read(principal.actor(), record.target, "observation", uid, template_id)
        return observation, _person(record)

    async def _record(self, object_id: UUID) -> tuple[PatientRecord, TemplateId | None]:
        """What is nobody's has no subject, and cannot be shown."""
        head = await self.heads.head(object_id)
        if head is None or head.deleted:
            raise ObservationNotFound
        try:
            record = await self.ehrs.by_id(head.ehr_id)
        except EhrNotFound:
            raise ObservationNotFound from None
        if record.primary.patient_id is None:
            raise ObservationNotFound
        return record, head.template_id

    async def _found(
        self,
        principal: Principal,
        record: PatientRecord,
        asked: ObservationsAsked,
        after: Place | None,
        limit: int,
    ) -> tuple[Sequence[Observation], Place | None]:
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        await self.recorder.up_to_date(ehr_ids)
        sought = self._sought(asked)
        reach = Reach(ehr_ids, record.patient_ids, await self._readable(principal, record, sought))
        found: list[Observation] = []
        place = after and Place(after.at, after.id, after.position // _EVENTS - 1)
        for _ in range(_MOST // _BATCH):
            rows = await self.timelines.page(reach, sought, place, _BATCH)
            found += [
                each for each in await self._of(record, rows) if asked.holds(each) and _comes(each, after)
            ]
            if len(found) > limit:
                return found[:limit], _place(found[limit - 1]) if limit else None
            if len(rows) < _BATCH:
                return found, None
            place = rows[-1].place
        return found, place and Place(place.at, place.id, place.position * _EVENTS + _EVENTS - 1)

    def _sought(self, asked: ObservationsAsked) -> Sought:
        return Sought(
            archetypes=tuple(self.view.by_archetype),
            encounters=tuple(asked.encounters or ()),
            object_ids=tuple({each.object_id for each in asked.ids or ()}),
            span=Span(asked.since),
        )

    async def _readable(
        self, principal: Principal, record: PatientRecord, sought: Sought
    ) -> Sequence[TemplateId | None]:
        in_use = await self.timelines.templates([ehr.ehr_id for ehr in record.readable], sought)
        patient_id = record.judged_as(principal.patient_id)
        names = {template_id or "" for template_id in in_use}
        allowed = self.authorizer.permitted(principal, READ, names, patient_id=patient_id)
        return [template_id for template_id in in_use if (template_id or "") in allowed]

    async def _of(self, record: PatientRecord, rows: Sequence[Row]) -> Sequence[Observation]:
        object_ids = {row.object_id for row in rows}
        encounters, changed, authors = await asyncio.gather(
            self.belongings.of(object_ids, record.patient_ids),
            self._changed_at(record, rows),
            self.authors.of({self._uid(row) for row in rows}),
        )
        found: list[Observation] = []
        for row in rows:
            author = authors.get(self._uid(row))
            state = author.stated.lifecycle_state or COMPLETE if author else None
            told = Told(encounters.get(row.object_id), changed.get(row.object_id), state)
            found += observations(row, told, self.view)
        return found

    async def _changed_at(self, record: PatientRecord, rows: Sequence[Row]) -> Mapping[UUID, datetime]:
        """When the encounter or the subject of each composition changed last, if ever."""
        moved, persons = await asyncio.gather(
            self.belongings.moved_at({row.object_id for row in rows}),
            self.persons.changed_at(record.patient_ids),
        )
        found = dict(moved)
        for row in rows:
            ehr = record.holding(row.ehr_id)
            if ehr and ehr.patient_id and (at := persons.get(ehr.patient_id)):
                found[row.object_id] = max(at, found.get(row.object_id, at))
        return found

    def _uid(self, row: Row) -> VersionUid:
        return VersionUid.of(row.object_id, self.system_id, row.version)


def _person(record: PatientRecord) -> PatientId:
    """Merged patients are one, the survivor."""
    if record.primary.patient_id is None:
        raise ObservationNotFound
    return record.primary.patient_id


def _place(found: Observation) -> Place:
    return Place(found.row.at, found.row.object_id, found.id.position * _EVENTS + found.id.event)


def _comes(found: Observation, after: Place | None) -> bool:
    """Of the entry that the page before ended with, the events after the last."""
    if after is None or (found.row.at, found.row.object_id) != (after.at, after.id):
        return True
    return _place(found).position > after.position
