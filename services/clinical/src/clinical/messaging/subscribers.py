"""Events that this service listens to, each translated into one use case."""

import base64
import binascii

from openward_contracts.clinical import CompositionDeleted
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
from openward_contracts.templates import TemplatePublished, TemplateRetired
from openward_servicekit.messaging import Messaging

from clinical.domain.merge import Decision
from clinical.domain.migration_check import MigrationCheck
from clinical.service.belonging import BelongingService
from clinical.service.ehrs import EhrService
from clinical.service.merges import MergeService
from clinical.service.migration_checks import MigrationChecker
from clinical.service.recording import Recorder
from clinical.service.template_standing import TemplateStanding


def register(messaging: Messaging, ehrs: EhrService, merges: MergeService, checker: MigrationChecker) -> None:
    @messaging.on(PatientRegistered)
    async def patient_registered(event: Event[PatientRegistered]) -> None:
        data = event.data
        await ehrs.open_ehr(
            data.patient_id,
            data.ehr_id,
            active=data.active is not False,
            restricted=data.restricted is True,
        )

    @messaging.on(PatientDeactivated)
    async def patient_deactivated(event: Event[PatientDeactivated]) -> None:
        await _restricted(ehrs, event)
        await ehrs.note_activity(event.data.patient_id, event.data.version, active=False)

    @messaging.on(PatientUpdated)
    async def patient_updated(event: Event[PatientUpdated]) -> None:
        await _reactivated(ehrs, event)

    @messaging.on(PatientRestricted)
    async def patient_restricted(event: Event[PatientRestricted]) -> None:
        await _restricted(ehrs, event)
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


def follow_erasures(messaging: Messaging, recorder: Recorder, belonging: BelongingService) -> None:
    """Of what was erased there may never be another read that would notice."""

    @messaging.on(CompositionDeleted)
    async def deleted(event: Event[CompositionDeleted]) -> None:
        if event.data.physical:
            await belonging.forget_erased(event.data.version_uid.object_id)
            await recorder.forget_erased(event.data.ehr_id)


def register_templates(messaging: Messaging, standing: TemplateStanding) -> None:
    @messaging.on(TemplatePublished)
    async def template_published(event: Event[TemplatePublished]) -> None:
        await standing.published(event.data.template_id, event.data.version)

    @messaging.on(TemplateRetired)
    async def template_retired(event: Event[TemplateRetired]) -> None:
        await standing.retired(event.data.template_id, event.data.version)


async def _restricted(ehrs: EhrService, event: Event[PatientDeactivated] | Event[PatientRestricted]) -> None:
    """Where one change is a restriction and the end of a record's use, the latter's event says both."""
    data = event.data
    if data.restricted is not None:
        await ehrs.note_restriction(data.patient_id, data.version, restricted=data.restricted)


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
