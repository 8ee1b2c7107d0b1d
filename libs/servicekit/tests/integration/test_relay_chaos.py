import asyncio
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from openward_servicekit.outbox.postgres import insert_event
from openward_testkit.nats import NatsServer, StoredMessage
from openward_testkit.outbox import OutboxStage
from openward_testkit.samples import patient_updated

PATIENTS = 24
VERSIONS = 60
WRITERS = 4
PROGRAM = Path(__file__).with_name("relay_process.py")


class RelayProcess:
    def __init__(self, stage: OutboxStage) -> None:
        self._environment = os.environ | {
            "DATABASE_URL": stage.url,
            "NATS_URL": stage.server.url,
            "NATS_SEED": stage.server.seed("patients"),
        }
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, PROGRAM], env=self._environment)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


async def test_killed_relays_keep_order_and_publish_each_event_once(stage: OutboxStage) -> None:
    chance = random.Random(20260101)  # noqa: S311  the moments of the kills, not a secret
    relays = [RelayProcess(stage) for _ in range(2)]
    try:
        writing = asyncio.gather(*(write(stage.url, chance) for _ in range(WRITERS)))
        while not writing.done():
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            await disturb(chance, chance.choice(relays), stage.server)
        patients = [patient for written in await writing for patient in written]
        await stage.drained(seconds=90)
    finally:
        for relay in relays:
            relay.kill()
    messages = await stage.published()
    expected = list(range(1, VERSIONS + 1))
    assert versions_by_patient(messages) == {str(patient): expected for patient in patients}
    assert await stage.archived() == [(m.sequence, m.event_id) for m in messages]


async def disturb(chance: random.Random, relay: RelayProcess, server: NatsServer) -> None:
    relay.kill()
    if chance.random() < 0.2:
        server.kill()
        await asyncio.sleep(0.3)
        server.start()
    relay.start()


async def write(url: str, chance: random.Random) -> list[UUID]:
    """Commits the versions of some patients, some of them late, some only after a rollback."""
    patients = [uuid4() for _ in range(PATIENTS // WRITERS)]
    connection = await asyncpg.connect(url)
    for version in range(1, VERSIONS + 1):
        for patient in patients:
            while not await commit(connection, patient, version, chance.random()):
                pass
    await connection.close()
    return patients


async def commit(connection: asyncpg.Connection, patient: UUID, version: int, luck: float) -> bool:
    transaction = connection.transaction()
    await transaction.start()
    await insert_event(connection, patient_updated(patient, version))
    await asyncio.sleep(0.1 if luck < 0.02 else 0.008)  # ids of others that commit meanwhile are higher
    if luck > 0.95:
        await transaction.rollback()
        return False
    await transaction.commit()
    return True


def versions_by_patient(messages: Sequence[StoredMessage]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for message in messages:
        found[message.headers["ce-partitionkey"]].append(int(message.headers["ce-sequence"]))
    return dict(found)
