"""The same history, as each system of a running stack has it: to be compared after something went wrong."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import nats
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from openward_cli.stack import Stack
from openward_contracts.catalogue import STREAMS
from openward_contracts.event import Event, decode
from openward_contracts.payload import Payload

from openward_testkit.postgres import PostgresServer

# Every version that EHRbase holds; deletions included, which have no data.
_VERSIONS = """
select vo_id::text || '::openward.local::' || sys_version as uid
from (select ehr_id, vo_id, sys_version from ehr.{kind}_version
      union all
      select ehr_id, vo_id, sys_version from ehr.{kind}_version_history) v
where ehr_id = any($1)
"""
_UNSENT = "select count(*) from outbox_event"


@dataclass(frozen=True)
class Ledger:
    stack: Stack

    async def settled(self, seconds: float = 120) -> None:
        """No event waits in an outbox, audit has read every stream; AssertionError after so many seconds."""
        give_up = time.monotonic() + seconds
        while waiting := await self._waiting():
            assert time.monotonic() < give_up, f"after {seconds} s there still wait: {waiting}"
            await asyncio.sleep(0.2)

    async def ehrs(self) -> set[UUID]:
        """Those of the registry's patients. EHRbase may hold others, of tests that had their own registry."""
        return {row["ehr_id"] for row in await self._fetch("patients", "select ehr_id from patient")}

    async def versions(self, kind: str) -> Counter[str]:
        """Version uids in those EHRs; `kind` is `comp`, `ehr_status` or `ehr_folder`."""
        rows = await self._fetch("ehrbase", _VERSIONS.format(kind=kind), list(await self.ehrs()))
        return Counter(row["uid"] for row in rows)

    async def patients(self) -> Counter[str]:
        return Counter(row["id"] for row in await self._fetch("patients", "select id::text from patient"))

    async def stream(self, name: str) -> list[Event[Payload]]:
        """Every message, in order."""
        async with self._nats() as connection:
            jetstream = connection.jetstream(timeout=5)
            last = (await jetstream.stream_info(name)).state.last_seq
            messages = [await jetstream.get_msg(name, sequence) for sequence in range(1, last + 1)]
        return [decode(m.subject or "", m.headers or {}, m.data or b"") for m in messages]

    async def entries(self, stream: str) -> list[str]:
        """Event ids that audit has of a stream, in the order of its log."""
        rows = await self._fetch(
            "audit", "select event_id::text as id from audit_entry where stream = $1 order by idx", stream
        )
        return [row["id"] for row in rows]

    async def gaps(self) -> int:
        return len(await self._fetch("audit", "select from sequence_gap"))

    async def _waiting(self) -> list[str]:
        waiting = [
            f"{database}: {rows[0]['count']} events"
            for database in ("patients", "clinical", "templates", "audit")
            if (rows := await self._fetch(database, _UNSENT))[0]["count"]
        ]
        captured = await self._fetch("ehrbase", "select count(*) from evt.ehr_event")
        if captured[0]["count"]:
            waiting.append(f"ehrbase: {captured[0]['count']} events")
        return waiting + [f"audit: {name}" for name in STREAMS if not await self._is_read(name)]

    async def _is_read(self, stream: str) -> bool:
        async with self._nats() as connection:
            try:
                last = (await connection.jetstream(timeout=5).stream_info(stream)).state.last_seq
            except NotFoundError:
                return False
        rows = await self._fetch(
            "audit", "select last_sequence from stream_position where stream = $1", stream
        )
        return (rows[0]["last_sequence"] if rows else 0) == last

    async def _fetch(self, database: str, query: str, *arguments: object) -> list[asyncpg.Record]:
        server = PostgresServer.from_environment()
        connection = await asyncpg.connect(server.of(database))
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def _nats(self) -> AsyncIterator[Client]:
        seed = self.stack.secret("monitor.nk").read_text().strip()
        connection = await nats.connect(
            self.stack.nats_url, nkeys_seed_str=seed, inbox_prefix="_INBOX_monitor", connect_timeout=5
        )
        try:
            yield connection
        finally:
            await connection.close()
