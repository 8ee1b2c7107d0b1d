"""What the use cases need from outside, one Protocol each."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from clinical.domain.composition import Draft, Head
from clinical.domain.ehr_status import EhrStatus
from clinical.domain.intent import Claim, Intent, Kind
from clinical.domain.merge import Decision, Merge
from clinical.domain.record import LinkedEhr, PatientRecord
from clinical.domain.review import Party, WrittenVersion


@dataclass(frozen=True)
class Document:
    """A body as EHRbase sent it."""

    content: bytes
    media_type: str


class Cdr(Protocol):
    """EHRbase. Any method may raise Unavailable (nothing sent), UpstreamTimeout (unknown), CdrError."""

    async def create_ehr(self, ehr_id: EhrId, patient_id: PatientId) -> None:
        """The EHR exists, for this subject, when this returns; also when it did before."""

    async def ehr_status(self, ehr_id: EhrId) -> EhrStatus:
        """Raises EhrNotFound."""

    async def update_ehr_status(
        self, ehr_id: EhrId, preceding: VersionUid, content: Mapping[str, Any]
    ) -> None:
        """Raises VersionMismatch."""

    async def modifiable(self, ehr_ids: Sequence[EhrId]) -> set[EhrId]:
        """Those of them that may be changed."""

    async def create(self, ehr_id: EhrId, draft: Draft, uid: VersionUid) -> None:
        """Raises CompositionRejected, CompositionExists, EhrNotModifiable, TemplateUnknown."""

    async def update(self, ehr_id: EhrId, draft: Draft, preceding: VersionUid) -> None:
        """Raises what `create` raises, and VersionMismatch."""

    async def delete(self, ehr_id: EhrId, preceding: VersionUid) -> None:
        """Raises CompositionNotFound (also when deleted already), VersionMismatch, EhrNotModifiable."""

    async def holds(
        self, ehr_id: EhrId, uid: VersionUid, kind: Kind = Kind.CREATE, *, deleted: bool | None = None
    ) -> bool:
        """Whether this version, of a composition unless `kind` says else, was committed.

        `deleted`: and is, or is not, a deletion; None: either. Only those of compositions are seen.
        """


class Ehrs(Protocol):
    """Which EHR belongs to which patient; merges are followed."""

    async def of_patient(self, patient_id: PatientId) -> PatientRecord | None: ...

    async def by_id(self, ehr_id: EhrId) -> PatientRecord | None:
        """The record that the EHR is part of, `only` that EHR being reached."""

    async def link(self, patient_id: PatientId, ehr_id: EhrId) -> None:
        """Idempotent."""

    async def mark_ready(self, ehr_id: EhrId) -> None: ...

    async def note_activity(self, patient_id: PatientId, version: int, *, active: bool) -> bool:
        """So it is since this version of the patient; what was known of a later one stays.

        False for a patient who is not known yet.
        """

    async def note_restriction(self, patient_id: PatientId, version: int, *, restricted: bool) -> bool:
        """As `note_activity`: whether only some may know of the patient."""


class Persons(Protocol):
    async def changed_at(self, patients: Collection[PatientId]) -> Mapping[PatientId, datetime]:
        """When it changed last who each is, by merges and their undoing; who never changed is not named."""


class Restrictions(Protocol):
    async def hidden(self) -> Sequence[EhrId]:
        """EHRs of records of which only some may know, in the order of their ids."""


class Merges(Protocol):
    """The registry's decisions, and how far they are carried out."""

    async def record(self, decision: Decision) -> None:
        """From now on the source's record is the survivor's; idempotent. Raises MergeOutOfOrder."""

    async def undo(self, decision: Decision) -> None:
        """From now on, or as soon as it was merged, the source's record is its own again; idempotent."""

    def alone(self, ehr_id: EhrId) -> AbstractAsyncContextManager[None]:
        """Nobody else changes this EHR's status for a merge meanwhile; raises MergeBusy."""

    async def of_id(self, merge_id: UUID) -> Merge | None: ...

    async def unsettled(self, ehr_id: EhrId) -> Sequence[Merge]:
        """Those of which this is the source's EHR and that EHRbase does not follow yet, oldest first."""

    async def settled(self, ehr_id: EhrId) -> Merge | None:
        """The merge that has locked this EHR."""

    async def remember(self, merge: Merge, *, was_modifiable: bool) -> None:
        """Keeps the first answer."""

    async def settle(self, merge: Merge, version: int) -> None:
        """EHRbase follows the decision, with this version of EHR_STATUS: so it is, and it has its event."""

    async def to_settle(self) -> Sequence[EhrId]:
        """EHRs with something unsettled."""

    async def locked(self, after: EhrId | None, limit: int) -> Sequence[EhrId]:
        """EHRs that a settled merge has locked, in the order of their ids."""

    async def parties(self, merge: Merge) -> tuple[Party, Party]:
        """The source and the survivor as they were when they were merged."""


class WriteLog(Protocol):
    """What was written through this service, by its write intents."""

    async def during(self, merge: Merge, after: VersionUid | None, limit: int) -> Sequence[WrittenVersion]:
        """Versions in the EHR that was written to for the source while the merge held, in order of time."""

    async def wrote_before(
        self, merge: Merge, ehr_ids: frozenset[EhrId], committers: frozenset[str]
    ) -> Mapping[str, frozenset[EhrId]]:
        """By committer, which of these EHRs they had written to before the merge."""


class Heads(Protocol):
    def head(self, object_id: UUID, version: int | None = None) -> Awaitable[Head | None]:
        """The latest version of a composition as EHRbase has committed it, None when there is none.

        `version`: of which `made_by` and `made_at` speak. It is asked for at once, not when it is waited for.
        """

    async def directory_deleted(self, ehr_id: EhrId, uid: VersionUid) -> bool:
        """Whether this version is the deletion of the EHR's directory. Raises Unavailable."""


class Intents(Protocol):
    """Who claims a version, and what became of it; only the request that holds the claim can say so."""

    async def claim(self, intent: Intent) -> Claim: ...

    async def committed(self, intent: Intent) -> None: ...

    async def failed(self, intent: Intent) -> None:
        """EHRbase has refused: the version is free, unless it is committed or the claim was repeated."""

    async def lost(self, intent: Intent) -> bool:
        """EHRbase does not hold this version: committed or abandoned, it is free again, and True."""

    async def is_claimed(self, intent: Intent) -> bool:
        """Whether this request, sent before or at the same time, has claimed the version and not failed."""

    async def is_committed(self, intent: Intent) -> bool:
        """Whether this request, sent before or at the same time, has committed the version."""


class AccessLog(Protocol):
    """Durable when a method returns; else Unavailable is raised and nothing may be answered."""

    async def read(
        self,
        actor: Actor,
        ehr: LinkedEhr,
        resource: str,
        uid: VersionUid | None,
        template_id: TemplateId | None,
    ) -> None: ...

    async def seen(self, actor: Actor, ehr: LinkedEhr, resource: str, count: int) -> None:
        """What is no version of anything: so many of that resource, of the record of this EHR."""

    async def queried(self, actor: Actor, ehrs: Sequence[LinkedEhr], query: str, rows: int) -> None: ...

    async def reviewed(self, actor: Actor, merge: Merge, count: int) -> None: ...
