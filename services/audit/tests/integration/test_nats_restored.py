"""NATS comes back without what the log has: nothing is added twice, nothing is left out, and it is said."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from openward_servicekit.outbox.replay import serving_replay
from openward_testkit.outbox import outbox_stage, versions
from openward_testkit.postgres import PostgresServer

OF_PATIENTS = "from stream_position where stream = 'PATIENTS'"
IS_READ_AGAIN = f"incarnation = 2 and last_sequence = $1 {OF_PATIENTS}"
IS_STOPPED = f"stopped like '%no answer from patients' {OF_PATIENTS}"


@asynccontextmanager
async def registry(postgres: PostgresServer, stage: Any) -> AsyncIterator[Any]:
    """The service `patients`: relays what is committed to its outbox, and answers for its archive."""
    async with outbox_stage(postgres, stage.server) as patients:
        nats = await stage.server.connect("patients", max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        async with patients.relay().running(), serving_replay(nats, "patients", [patients.outbox]):
            yield patients
        await nats.close()


async def commit(patients: Any, count: int) -> None:
    await patients.commit(*versions(uuid4(), count))
    await patients.drained()


class Backup:
    """Of all streams."""

    def __init__(self, server: Any, directory: Path) -> None:
        self._server = server
        self._data = server._directory / "data"
        self._copy = directory / "backup"

    def take(self) -> None:
        self._server.stop()
        shutil.copytree(self._data, self._copy)
        self._server.start()

    def restore(self) -> None:
        self._server.stop()
        shutil.rmtree(self._data)
        shutil.copytree(self._copy, self._data)
        self._server.start()

    async def empty(self) -> None:
        self._server.stop()
        shutil.rmtree(self._data)
        self._server.start()
        await self._server.provision()


async def logged(stage: Any) -> list[str]:
    return [str(entry["event_id"]) for entry in await stage.entries("PATIENTS")]


async def everything(patients: Any) -> set[str]:
    rows = await patients.database.fetch("select event_id::text from outbox_sent")
    return {row[0] for row in rows}


async def told(client: httpx.AsyncClient) -> str:
    async with asyncio.timeout(60):
        while True:
            streams = (await client.get("/readyz")).json()["dependencies"]["streams"]
            if "why" in streams and "compared" in streams["why"]:
                return str(streams["why"])
            await asyncio.sleep(0.2)


async def test_the_log_goes_on_after_a_restore_from_an_old_backup(
    stage: Any, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backup = Backup(stage.server, tmp_path)
    async with registry(postgres_server, stage) as patients, stage.service() as client:
        await commit(patients, 50)
        await stage.reached("PATIENTS", 50)
        backup.take()
        await commit(patients, 50)
        await stage.reached("PATIENTS", 100)
        backup.restore()
        await stage.until("incarnation = 2 from stream_position where stream = 'PATIENTS'")
        await commit(patients, 10)
        await stage.reached("PATIENTS", 60)
        why = await told(client)
        published = await everything(patients)

    assert why.startswith("PATIENTS: NATS did not have what was in the log")
    entries = await stage.entries("PATIENTS")
    places = [(entry["incarnation"], entry["sequence"]) for entry in entries]
    assert places == [(1, n) for n in range(1, 101)] + [(2, n) for n in range(51, 61)]
    assert set(await logged(stage)) == published


async def test_what_was_lost_before_it_was_read_comes_from_the_archive(
    stage: Any, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backup = Backup(stage.server, tmp_path)
    async with registry(postgres_server, stage) as patients:
        await commit(patients, 20)
        async with stage.service():
            await stage.reached("PATIENTS", 20)
            backup.take()
            await commit(patients, 20)
            await stage.reached("PATIENTS", 40)
        await commit(patients, 5)  # nobody reads
        backup.restore()
        await commit(patients, 50)  # the stream is longer than the log again
        async with stage.service():
            await stage.until(IS_READ_AGAIN, 70)

        ids = await logged(stage)
        assert len(ids) == len(set(ids)) == 95
        assert set(ids) == await everything(patients)


async def test_the_log_goes_on_with_streams_that_were_made_anew(
    stage: Any, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backup = Backup(stage.server, tmp_path)
    async with registry(postgres_server, stage) as patients, stage.service():
        await commit(patients, 30)
        await stage.reached("PATIENTS", 30)
        await backup.empty()
        await stage.until("incarnation = 2 from stream_position where stream = 'PATIENTS'")
        await commit(patients, 40)
        await stage.reached("PATIENTS", 40)

        ids = await logged(stage)
        assert len(ids) == len(set(ids)) == 70
        assert set(ids) == await everything(patients)


async def test_a_restart_that_nobody_can_vouch_for_stops_the_stream(
    stage: Any, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backup = Backup(stage.server, tmp_path)
    async with stage.service():
        async with registry(postgres_server, stage) as patients:
            await commit(patients, 30)
            await stage.reached("PATIENTS", 30)
        await backup.empty()
        await stage.until(IS_STOPPED)

    assert (await stage.position("PATIENTS"))["incarnation"] == 1
