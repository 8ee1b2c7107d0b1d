"""Who read or searched patients, as access records."""

import hashlib
from collections.abc import Sequence

from openward_contracts.access import RecordQueried, RecordRead
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.access import AccessRecords

from patients.domain.patient import Patient


class OutboxAccessLog:
    """The AccessLog port."""

    def __init__(self, records: AccessRecords) -> None:
        self._records = records

    async def read(self, actor: Actor, patient_id: PatientId, ehr_id: EhrId) -> None:
        record = RecordRead(patient_id=patient_id, ehr_id=ehr_id, resource="patient", purpose=actor.purpose)
        await self._records.add(actor, record)

    async def searched(self, actor: Actor, query: str, found: Sequence[Patient]) -> None:
        """The query as a hash: equal searches can be told, names cannot be read."""
        record = RecordQueried(
            patient_ids=tuple(patient.id for patient in found),
            query_sha256=hashlib.sha256(query.encode()).hexdigest(),
            rows=len(found),
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)
