"""How the matching decides and how well it does, and running it again when that changes."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from openward_servicekit.auth import Authorizer, Principal

from patients.domain.duplicates.pairs import PairRepository
from patients.domain.duplicates.quality import Known, known, try_out
from patients.domain.duplicates.runs import MatchQueue, Run
from patients.domain.errors import RunNotFound
from patients.domain.matching.simulation import Simulation
from patients.domain.matching.weights import Thresholds, Weights
from patients.domain.permissions import DECIDE, MATCH


@dataclass(frozen=True, slots=True)
class InUse:
    """The weights that are used, and about how many patients there are: the prior depends on it."""

    weights: Weights
    size: int


@dataclass(frozen=True)
class MatchRules:
    weights: Weights
    pairs: PairRepository
    queue: MatchQueue
    authorizer: Authorizer

    async def in_use(self, caller: Principal) -> InUse:
        await self.authorizer.authorize(caller, MATCH)
        return InUse(self.weights, await self.pairs.registry_size())

    async def simulate(self, caller: Principal, thresholds: Thresholds) -> Simulation:
        """What other thresholds would change in the pairs that are stored."""
        size = (await self.in_use(caller)).size
        return await asyncio.to_thread(try_out, await self.pairs.tallies(), self.weights, size, thresholds)

    async def quality(self, caller: Principal) -> Known:
        size = (await self.in_use(caller)).size
        return known(await self.pairs.tallies(), self.weights, size)

    async def start_run(self, caller: Principal, since: datetime | None) -> Run:
        """Compare all patients again, or those registered or changed since; decisions stay."""
        await self.authorizer.authorize(caller, DECIDE)
        run_id = uuid4()
        await self.queue.start(run_id, since, caller.actor())
        return await self._run(run_id)

    async def run(self, caller: Principal, run_id: UUID) -> Run:
        """Raises RunNotFound."""
        await self.authorizer.authorize(caller, DECIDE)
        return await self._run(run_id)

    async def _run(self, run_id: UUID) -> Run:
        run = await self.queue.run(run_id)
        if run is None:
            raise RunNotFound
        return run
