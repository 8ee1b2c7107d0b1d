"""Who searched the log, as access records: they come back as entries."""

import hashlib
from collections.abc import Sequence

from openward_contracts.access import RecordQueried
from openward_contracts.actor import Actor
from openward_contracts.identifiers import PatientId
from openward_servicekit.access import AccessRecords


class OutboxAccessLog:
    """The AccessLog port."""

    def __init__(self, records: AccessRecords) -> None:
        self._records = records

    async def searched(self, actor: Actor, query: str, patients: Sequence[PatientId], rows: int) -> None:
        """The search as a hash: equal ones can be told."""
        record = RecordQueried(
            patient_ids=tuple(patients),
            query_sha256=hashlib.sha256(query.encode()).hexdigest(),
            rows=rows,
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)
