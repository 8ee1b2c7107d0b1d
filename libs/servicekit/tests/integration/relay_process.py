"""A process that does nothing but relay; the chaos test kills it."""

import asyncio
import os

import asyncpg
import nats
from openward_servicekit.outbox.relay import Relay
from openward_servicekit.outbox.source import Outbox


async def main() -> None:
    client = await nats.connect(
        os.environ["NATS_URL"],
        nkeys_seed_str=os.environ["NATS_SEED"],
        inbox_prefix="_INBOX_patients",
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.1,
    )
    url = os.environ["DATABASE_URL"]
    await Relay(Outbox("patients", lambda: asyncpg.connect(url)), lambda: client).run()


asyncio.run(main())
