"""Events that this service listens to, each translated into one use case."""

import base64
import binascii

from openward_contracts.event import Event
from openward_contracts.migration_checks import MigrationCheckRequested
from openward_contracts.patients import (
    PatientDeactivated,
    PatientMerged,
    PatientRegistered,
    PatientRestricted,
    PatientUnmerged,
    PatientUpdated,
)
from openward_servicekit.messaging import Messaging

from clinical.domain.merge import Decision
from clinical.domain.migration_check import MigrationCheck
from clinical.service.ehrs import EhrService
from clinical.service.merges import MergeService
from clinical.service.migration_checks import MigrationChecker


def register(messaging: Messaging, ehrs: EhrService, merges: MergeService, checker: MigrationChecker) -> None:
    @messaging.on(PatientRegistered)
    async def patient_registered(event: Event[PatientRegistered]) -> None:
        data = event.data
        await ehrs.open_ehr(data.patient_id, data.ehr_id, active=data.active is not False)

    @messaging.on(PatientDeactivated)
    async def patient_deactivated(event: Event[PatientDeactivated]) -> None:
        await ehrs.note_activity(event.data.patient_id, event.data.version, active=False)

    @messaging.on(PatientUpdated)
    async def patient_updated(event: Event[PatientUpdated]) -> None:
        await _reactivated(ehrs, event)

    @messaging.on(PatientRestricted)
    async def patient_restricted(event: Event[PatientRestricted]) -> None:
        await _reactivated(ehrs, event)

    @messaging.on(PatientMerged)
    async def patient_merged(event: Event[PatientMerged]) -> None:
        await merges.merge(_decision(event))

    @messaging.on(PatientUnmerged)
    async def patient_unmerged(event: Event[PatientUnmerged]) -> None:
        await merges.unmerge(_decision(event))

    @messaging.on(MigrationCheckRequested)
    async def migration_check_requested(event: Event[MigrationCheckRequested]) -> None:
        await checker.accept(_check(event))


async def _reactivated(ehrs: EhrService, event: Event[PatientUpdated] | Event[PatientRestricted]) -> None:
    """What ends a record's use has an event of its own, so that any other change of it has begun it again."""
    if "active" in event.data.changed:
        await ehrs.note_activity(event.data.patient_id, event.data.version, active=True)


def _decision(event: Event[PatientMerged] | Event[PatientUnmerged]) -> Decision:
    """`linked_ehr_ids` are not needed: which EHRs follow is known from the merges before."""
    data, envelope = event.data, event.envelope
    return Decision(
        data.merge_id,
        data.patient_id,
        data.survivor_id,
        data.ehr_id,
        data.survivor_ehr_id,
        envelope.time,
        envelope.authid,
        envelope.correlationid,
    )


def _check(event: Event[MigrationCheckRequested]) -> MigrationCheck:
    data, envelope = event.data, event.envelope
    return MigrationCheck(
        data.check_id,
        data.template_id,
        data.semantic_version,
        data.sha256,
        _unpacked(data.web_template),
        envelope.authid,
        envelope.correlationid,
        envelope.time,
    )


def _unpacked(text: str) -> bytes:
    """What is no base64 is no web template either, and the check will say so."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
