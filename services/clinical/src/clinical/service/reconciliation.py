"""Merges against EHRbase: what was left undone is finished, what was changed behind our back is repaired."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from openward_contracts.identifiers import EhrId

from clinical.domain.ports import Cdr, Merges
from clinical.service.merges import MergeService

_log = structlog.get_logger(__name__)

#: EHRs that one question to EHRbase is about.
BATCH = 100


@dataclass(frozen=True)
class Reconciler:
    merges: Merges
    cdr: Cdr
    service: MergeService
    every_seconds: float

    async def run(self) -> None:
        """At once, then again and again; a round that fails is made up for by the next."""
        while True:
            try:
                await self.compare()
            except Exception as error:  # noqa: BLE001  whatever it is, the next round is due
                _log.warning("merges.not_compared", exc_info=error)
            await asyncio.sleep(self.every_seconds)

    async def compare(self) -> None:
        """One round. One EHR that cannot be dealt with keeps none of the others waiting."""
        for ehr_id in await self.merges.to_settle():
            with _told(ehr_id):
                await self.service.settle(ehr_id)
        async for ehr_id in self._freed():
            with _told(ehr_id):
                if await self.service.repair(ehr_id):
                    _log.warning("merge.repaired", ehr_id=str(ehr_id), why="its EHR had been made modifiable")

    async def _freed(self) -> AsyncIterator[EhrId]:
        after: EhrId | None = None
        while batch := await self.merges.locked(after, BATCH):
            for ehr_id in await self.cdr.modifiable(batch):
                yield ehr_id
            after = batch[-1]


@contextmanager
def _told(ehr_id: EhrId) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  told, and tried again in the next round
        _log.warning("merge.not_settled", ehr_id=str(ehr_id), exc_info=error)
