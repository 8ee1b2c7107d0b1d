"""Events that this service listens to, each translated into one use case."""

from openward_contracts.clinical import EhrCreated, EhrMerged, EhrUnmerged
from openward_contracts.event import Event
from openward_servicekit.messaging import Messaging

from patients.service.merging import MergeService
from patients.service.registration import RegistrationService


def register(messaging: Messaging, registration: RegistrationService, merges: MergeService) -> None:
    @messaging.on(EhrCreated)
    async def ehr_created(event: Event[EhrCreated]) -> None:
        await registration.mark_ehr_ready(event.data.ehr_id)

    @messaging.on(EhrMerged)
    async def ehr_merged(event: Event[EhrMerged]) -> None:
        await merges.clinical_merged(event.data.merge_id)

    @messaging.on(EhrUnmerged)
    async def ehr_unmerged(event: Event[EhrUnmerged]) -> None:
        await merges.clinical_unmerged(event.data.merge_id)
