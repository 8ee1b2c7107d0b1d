"""Who is about to write which version, on record before EHRbase is asked."""

from dataclasses import dataclass, field
from enum import StrEnum

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, EncounterId, PatientId, TemplateId, VersionUid

from clinical.domain.stated import Stated, stated_now


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    STATUS = "status"  # of the EHR, not of a composition
    DIRECTORY = "directory"
    EHR = "ehr"  # made: its version uid is made of the EHR's id


class Claim(StrEnum):
    """What became of the wish to write a version: each version has one writer at a time."""

    NEW = "new"
    REPEATED = "repeated"  # the same request of the same caller claimed it before
    TAKEN = "taken"  # somebody else is writing it, or has written it


@dataclass(frozen=True)
class Intent:
    """`named_id`: the patient whom the request named, who may be merged into the EHR's.

    `deletes`: the version is to say that a directory is deleted; of compositions the kind says so.
    `to_encounter`: where the composition is to belong once it is written.
    `stated`: what the client says of the commit, by the headers of the request that is served unless given.
    """

    version_uid: VersionUid
    ehr_id: EhrId
    kind: Kind
    actor: Actor
    template_id: TemplateId | None
    request_sha256: bytes
    named_id: PatientId | None = None
    stated: Stated = field(default_factory=stated_now)
    to_encounter: EncounterId | None = None
    deletes: bool = False
