"""Events that this service listens to, each translated into one use case."""

from openward_contracts.event import Event
from openward_contracts.patients import PatientMerged, PatientRegistered, PatientUnmerged
from openward_servicekit.messaging import Messaging

from clinical.domain.merge import Decision
from clinical.service.ehrs import EhrService
from clinical.service.merges import MergeService


def register(messaging: Messaging, ehrs: EhrService, merges: MergeService) -> None:
    @messaging.on(PatientRegistered)
    async def patient_registered(event: Event[PatientRegistered]) -> None:
        await ehrs.open_ehr(event.data.patient_id, event.data.ehr_id)

    @messaging.on(PatientMerged)
    async def patient_merged(event: Event[PatientMerged]) -> None:
        await merges.merge(_decision(event))

    @messaging.on(PatientUnmerged)
    async def patient_unmerged(event: Event[PatientUnmerged]) -> None:
        await merges.unmerge(_decision(event))


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
