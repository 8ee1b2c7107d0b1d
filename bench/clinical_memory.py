"""What a clinical process holds after so many requests, of ever other EHRs and versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from bench.clinical_load import Pace
from bench.clinical_record import Requests
from bench.clinical_rounds import Rounds
from bench.registry_clock import say

T = TypeVar("T")

#: So that no token expires on the way.
_CHUNK: Final = 10_000


@dataclass(frozen=True)
class Memory:
    """MB of the largest clinical process: before, after half and after all of the requests."""

    start: float
    half: float
    end: float


async def memory(rounds: Rounds, ehr_ids: Sequence[str], requests: int) -> Memory:
    """Versions, EHRs, latest versions, EHRs: a chunk of each in turn, as many different ones as there are."""
    start = half = rounds.processes.rss_mb()
    for sent in range(0, requests, _CHUNK):
        count = min(_CHUNK, requests - sent)
        asked = _asked(rounds, ehr_ids, sent, count)
        outcome = await asked.sent(Pace(rounds.plan.connections, count=count))
        await rounds.stage.drained()
        if sent < requests / 2 <= sent + count:
            half = rounds.processes.rss_mb()
        say(f"{sent + count} requests, {outcome.per_second:.0f}/s: {rounds.processes.rss_mb():.1f} MB")
    return Memory(start, half, rounds.processes.rss_mb())


def _asked(rounds: Rounds, ehr_ids: Sequence[str], start: int, count: int) -> Requests:
    openward, records, turn = rounds.stage.openward, rounds.records, start // _CHUNK % 4
    if turn % 2:
        return records.ehr_reads(openward, _turned(ehr_ids, start, count))
    versions = [*records.read, *rounds.versions]
    return records.reads(openward, _turned(versions, start, count), latest=turn == 2)


def _turned(items: Sequence[T], start: int, count: int) -> list[T]:
    """At most `count` of them, from another place on each time."""
    at = start % len(items)
    return list(islice((*items[at:], *items[:at]), count))
