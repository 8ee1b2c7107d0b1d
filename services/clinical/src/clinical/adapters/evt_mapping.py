"""Rows of the trigger outbox in EHRbase's database -> events. Ids and times only; no content is in a row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward_contracts.actor import Actor
from openward_contracts.clinical import (
    CompositionCreated,
    CompositionDeleted,
    CompositionUpdated,
    DirectoryChanged,
    EhrCreated,
    EhrStatusUpdated,
)
from openward_contracts.event import Event
from openward_contracts.identifiers import ContributionId, EhrId, PatientId, TemplateId, VersionUid
from openward_contracts.payload import Payload

SOURCE = "/openward/clinical"


@dataclass(frozen=True)
class Change:
    """One committed change, as `evt.ehr_event` has it."""

    op: str  # version | deleted | physical_delete
    kind: str  # comp | ehr_status | ehr_folder
    uid: VersionUid
    ehr_id: EhrId
    contribution_id: UUID
    template_id: str | None
    committed_at: datetime
    patient_id: PatientId | None
    actor: Actor
    correlation_id: str
    traceparent: str | None


def to_event(change: Change) -> Event[Payload]:
    """The change's one event; the same row makes the same event id."""
    payload = _payload(change)
    created = isinstance(payload, EhrCreated)
    return Event.of(
        payload,
        source=SOURCE,
        aggregate_id=change.ehr_id if created else change.uid.object_id,
        aggregate_version=1 if created else change.uid.version,
        actor=change.actor,
        at=change.committed_at,
        correlation_id=change.correlation_id,
        traceparent=change.traceparent,
    )


def _payload(change: Change) -> Payload:
    match change.kind:
        case "comp":
            return _composition(change)
        case "ehr_folder":
            return DirectoryChanged(
                **_committed(change), change=_verb(change), physical=change.op == "physical_delete"
            )
        case _:
            return _ehr_status(change)


def _composition(change: Change) -> Payload:
    template = TemplateId(change.template_id) if change.template_id else None
    match _verb(change):
        case "created":
            return CompositionCreated(**_committed(change), template_id=template)
        case "updated":
            return CompositionUpdated(**_committed(change), template_id=template)
        case _:
            physical = change.op == "physical_delete"
            return CompositionDeleted(**_committed(change), template_id=template, physical=physical)


def _ehr_status(change: Change) -> Payload:
    """The first version of an EHR's status is the EHR's own beginning."""
    if _verb(change) == "created":
        contribution = ContributionId(change.contribution_id)
        return EhrCreated(ehr_id=change.ehr_id, patient_id=change.patient_id, contribution_id=contribution)
    return EhrStatusUpdated(**_committed(change), physical=change.op == "physical_delete")


def _verb(change: Change) -> str:
    if change.op != "version":
        return "deleted"
    return "created" if change.uid.version == 1 else "updated"


def _committed(change: Change) -> dict[str, object]:
    return {
        "ehr_id": change.ehr_id,
        "patient_id": change.patient_id,
        "version_uid": change.uid,
        "contribution_id": ContributionId(change.contribution_id),
        "committed_at": change.committed_at,
    }
