"""A process whose handler takes an event and never finishes; the test kills it."""

import asyncio
import os
import sys

from openward_contracts.event import Event
from openward_contracts.patients import PatientRegistered
from openward_servicekit.messaging import Messaging
from openward_testkit.service import service_settings


async def main() -> None:
    messaging = Messaging(
        service_settings(
            service="clinical", nats_url=os.environ["NATS_URL"], nats_seed=os.environ["NATS_SEED"]
        )
    )

    @messaging.on(PatientRegistered)
    async def hang(event: Event[PatientRegistered]) -> None:
        sys.stdout.write(f"{event.data.patient_id}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    async with messaging.running():
        await asyncio.Event().wait()


asyncio.run(main())
