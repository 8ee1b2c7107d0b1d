"""A process that breaks the protocol: the server ends its connection for good."""

import asyncio
import os

from openward_servicekit.messaging import Messaging
from openward_testkit.service import service_settings


async def main() -> None:
    messaging = Messaging(
        service_settings(
            service="clinical", nats_url=os.environ["NATS_URL"], nats_seed=os.environ["NATS_SEED"]
        )
    )
    async with messaging.running():
        connection = messaging.connection()
        assert connection is not None
        # nats-py looks at the payload only, the server counts the headers too.
        await connection.publish("clinical.x", b"x" * connection.max_payload, headers={"a": "b"})
        await asyncio.Event().wait()


asyncio.run(main())
