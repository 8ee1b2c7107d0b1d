"""What every `Log` does: the one in PostgreSQL, and the one that other tests use in its place."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from audit.adapters.postgres_log import PostgresLog
from audit.domain.entry import NewEntry
from audit.domain.errors import LogLost
from audit.domain.mapping import entry_of
from audit.domain.ports import Log, Position
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openward_servicekit.streams import Message

STREAM = "PATIENTS"
START = Position(STREAM, 1, 0, None)


@pytest.fixture
async def connection(stage: Any) -> AsyncIterator[asyncpg.Connection]:
    connection: asyncpg.Connection = await stage.database.connect()
    yield connection
    await connection.close()


@pytest.fixture(params=["memory", "postgres"])
def log(request: pytest.FixtureRequest, memory: Any) -> Log:
    if request.param == "memory":
        fake: Log = memory.log()
        return fake
    return PostgresLog(request.getfixturevalue("connection"))


@pytest.fixture
def entries(message: Callable[..., Message]) -> Sequence[NewEntry]:
    return [entry_of(STREAM, message(sequence)) for sequence in range(1, 6)]


async def test_a_log_begins_before_the_first_message(log: Log) -> None:
    assert await log.position(STREAM) == START


async def test_what_is_appended_moves_the_position(log: Log, entries: Sequence[NewEntry]) -> None:
    appended = await log.append(START, entries, repaired=False)

    assert appended.position == Position(STREAM, 1, 5, entries[-1].fingerprint)
    assert list(appended.entries) == entries
    assert await log.position(STREAM) == appended.position


async def test_what_is_known_is_not_appended_again(log: Log, entries: Sequence[NewEntry]) -> None:
    first = await log.append(START, entries[:3], repaired=False)
    assert list(await log.unseen(entries)) == entries[3:]

    second = await log.append(first.position, entries[1:], repaired=False)

    assert list(second.entries) == entries[3:]
    assert await log.unseen(entries) == []


async def test_who_is_at_another_position_does_not_write(log: Log, entries: Sequence[NewEntry]) -> None:
    await log.append(START, entries[:3], repaired=False)

    with pytest.raises(LogLost):
        await log.append(START, entries[3:], repaired=False)
    with pytest.raises(LogLost):
        await log.begin_again(START, 0, None)
    assert list(await log.unseen(entries)) == entries[3:]


async def test_a_gap_is_new_once(log: Log) -> None:
    assert await log.note_gap(START, range(1, 4)) == 3
    assert await log.note_gap(START, range(1, 6)) == 2


async def test_a_history_that_begins_again_has_positions_and_gaps_of_its_own(
    log: Log, entries: Sequence[NewEntry]
) -> None:
    reached = (await log.append(START, entries, repaired=True)).position
    await log.note_gap(reached, range(6, 7))
    await log.begin_again(reached, 2, entries[1].fingerprint)

    again = await log.position(STREAM)

    assert again == Position(STREAM, 2, 2, entries[1].fingerprint)
    assert await log.note_gap(again, range(6, 7)) == 1
    assert (await log.append(again, entries[2:], repaired=False)).position.sequence == 5


async def test_a_lost_connection_is_a_lost_log(connection: asyncpg.Connection) -> None:
    log = PostgresLog(connection)
    await connection.close()

    with pytest.raises(LogLost):
        await log.check()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subject=st.text(min_size=1, max_size=300),
    actor=st.text(min_size=1, max_size=20),
    body=st.binary(max_size=50),
)
async def test_postgresql_takes_every_entry(
    connection: asyncpg.Connection, subject: str, actor: str, body: bytes
) -> None:
    log = PostgresLog(connection)
    at = await log.position(STREAM)
    headers = {"ce-authid": actor, "x": subject}
    entry = entry_of(STREAM, Message(at.sequence + 1, subject, headers, body))

    appended = await log.append(at, [entry], repaired=False)

    assert [each.record for each in appended.entries] == [entry.record]
