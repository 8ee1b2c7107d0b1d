"""Whatever dies when: every message is in the log once, in order, and one process writes."""

import asyncio
import contextlib
import random
import signal
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx
from openward_testkit.samples import patient_updated

KILLS = 8


async def test_killed_writers_leave_no_hole_and_nothing_twice(stage: Any, replicas: list[Any]) -> None:
    chance = random.Random(20260101)  # noqa: S311  the moments of the kills, not a secret
    for replica in replicas:
        replica.start()
    enough = asyncio.Event()
    publishing = asyncio.create_task(publish_until(enough, stage))
    kills = 0
    while kills < KILLS:
        await asyncio.sleep(chance.uniform(0.1, 0.8))
        for replica in replicas:
            if await replica.writes():
                replica.end(signal.SIGKILL)
                replica.start()
                kills += 1
    enough.set()
    count = await publishing
    await stage.reached("PATIENTS", count, seconds=120)

    entries = await stage.entries()
    assert [entry["idx"] for entry in entries] == list(range(count))
    assert [entry["sequence"] for entry in entries] == list(range(1, count + 1))
    assert await stage.log.fetchval("select count(*) from sequence_gap") == 0


async def publish_until(enough: asyncio.Event, stage: Any) -> int:
    """How many were published."""
    patient, version = uuid4(), 0
    while not enough.is_set():
        version += 1
        await stage.publish(patient_updated(patient, version))
    return version


async def test_one_of_two_processes_writes_and_the_other_takes_over_at_once(
    stage: Any, replicas: list[Any]
) -> None:
    writer, standby = replicas
    writer.start()
    await up(writer)
    await stage.publish(patient_updated())
    await stage.reached("PATIENTS", 1)
    standby.start()
    await up(standby)
    assert (await writer.writes(), await standby.writes()) == (True, False)

    writer.end(signal.SIGKILL)
    begun = monotonic()
    await stage.publish(patient_updated())
    await stage.reached("PATIENTS", 2)
    seconds = monotonic() - begun

    assert seconds < 10  # nobody waits for the end of a lease
    assert await standby.writes()


async def test_a_stopped_process_hands_over_and_ends_cleanly(stage: Any, replicas: list[Any]) -> None:
    first, second = replicas
    first.start()
    await stage.publish(patient_updated())
    await stage.reached("PATIENTS", 1)
    second.start()

    assert await asyncio.to_thread(first.end, signal.SIGTERM) == 0
    await stage.publish(patient_updated())
    await stage.reached("PATIENTS", 2)


async def test_the_writer_survives_the_loss_of_its_database_session(stage: Any) -> None:
    async with stage.service():
        await stage.publish(patient_updated())
        await stage.reached("PATIENTS", 1)
        await stage.log.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and usename = 'audit'"
        )
        await stage.publish(patient_updated())
        await stage.reached("PATIENTS", 2)


async def up(replica: Any) -> None:
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                await replica.get("/healthz")
                return
            await asyncio.sleep(0.05)
