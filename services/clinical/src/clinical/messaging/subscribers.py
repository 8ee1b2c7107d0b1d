"""Events that this service listens to, each translated into one use case."""

from openward_contracts.event import Event
from openward_contracts.patients import PatientRegistered
from openward_servicekit.messaging import Messaging

from clinical.service.ehrs import EhrService


def register(messaging: Messaging, service: EhrService) -> None:
    @messaging.on(PatientRegistered)
    async def patient_registered(event: Event[PatientRegistered]) -> None:
        await service.open_ehr(event.data.patient_id, event.data.ehr_id)
