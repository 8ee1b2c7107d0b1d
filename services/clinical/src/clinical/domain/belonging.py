"""Which encounter a composition belongs to: kept here, and said again by an item tag in EHRbase."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid

from clinical.domain.cursors import Place
from clinical.domain.intent import Kind

#: Key of the item tag (openEHR Common IM, ITEM_TAG) of the composition as a whole: it has no target_path.
TAG: Final = "encounter"


@dataclass(frozen=True)
class Belonging:
    """`encounter_id`: None once it was taken out. `version`: the composition's latest when this was said."""

    object_id: UUID
    ehr_id: EhrId
    encounter_id: EncounterId | None
    version: int
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Placing:
    """What somebody says: to which encounter a composition belongs from now on; None: to none.

    `version_uid`: its latest version when this is said.
    """

    version_uid: VersionUid
    ehr_id: EhrId
    template_id: TemplateId | None
    encounter_id: EncounterId | None
    actor: Actor


class Move(StrEnum):
    PUT_IN = "put-in"
    MOVED = "moved"
    TAKEN_OUT = "taken-out"


@dataclass(frozen=True)
class Step:
    """A change of a composition's encounter: the how-manieth, by whom and when.

    `version`: the composition's latest when it was said. `left` and `entered`: None also for an encounter
    that is not one of this person's any more.
    """

    number: int
    change: Move
    version: int
    left: EncounterId | None
    entered: EncounterId | None
    actor: Actor
    recorded_at: datetime


@dataclass(frozen=True)
class Wish:
    """A version that was to be written into an encounter; `committed`: EHRbase has confirmed it."""

    version_uid: VersionUid
    ehr_id: EhrId
    kind: Kind
    committed: bool


class Belongings(Protocol):
    """Every change of an encounter is one transaction with its step and its event; the same again is none."""

    async def say(self, placing: Placing, leaving: EncounterId | None = None) -> bool:
        """From now on; what was said before, or wished with this version or earlier, holds no more.

        With `leaving` only if it belongs to that encounter until now; whether it did.
        """

    async def take(self, uid: VersionUid) -> None:
        """What the intent of this version wishes is said; nothing, if that was done or is outdated."""

    async def steps(self, object_id: UUID, patients: Sequence[PatientId]) -> Sequence[Step]:
        """The first first, naming the encounters of these patients."""

    async def moved_at(self, object_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
        """When the encounter of each, or whose that is, changed last; not of those that never had one."""

    def settling(self, object_id: UUID) -> AbstractAsyncContextManager[Belonging | None]:
        """What EHRbase is to be told, and nobody says anything else meanwhile; None if it was.

        Settled if the block ends well, unless EHRbase may still carry out what it was told before: then it is
        due again when it can have done so.
        """

    async def forget(self, object_id: UUID) -> None:
        """The composition was erased."""

    async def of(
        self, object_ids: Collection[UUID], patients: Sequence[PatientId]
    ) -> Mapping[UUID, EncounterId]:
        """To which encounters of these patients they belong."""

    async def page(
        self, encounter_id: EncounterId, ehr_ids: Collection[EhrId], after: Place | None, limit: int
    ) -> Sequence[Belonging]:
        """What belongs to an encounter and lies in these EHRs, the last said first."""

    async def take_up(self, limit: int) -> Sequence[UUID]:
        """What is due to be settled; after each attempt that fails it is due again later and later."""

    async def wishes(self, limit: int) -> Sequence[Wish]:
        """What should have come true by now, the oldest first."""

    async def drop(self, uid: VersionUid) -> None:
        """The version was not written, so nothing belongs anywhere for its sake."""


class EncounterTags(Protocol):
    async def put(self, ehr_id: EhrId, object_id: UUID, encounter_id: EncounterId | None) -> None:
        """The composition has this one tag `encounter`, or none; its other tags are as they were."""


def is_reserved(tag: object) -> bool:
    """Whether an item tag, in EHRbase's JSON, says to which encounter the whole composition belongs."""
    if not isinstance(tag, dict):
        return False
    told: dict[str, Any] = tag
    return told.get("key") == TAG and told.get("target_path") is None
