"""Events that this service listens to, each translated into one use case."""

from openward_contracts.clinical import EhrCreated
from openward_contracts.event import Event
from openward_servicekit.messaging import Messaging

from patients.service.registration import RegistrationService


def register(messaging: Messaging, registration: RegistrationService) -> None:
    @messaging.on(EhrCreated)
    async def ehr_created(event: Event[EhrCreated]) -> None:
        await registration.mark_ehr_ready(event.data.ehr_id)
