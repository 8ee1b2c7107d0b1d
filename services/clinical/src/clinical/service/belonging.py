"""Compositions in encounters: said here, told to EHRbase, and made good where either was left undone."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from openward_contracts.identifiers import EncounterId, VersionUid
from openward_servicekit.auth import Authorizer, Principal
from openward_servicekit.errors import Failure

from clinical.domain.belonging import Belongings, EncounterTags, Placing, Wish
from clinical.domain.composition import Head
from clinical.domain.encounter import VOID
from clinical.domain.encounter_errors import EncounterUnknown, EncounterVoid
from clinical.domain.encounter_ports import Encounters
from clinical.domain.errors import CompositionNotFound
from clinical.domain.permissions import READ_ENCOUNTER, UPDATE
from clinical.domain.ports import Cdr, Heads
from clinical.domain.record import PatientRecord
from clinical.service.rights import allow, inactive, unmerged

_log = structlog.get_logger(__name__)

#: Seconds that a request waits for EHRbase to be told; then that is left to the next round.
_PATIENCE: Final = 5.0
#: Compositions that EHRbase is told of at once, each of which holds a connection to the database meanwhile.
_AT_ONCE: Final = 2
#: Seconds between two rounds, and what one round takes up.
_EVERY: Final = 10.0
_BATCH: Final = 200


@dataclass(frozen=True)
class BelongingService:
    """`system_id` is EHRbase's: the middle part of every version uid."""

    belongings: Belongings
    tags: EncounterTags
    encounters: Encounters
    heads: Heads
    cdr: Cdr
    authorizer: Authorizer
    system_id: str
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def refusal(
        self, principal: Principal, record: PatientRecord, encounter_id: EncounterId | None
    ) -> Failure | None:
        """Why nothing can be written into this encounter; who names one may read encounters."""
        if encounter_id is None:
            return None
        await allow(self.authorizer, principal, READ_ENCOUNTER, record)
        encounter = await self.encounters.get(encounter_id, record.patient_ids)
        if encounter is None:
            return EncounterUnknown()
        return EncounterVoid() if encounter.status in VOID else None

    async def take(self, uid: VersionUid) -> None:
        """The version is written, whatever becomes of this: what fails here is made good by `repair`."""
        await _tried(self.belongings.take(uid), uid.object_id)
        await self._settle(uid.object_id)

    async def put(
        self, principal: Principal, record: PatientRecord, encounter_id: EncounterId, object_id: UUID
    ) -> None:
        """From now on the composition belongs to this encounter, and to no other.

        Raises CompositionNotFound, EncounterUnknown, EncounterVoid, EhrLockedByMerge, PatientInactive.
        """
        head = await self._changeable(principal, record, object_id)
        if (refused := await self.refusal(principal, record, encounter_id)) is not None:
            raise refused
        await self.belongings.say(self._placing(principal, object_id, head, encounter_id))
        await self._settle(object_id)

    async def take_out(
        self, principal: Principal, record: PatientRecord, encounter_id: EncounterId, object_id: UUID
    ) -> None:
        """Raises CompositionNotFound unless it belongs to this encounter, and what `put` raises."""
        await allow(self.authorizer, principal, READ_ENCOUNTER, record)
        head = await self._changeable(principal, record, object_id)
        kept = await self.belongings.of([object_id], record.patient_ids)
        if kept.get(object_id) != encounter_id:
            raise CompositionNotFound
        if not await self.belongings.say(self._placing(principal, object_id, head, None), encounter_id):
            raise CompositionNotFound  # somebody was faster
        await self._settle(object_id)

    async def forget_erased(self, object_id: UUID) -> bool:
        """Whether it is gone for good: then it belongs nowhere."""
        if await self.heads.head(object_id) is not None:
            return False
        await self.belongings.forget(object_id)
        return True

    async def repair(self) -> None:
        """What requests have left undone."""
        for wish in await self.belongings.wishes(_BATCH):
            await _tried(self._come_true(wish), wish.version_uid.object_id)
        for object_id in await self.belongings.take_up(_BATCH):
            await self._settle(object_id)

    async def run(self) -> None:
        """At once, then again and again; a round that fails is made up for by the next."""
        while True:
            try:
                await self.repair()
            except Exception as error:  # noqa: BLE001  whatever it is, the next round is due
                _log.warning("encounters.not_repaired", exc_info=error)
            await asyncio.sleep(_EVERY)

    async def _changeable(self, principal: Principal, record: PatientRecord, object_id: UUID) -> Head:
        head = await self.heads.head(object_id)
        ehr = record.holding(head.ehr_id) if head else None
        if head is None or ehr is None or head.deleted:
            raise CompositionNotFound
        await allow(self.authorizer, principal, UPDATE, record, head.template_id)
        unmerged(principal, record, ehr)
        if (refused := inactive(record)) is not None:
            raise refused
        return head

    def _placing(
        self, principal: Principal, object_id: UUID, head: Head, encounter_id: EncounterId | None
    ) -> Placing:
        uid = VersionUid.of(object_id, self.system_id, head.version)
        return Placing(uid, head.ehr_id, head.template_id, encounter_id, principal.actor())

    async def _settle(self, object_id: UUID) -> None:
        """EHRbase says the same; if that fails it is tried again later."""
        await _tried(self._told(object_id), object_id)

    async def _told(self, object_id: UUID) -> None:
        """EHRbase takes tags of what was erased, too, and keeps them."""
        async with asyncio.timeout(_PATIENCE):
            if await self.forget_erased(object_id):
                return
            async with self._places, self.belongings.settling(object_id) as said:
                if said is not None:
                    await self.tags.put(said.ehr_id, object_id, said.encounter_id)

    async def _come_true(self, wish: Wish) -> None:
        uid = wish.version_uid
        written = wish.committed or await self.cdr.holds(wish.ehr_id, uid, wish.kind)
        if written and await self.heads.head(uid.object_id) is not None:  # it may have been erased since
            await self.take(uid)
        else:
            await self.belongings.drop(uid)


async def _tried(doing: Awaitable[None], object_id: UUID) -> None:
    try:
        await doing
    except Exception as error:  # noqa: BLE001  the next round of `repair` tries again
        _log.warning("encounter.not_told", object_id=str(object_id), exc_info=error)
