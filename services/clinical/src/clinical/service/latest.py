"""The latest values of many measurements of many patients: each patient judged, and on record, alone."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openward_contracts.identifiers import EhrId, PatientId, TemplateId
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.auth.authorizer import Denial
from openward_servicekit.auth.permissions import foresee

from clinical.domain.conversion import UnitUnknown
from clinical.domain.errors import PatientNotFound
from clinical.domain.latest import LatestOfPatient, Newest, Wish, newest_of
from clinical.domain.measurements import Node
from clinical.domain.permissions import READ
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.domain.series import Found, Held
from clinical.service.permitted import permitted_templates
from clinical.service.recording import Recorder
from clinical.service.records import Records
from clinical.service.unifying import Unifier

_RESOURCE: Final = "latest-values"


@dataclass(frozen=True)
class LatestService:
    recorder: Recorder
    newest: Newest
    records: Records
    unifier: Unifier
    access: AccessLog
    authorizer: Authorizer

    async def of(
        self, principal: Principal, patient_ids: Sequence[PatientId], wish: Wish
    ) -> Sequence[LatestOfPatient]:
        """In the order of the patients; access records, one for each who is known, are durable.

        Raises UnitUnknown.
        """
        await self._check_units(wish)
        records = await self._permitted(principal, patient_ids)
        ehr_ids = [ehr.ehr_id for record in records.values() for ehr in record.readable]
        await self.recorder.up_to_date(ehr_ids)
        held = await self.newest.held(ehr_ids, wish.as_of)
        templates = self._templates(principal, records.values(), held)
        nodes = list(dict.fromkeys(node for each in wish.measurements.values() for node in each.nodes))
        found: defaultdict[EhrId, dict[Node, Found]] = defaultdict(dict)
        for node, each in await self.newest.newest(templates, nodes, wish.as_of, wish.since):
            found[each.ehr_id][node] = each
        unreadable: Counter[EhrId] = Counter()
        for each_held in held:
            if each_held.template_id in templates[each_held.ehr_id]:
                unreadable[each_held.ehr_id] += each_held.unreadable
        told = [
            await self._told(patient_id, records.get(patient_id), wish, found, unreadable)
            for patient_id in patient_ids
        ]
        await self._put_on_record(principal, records, told)
        return told

    async def _put_on_record(
        self,
        principal: Principal,
        records: Mapping[PatientId, PatientRecord],
        told: Sequence[LatestOfPatient],
    ) -> None:
        actor = principal.actor()
        await asyncio.gather(
            *(
                self.access.seen(actor, records[each.patient_id].target, _RESOURCE, len(each.values))
                for each in told
                if each.known
            )
        )

    async def _check_units(self, wish: Wish) -> None:
        for name, unit in wish.units.items():
            if not await self.unifier.known(unit):
                escaped = name.replace("~", "~0").replace("/", "~1")
                raise UnitUnknown(pointer=f"/units/{escaped}")

    async def _permitted(
        self, principal: Principal, patient_ids: Sequence[PatientId]
    ) -> Mapping[PatientId, PatientRecord]:
        """Records of those whom the caller may know; denials are on record."""
        self.authorizer.permitted(principal, READ, ())  # decided for each patient and template
        found = await asyncio.gather(*(self._record(principal, patient_id) for patient_id in patient_ids))
        records = dict(zip(patient_ids, found, strict=True))
        return {patient_id: record for patient_id, record in records.items() if record}

    async def _record(self, principal: Principal, patient_id: PatientId) -> PatientRecord | None:
        try:
            record = await self.records.of_patient(principal, patient_id)
            if (denial := _denial(principal, record)) is not None:
                await self.records.refuse(denial, PatientNotFound())
        except PatientNotFound:
            return None
        return record

    def _templates(
        self, principal: Principal, records: Collection[PatientRecord], held: Sequence[Held]
    ) -> Mapping[EhrId, Collection[TemplateId | None]]:
        """Of each EHR those that may be read."""
        all_held = {each.template_id for each in held}
        return {
            ehr.ehr_id: permitted
            for record in records
            for permitted in [permitted_templates(self.authorizer, principal, record, all_held)]
            for ehr in record.readable
        }

    async def _told(
        self,
        patient_id: PatientId,
        record: PatientRecord | None,
        wish: Wish,
        found: Mapping[EhrId, Mapping[Node, Found]],
        unreadable: Mapping[EhrId, int],
    ) -> LatestOfPatient:
        await asyncio.sleep(0)  # nothing below waits: between patients others are answered
        if record is None:
            return LatestOfPatient(patient_id, known=False)
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        own = [found[ehr_id] for ehr_id in ehr_ids if ehr_id in found]
        values = {}
        for name, measurement in wish.measurements.items():
            of_it = (
                (node, by_node[node]) for by_node in own for node in measurement.nodes if node in by_node
            )
            if newest := newest_of(measurement, of_it):
                wanted = wish.units.get(name) or measurement.unit
                values[name] = await self.unifier.latest(newest, wanted)
        missed = sum(unreadable[ehr_id] for ehr_id in ehr_ids)
        return LatestOfPatient(
            patient_id, known=True, survivor_id=record.survivor_id, values=values, unreadable=missed
        )


def _denial(principal: Principal, record: PatientRecord) -> Denial | None:
    patient_id = record.judged_as(principal.patient_id)
    decision = foresee(principal, READ, patient_id=patient_id)
    if decision is None or decision.reason is None:
        return None
    return Denial(principal, READ, decision.reason, patient_id, record.target.ehr_id)
