"""Who read or queried clinical content, as access records."""

import hashlib
from collections.abc import Sequence

from openward_contracts.access import MAX_IDS, RecordQueried, RecordRead
from openward_contracts.actor import Actor
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.access import AccessRecords

from clinical.domain.merge import Merge
from clinical.domain.record import LinkedEhr


class OutboxAccessLog:
    """The AccessLog port."""

    def __init__(self, records: AccessRecords) -> None:
        self._records = records

    async def read(
        self,
        actor: Actor,
        ehr: LinkedEhr,
        resource: str,
        uid: VersionUid | None,
        template_id: TemplateId | None,
    ) -> None:
        record = RecordRead(
            patient_id=ehr.patient_id,
            ehr_id=ehr.ehr_id,
            resource=resource,
            version_uid=uid,
            template_id=template_id,
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)

    async def seen(self, actor: Actor, ehr: LinkedEhr, resource: str, count: int) -> None:
        record = RecordRead(
            patient_id=ehr.patient_id,
            ehr_id=ehr.ehr_id,
            resource=resource,
            count=count,
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)

    async def queried(self, actor: Actor, ehrs: Sequence[LinkedEhr], query: str, rows: int) -> None:
        """The query as a hash: its text may say too much. Rows are counted in the first record of several."""
        digest = hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()
        for first in range(0, max(1, len(ehrs)), MAX_IDS):
            some = ehrs[first : first + MAX_IDS]
            record = RecordQueried(
                patient_ids=tuple(ehr.patient_id for ehr in some if ehr.patient_id),
                ehr_ids=tuple(ehr.ehr_id for ehr in some),
                query_sha256=digest,
                rows=0 if first else rows,
                purpose=actor.purpose,
            )
            await self._records.add(actor, record)

    async def reviewed(self, actor: Actor, merge: Merge, count: int) -> None:
        """What was written for the survivor since, by its ids."""
        record = RecordRead(
            patient_id=merge.decision.survivor_id,
            ehr_id=merge.decision.survivor_ehr_id,
            resource="merge-review",
            count=count,
            purpose=actor.purpose,
        )
        await self._records.add(actor, record)
