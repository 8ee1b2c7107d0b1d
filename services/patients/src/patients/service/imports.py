"""Registering patients by the million: a stream of lines that may break at any place and go on there."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4, uuid5

from openward_servicekit.auth import Authorizer, Principal

from patients.domain.imports import table
from patients.domain.imports.errors import ImportGap, ImportHeaderInvalid, ImportStalled
from patients.domain.imports.job import (
    Import,
    ImportRepository,
    ImportSettings,
    Prepared,
    Problem,
    Sending,
    State,
)
from patients.domain.imports.splitting import Chunk, chunks
from patients.domain.permissions import IMPORT
from patients.service.ahead import ahead

#: Ids of repeatable requests for an import are made from the caller and the Idempotency-Key.
KEYED: Final = UUID("c9a0a3c6-1f0e-5b57-9a5e-6f3f0d0a7b52")
_PATIENCE_SECONDS: Final = 60
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True)
class ImportService:
    imports: ImportRepository
    authorizer: Authorizer

    async def start(self, caller: Principal, settings: ImportSettings, key: str | None) -> Import:
        """The same key starts the same import. Raises ImportExists when it had other settings."""
        import_id = uuid5(KEYED, f"{caller.sub} {key}") if key else uuid4()
        return await self.put(caller, import_id, settings)

    async def put(self, caller: Principal, import_id: UUID, settings: ImportSettings) -> Import:
        """Raises ImportExists when there is one of this id with other settings."""
        await self.authorizer.authorize(caller, IMPORT)
        return await self.imports.add(import_id, settings, caller.actor())

    async def read(self, caller: Principal, import_id: UUID) -> Import:
        await self.authorizer.authorize(caller, IMPORT)
        return await self.imports.get(import_id)

    async def problems(
        self, caller: Principal, import_id: UUID, after: tuple[int, int], limit: int
    ) -> Sequence[tuple[int, Problem]]:
        """Those after a line and a position in it, each with its position."""
        await self.read(caller, import_id)
        return await self.imports.problems(import_id, after, limit)

    async def receive(
        self, caller: Principal, import_id: UUID, first: int, body: AsyncIterator[bytes]
    ) -> Import:
        """Settle the lines of a body whose first line is number `first` of the file.

        What is settled already is skipped. When this fails, all lines up to `Import.lines` are settled and no
        other is. Raises ImportGap, ImportInUse, ImportClosed, ImportHeaderInvalid, ImportStalled.
        """
        await self.authorizer.authorize(caller, IMPORT)
        async with self.imports.sending(import_id, caller.actor()) as sending:
            settled = sending.job.lines
            if first > settled + 1:
                raise ImportGap(settled + 1)
            async with (
                aclosing(ahead(chunks(_unstalled(body), first, settled))) as lines,
                aclosing(ahead(_prepared(sending, lines))) as prepared,
            ):
                async for each in prepared:
                    await sending.settle(each)
        return await self.imports.get(import_id)

    async def complete(self, caller: Principal, import_id: UUID, lines: int | None) -> Import:
        """`lines`: how many the file has. Raises ImportIncomplete, ImportInUse, ImportClosed."""
        await self.authorizer.authorize(caller, IMPORT)
        return await self.imports.finish(import_id, State.DONE, lines)

    async def cancel(self, caller: Principal, import_id: UUID) -> Import:
        """Whoever is registered stays; a request that is sending lines fails. Raises ImportClosed."""
        await self.authorizer.authorize(caller, IMPORT)
        return await self.imports.finish(import_id, State.CANCELLED, None)

    async def progress(self, job: Import) -> AsyncGenerator[Import | None, None]:
        """The import whenever it has moved, until it has ended; None when a second brought nothing."""
        seen: Import | None = None
        while True:
            yield None if job == seen else job
            if job.state is not State.RECEIVING:
                return
            seen = job
            await asyncio.sleep(_LOOK_SECONDS)
            job = await self.imports.get(job.id)


async def _prepared(sending: Sending, lines: AsyncIterator[Chunk]) -> AsyncIterator[Prepared]:
    header = sending.job.header
    async for chunk in lines:
        header = header or _header(sending.job.settings, chunk)
        yield await sending.prepare(chunk, header)


def _header(settings: ImportSettings, chunk: Chunk) -> tuple[str, ...]:
    """Of the file's first line, where there is one."""
    if settings.mapping is None:
        return ()
    if chunk.first != 1:
        raise ImportHeaderInvalid("The first line has to be sent first.")
    return table.header(chunk.lines[0], settings.mapping)


async def _unstalled(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whoever sends nothing for a minute has gone, whatever the network says."""
    while True:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                block = await anext(body)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ImportStalled from None
        yield block
