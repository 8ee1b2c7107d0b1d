"""Two patients become one, and two again: EHRbase follows the registry, whatever ends a process when.

A decision is recorded first, and holds from then on for all who read or write here. Each step after that can
be taken again: the former state is on record before it is changed, EHR_STATUS is changed under If-Match, and
the last step is one transaction with the event that tells of it.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.identifiers import EhrId, VersionUid

from clinical.domain.ehr_status import EhrStatus
from clinical.domain.errors import EhrNotFound, VersionMismatch
from clinical.domain.intent import Claim, Intent, Kind
from clinical.domain.merge import Decision, Merge
from clinical.domain.ports import Cdr, Intents, Merges
from clinical.service.ehrs import EhrService


@dataclass(frozen=True)
class MergeService:
    merges: Merges
    cdr: Cdr
    intents: Intents
    ehrs: EhrService

    async def merge(self, decision: Decision) -> None:
        """The source's EHR is read with the survivor's and cannot be written to; may be repeated."""
        await self.merges.record(decision)
        await self.settle(decision.source_ehr_id)

    async def unmerge(self, decision: Decision) -> None:
        """The source's EHR is its own again, and as writable as it was before; may be repeated."""
        await self.merges.undo(decision)
        await self.settle(decision.source_ehr_id)

    async def settle(self, ehr_id: EhrId) -> None:
        """EHRbase follows all decisions about this EHR when this returns."""
        async with self.merges.alone(ehr_id):
            for merge in await self.merges.unsettled(ehr_id):
                status = await self._status(merge)
                uid = await (self._lock(merge, status) if merge.holds else self._free(merge, status))
                await self.merges.settle(merge, uid.version)

    async def repair(self, ehr_id: EhrId) -> bool:
        """Lock the EHR again that somebody has freed behind our back; whether that was needed."""
        async with self.merges.alone(ehr_id):
            merge = await self.merges.settled(ehr_id)
            if merge is None or not (status := await self._status(merge)).modifiable:
                return False
            await self._change(merge, status, status.locked(merge.decision))
            return True

    async def _lock(self, merge: Merge, status: EhrStatus) -> VersionUid:
        await self.merges.remember(merge, was_modifiable=status.modifiable)
        if not status.modifiable:
            return status.uid
        return await self._change(merge, status, status.locked(merge.decision))

    async def _free(self, merge: Merge, status: EhrStatus) -> VersionUid:
        """Only what the merge has locked: an EHR that was not modifiable before it stays so."""
        freed = status.freed()
        if not merge.was_modifiable or freed == status.content:
            return status.uid
        return await self._change(merge, status, freed)

    async def _change(self, merge: Merge, status: EhrStatus, content: Mapping[str, Any]) -> VersionUid:
        """Before EHRbase is asked it is on record who does it, and for whom, as with each write."""
        uid = status.uid.successor()
        intent = Intent(
            uid,
            merge.ehr_id,
            Kind.STATUS,
            replace(SYSTEM_ACTOR("clinical"), on_behalf_of=merge.decision.decided_by),
            None,
            hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest(),
        )
        if await self.intents.claim(intent) is Claim.TAKEN:
            await self.intents.lost(intent)  # EHRbase has just shown the version before it as the latest
            if await self.intents.claim(intent) is Claim.TAKEN:
                raise VersionMismatch(None)
        try:
            await self.cdr.update_ehr_status(merge.ehr_id, status.uid, content)
        except VersionMismatch:  # somebody else has written that version
            await self.intents.failed(intent)
            raise
        with contextlib.suppress(Exception):  # it is done; an open claim keeps its author
            await self.intents.committed(intent)
        return uid

    async def _status(self, merge: Merge) -> EhrStatus:
        try:
            return await self.cdr.ehr_status(merge.ehr_id)
        except EhrNotFound:  # merged before it was made
            await self.ehrs.open_ehr(merge.decision.source_id, merge.ehr_id)
            return await self.cdr.ehr_status(merge.ehr_id)
