"""What a stream has, its archives complete, or the log waits: for every pattern of losses."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from audit.domain.entry import NewEntry, unseen
from audit.domain.mapping import entry_of
from audit.metrics import AuditMetrics
from audit.service.follower import Follower
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.streams import Message
from prometheus_client import CollectorRegistry

STREAM = "PATIENTS"
SEQUENCES = st.sets(st.integers(1, 20))
OF_MESSAGE = Callable[..., Message]


async def follow(stream: Any, archives: Any, log: Any) -> None:
    """Until the follower has come to rest."""
    follower = Follower(STREAM, stream, archives, log, AuditMetrics(CollectorRegistry()))
    task = asyncio.create_task(follower.run())
    with suppress(TimeoutError):
        async with asyncio.timeout(60):
            while not at_rest(stream, log):
                await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def at_rest(stream: Any, log: Any) -> bool:
    if STREAM not in log.stopped:
        return False
    return log.stopped[STREAM] is not None or log._positions[STREAM].sequence == stream.last


def entry(message: Message) -> NewEntry:
    return entry_of(STREAM, message)


@given(count=st.integers(0, 20), lost=SEQUENCES, archived=SEQUENCES)
async def test_the_log_has_all_up_to_the_first_message_that_nobody_has(
    memory: Any, message: OF_MESSAGE, count: int, lost: set[int], archived: set[int]
) -> None:
    everything = {n: message(n) for n in range(1, count + 1)}
    lost &= everything.keys()
    stream = memory.stream({n: m for n, m in everything.items() if n not in lost}, count)
    archives, log = memory.archives([everything[n] for n in archived & everything.keys()]), memory.log()

    await follow(stream, archives, log)

    end = min((lost - archived) | {count + 1})
    assert log.entries == [entry(everything[n]) for n in range(1, end)]
    assert (log.stopped[STREAM] is None) == (end == count + 1)
    repaired = {sequence for (_, _, sequence), done in log.gaps.items() if done}
    assert repaired == {n for n in lost if n < end}


@given(
    read=st.integers(0, 15), confirmed=st.integers(0, 5), kept=st.integers(0, 15), again=st.integers(0, 10)
)
async def test_whatever_nats_forgets_nothing_is_added_twice_and_nothing_left_out(
    memory: Any, message: OF_MESSAGE, read: int, confirmed: int, kept: int, again: int
) -> None:
    """NATS had confirmed more than was read, comes back with what it has kept, and confirms others again."""
    before = [message(n) for n in range(1, read + confirmed + 1)]
    kept = min(kept, len(before))
    log, archives = memory.log(), memory.archives(list(before))
    await follow(memory.stream({m.sequence: m for m in before[:read]}, read), archives, log)
    log.stopped.clear()

    after = [message(n, "other") for n in range(kept + 1, kept + again + 1)]
    archives.messages += after
    await follow(memory.stream({m.sequence: m for m in before[:kept] + after}, kept + again), archives, log)

    # Whether something was lost that nobody had read yet, the stream itself cannot tell.
    expected = (before if kept < read else before[:kept]) + after
    assert log.entries == [*unseen(map(entry, expected), {})]


async def test_who_does_not_answer_is_named(memory: Any, message: OF_MESSAGE) -> None:
    stream, log = memory.stream({2: message(2)}, 2), memory.log()

    await follow(stream, memory.archives(silent=("clinical", "audit")), log)

    assert log.stopped[STREAM] == "PATIENTS: 1 missing; 1: no answer from clinical, audit"


@given(strayed=st.sets(st.integers(2, 9)))
async def test_what_strays_on_its_way_to_a_reader_is_not_missing(
    memory: Any, message: OF_MESSAGE, strayed: set[int]
) -> None:
    stream, log = memory.stream({n: message(n) for n in range(1, 10)}, 9, strayed - {1, 4, 7}), memory.log()

    await follow(stream, memory.archives(), log)

    assert [entry.sequence for entry in log.entries] == list(range(1, 10))
    assert log.gaps == {}
