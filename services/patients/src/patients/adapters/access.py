"""Who read or searched patients, as access records."""

import hmac
from collections.abc import Sequence

from openward_contracts.access import RecordQueried, RecordRead
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId
from openward_servicekit.access import AccessRecords

from patients.domain.patient import Patient


class OutboxAccessLog:
    """The AccessLog port, and the ComparisonLog."""

    def __init__(self, records: AccessRecords, key: bytes) -> None:
        """`key` blinds what was searched for: names are too few for a plain hash."""
        self._records = records
        self._key = key

    async def read(self, actor: Actor, patient_id: PatientId, ehr_id: EhrId) -> None:
        record = RecordRead(patient_id=patient_id, ehr_id=ehr_id, resource="patient", purpose=actor.purpose)
        await self._records.add(actor, record)

    async def searched(self, actor: Actor, query: str, found: Sequence[Patient]) -> None:
        """The query as an HMAC: equal searches can be told, names cannot be read or tried out."""
        await self.compared(actor, query, [patient.id for patient in found])

    async def compared(self, actor: Actor, query: str, found: Sequence[PatientId]) -> None:
        """As `searched`: of whom no more was released than how like they are."""
        record = RecordQueried(
            patient_ids=tuple(found),
            query_sha256=hmac.digest(self._key, query.encode(), "sha256").hex(),
            rows=len(found),
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)
