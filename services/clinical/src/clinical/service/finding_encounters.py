"""Encounters of everybody: who is where now; of one patient, and one by its id, as FHIR asks for them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from openward_contracts.identifiers import EncounterId, PatientId
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.cursors import Place
from clinical.domain.encounter_errors import EncounterNotFound
from clinical.domain.encounter_ports import EncounterSearch, Sought, Updated
from clinical.domain.permissions import FIND_ALL_ENCOUNTERS, FIND_ENCOUNTERS, READ_ENCOUNTER
from clinical.domain.ports import AccessLog, Ehrs
from clinical.domain.record import PatientRecord
from clinical.service.records import Records, restriction
from clinical.service.rights import allow


@dataclass(frozen=True)
class Seen:
    """`patient_id`: who the patient of the encounter is now, maybe another than when it was opened."""

    found: Updated
    patient_id: PatientId
    record: PatientRecord


@dataclass(frozen=True)
class FoundEncounters:
    """One page, and after what the next begins."""

    items: Sequence[Seen]
    next: Place | None


@dataclass(frozen=True)
class EncounterFinder:
    encounters: EncounterSearch
    ehrs: Ehrs
    records: Records
    access: AccessLog
    authorizer: Authorizer

    async def of_all(
        self, principal: Principal, sought: Sought, after: Place | None, limit: int
    ) -> FoundEncounters:
        """Of everybody whom the caller may know of; whose they are is on record before they are told."""
        await self.authorizer.authorize(principal, FIND_ALL_ENCOUNTERS)
        asked, sought = str(sought), replace(sought, hidden=await self.records.hidden(principal))
        page, following = await self._page(sought, after, limit)
        records = {each.patient_id: each.record for each in page}
        ehrs = [record.primary for record in records.values()]
        await self.access.queried(principal.actor(), ehrs, f"encounters {asked}", len(page))
        return FoundEncounters(page, following)

    async def of_patient(
        self,
        principal: Principal,
        record: PatientRecord,
        sought: Sought,
        after: Place | None,
        limit: int,
    ) -> FoundEncounters:
        """`sought` is narrowed to this patient; the access record is durable."""
        await allow(self.authorizer, principal, FIND_ENCOUNTERS, record)
        page, following = await self._page(sought, after, limit)
        await self.access.seen(principal.actor(), record.target, "encounter", len(page))
        return FoundEncounters(page, following)

    async def read(self, principal: Principal, encounter_id: EncounterId) -> Seen:
        """Its access record is durable. Raises EncounterNotFound, also where the caller may not read it."""
        page, _ = await self._page(Sought(ids=frozenset({encounter_id})), None, 1)
        if not page:
            raise EncounterNotFound("id")
        [seen] = page
        if (denial := restriction(principal, seen.record)) is not None:
            await self.authorizer.deny(denial, EncounterNotFound("id"))
        await allow(self.authorizer, principal, READ_ENCOUNTER, seen.record, instead=EncounterNotFound("id"))
        await self.access.seen(principal.actor(), seen.record.target, "encounter", 1)
        return seen

    async def _page(
        self, sought: Sought, after: Place | None, limit: int
    ) -> tuple[Sequence[Seen], Place | None]:
        rows = await self.encounters.search(sought, after, limit + 1)
        page = rows[:limit]
        patients = list({each.encounter.patient_id for each in page})
        records = await asyncio.gather(*map(self.ehrs.of_patient, patients))
        known = {named: record for named, record in zip(patients, records, strict=True) if record}
        seen = [_seen(each, known) for each in page if each.encounter.patient_id in known]
        last = page[-1].encounter if len(rows) > limit and page else None
        return seen, Place(last.sorted_at, last.id) if last else None


def _seen(found: Updated, records: dict[PatientId, PatientRecord]) -> Seen:
    named = found.encounter.patient_id
    record = records[named]
    return Seen(found, record.primary.patient_id or named, record)
