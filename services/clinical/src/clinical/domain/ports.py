"""What the use cases need from outside, one Protocol each."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid

from clinical.domain.composition import Draft, Format, Head
from clinical.domain.intent import Claim, Intent


@dataclass(frozen=True)
class LinkedEhr:
    """A patient's EHR; `ready` once EHRbase has confirmed that it exists."""

    patient_id: PatientId
    ehr_id: EhrId
    ready: bool


@dataclass(frozen=True)
class Document:
    """A body as EHRbase sent it."""

    content: bytes
    media_type: str


class Cdr(Protocol):
    """EHRbase. Any method may raise Unavailable (nothing sent), UpstreamTimeout (unknown), CdrError."""

    async def create_ehr(self, ehr_id: EhrId, patient_id: PatientId) -> None:
        """The EHR exists, for this subject, when this returns; also when it did before."""

    async def ehr(self, ehr_id: EhrId) -> Document: ...

    async def create(self, ehr_id: EhrId, draft: Draft, uid: VersionUid) -> None:
        """Raises CompositionRejected, CompositionExists, EhrNotModifiable, TemplateUnknown."""

    async def update(self, ehr_id: EhrId, draft: Draft, preceding: VersionUid) -> None:
        """Raises what `create` raises, and VersionMismatch."""

    async def delete(self, ehr_id: EhrId, preceding: VersionUid) -> None:
        """Raises CompositionNotFound (also when deleted already), VersionMismatch, EhrNotModifiable."""

    async def holds(self, ehr_id: EhrId, uid: VersionUid) -> bool:
        """Whether this version has been committed, deleted ones included."""

    async def composition(self, ehr_id: EhrId, uid: VersionUid, form: Format) -> Document: ...

    async def query(self, q: str, parameters: dict[str, object], fetch: int | None, offset: int) -> Document:
        """`fetch` None: the query limits itself, and `offset` is not used."""


class Ehrs(Protocol):
    """Which EHR belongs to which patient."""

    async def of_patient(self, patient_id: PatientId) -> LinkedEhr | None: ...

    async def by_id(self, ehr_id: EhrId) -> LinkedEhr | None: ...

    async def link(self, patient_id: PatientId, ehr_id: EhrId) -> None:
        """Idempotent."""

    async def mark_ready(self, ehr_id: EhrId) -> None: ...


class Heads(Protocol):
    async def head(self, object_id: UUID) -> Head | None:
        """The latest version of a composition as EHRbase has committed it, None when there is none."""


class Intents(Protocol):
    """Who claims a version, and what became of it; only the request that holds the claim can say so."""

    async def claim(self, intent: Intent) -> Claim: ...

    async def committed(self, intent: Intent) -> None: ...

    async def failed(self, intent: Intent) -> None:
        """EHRbase has refused: the version is free, unless it is committed or the claim was repeated."""

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

    async def queried(self, actor: Actor, ehr: LinkedEhr, query: str, rows: int) -> None: ...
