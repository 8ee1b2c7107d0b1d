"""The same work past the product and through it, in turn, round after round."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Final

from bench.clinical_load import Outcome, Pace
from bench.clinical_processes import Cpu, Processes, spent
from bench.clinical_record import Records, Requests, Version
from bench.clinical_stage import DIRECT, OPENWARD, Side, Stage
from bench.registry_clock import say


class Work(StrEnum):
    GET_VERSION_WARM = "get_version_warm"
    GET_LATEST = "get_latest"
    GET_COLD = "get_cold"
    AQL_PATIENT = "aql_patient"
    POST_FLAT = "post_flat"
    POST_CANONICAL = "post_canonical"


#: Of which the added latency is measured, one request at a time.
ALONE: Final = (Work.GET_COLD, Work.POST_FLAT)
_MOST_FAILED: Final = 0.01


@dataclass(frozen=True)
class Plan:
    """`cold` and `alone` are requests of a round, `seconds` is for all other work."""

    rounds: int
    seconds: float
    connections: int
    cold: int
    alone: int
    warm_seconds: float


@dataclass(frozen=True)
class Measured:
    """`cpu` until all events and access records were published, which took `drain` seconds more."""

    outcome: Outcome
    cpu: Cpu
    drain: float

    @property
    def lasting_per_second(self) -> float:
        """At which records would not pile up."""
        return self.outcome.succeeded / (self.outcome.seconds + self.drain)

    def cpu_ms(self) -> dict[str, float]:
        return {name: 1000 * seconds / self.outcome.begun for name, seconds in self.cpu.items()}


BySide = Mapping[str, Sequence[Measured]]


@dataclass
class Rounds:
    stage: Stage
    records: Records
    processes: Processes
    plan: Plan
    #: Of each round, in order.
    full: dict[Work, dict[str, list[Measured]]] = field(default_factory=lambda: defaultdict(_sides))
    alone: dict[Work, dict[str, list[Measured]]] = field(default_factory=lambda: defaultdict(_sides))
    #: Everything that was ever fresh.
    versions: list[Version] = field(default_factory=list)

    async def run(self) -> None:
        await self._warm_up()
        for number in range(self.plan.rounds):
            cold = await self.fresh(self.plan.cold)
            cold_alone = await self.fresh(self.plan.alone)
            # Whoever reads second finds PostgreSQL's pages warm: each is second in turn.
            sides = self.stage.sides if number % 2 else self.stage.sides[::-1]
            for work in Work:
                for side in sides:
                    measured = await self._measured(side, work, cold, self._pace(work))
                    self.full[work][side.name].append(measured)
                self._say(number, work, self.full, "")
            for work in ALONE:
                for side in sides:
                    measured = await self._measured(side, work, cold_alone, Pace(1, count=self.plan.alone))
                    self.alone[work][side.name].append(measured)
                self._say(number, work, self.alone, ", one at a time")

    async def fresh(self, count: int) -> list[Version]:
        made = await self.records.fresh(self.stage, count, self.plan.connections)
        self.versions.extend(made)
        return made

    async def _warm_up(self) -> None:
        """Java compiles what it has run often; the product has read every version that it will read again."""
        cold = await self.fresh(self.plan.cold)
        connections, seconds = self.plan.connections, self.plan.warm_seconds
        for side in self.stage.sides:
            once = Pace(connections, count=len(self.records.read))
            await self._measured(side, Work.GET_VERSION_WARM, cold, once)
            for work in Work:
                await self._measured(side, work, cold, Pace(connections, seconds=seconds))
        say("warmed up")

    def _pace(self, work: Work) -> Pace:
        if work is Work.GET_COLD:
            return Pace(self.plan.connections, count=self.plan.cold)
        return Pace(self.plan.connections, seconds=self.plan.seconds)

    async def _measured(self, side: Side, work: Work, cold: Sequence[Version], pace: Pace) -> Measured:
        before = self.processes.cpu()
        outcome = await self.requests(side, work, cold).sent(pace)
        drain = await self.stage.drained()
        if outcome.failed > _MOST_FAILED * outcome.begun:
            raise RuntimeError(f"{work} {side.name}: {outcome.failed} of {outcome.begun} failed: {outcome}")
        return Measured(outcome, spent(before, self.processes.cpu()), drain)

    def requests(self, side: Side, work: Work, cold: Iterable[Version]) -> Requests:
        records = self.records
        match work:
            case Work.GET_VERSION_WARM:
                return records.reads(side, records.read)
            case Work.GET_LATEST:
                return records.reads(side, records.read, latest=True)
            case Work.GET_COLD:
                return records.reads(side, cold)
            case Work.AQL_PATIENT:
                return records.queries(side)
            case Work.POST_FLAT:
                return records.flat_posts(side)
            case Work.POST_CANONICAL:
                return records.canonical_posts(side)

    def _say(self, number: int, work: Work, results: Mapping[Work, BySide], how: str) -> None:
        direct, openward = (results[work][name][number].outcome for name in (DIRECT, OPENWARD))
        said = f"round {number + 1}, {work}{how}: {direct.per_second:.0f}/s direct"
        said += f" (p50 {direct.latency_ms['p50']} ms), {openward.per_second:.0f}/s through Openward"
        say(f"{said} (p50 {openward.latency_ms['p50']} ms)")


def _sides() -> dict[str, list[Measured]]:
    return {DIRECT: [], OPENWARD: []}


def ratios(sides: BySide) -> list[float]:
    """Throughput through the product by that past it, of each round."""
    return [o.outcome.per_second / d.outcome.per_second for d, o in _pairs(sides)]


def added_ms(sides: BySide) -> list[float]:
    """What the product adds to the median latency, of each round."""
    return [o.outcome.latency_ms["p50"] - d.outcome.latency_ms["p50"] for d, o in _pairs(sides)]


def _pairs(sides: BySide) -> Iterable[tuple[Measured, Measured]]:
    return zip(sides[DIRECT], sides[OPENWARD], strict=True)


def cpu_ms(measured: Sequence[Measured]) -> dict[str, float]:
    """Median milliseconds of CPU for a request, by process."""
    each = [one.cpu_ms() for one in measured]
    return {name: median(one[name] for one in each) for name in each[0]}
