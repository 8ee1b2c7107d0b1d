from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, StreamConfig
from openward_servicekit.outbox.publisher import Published, StreamUnavailable, publish
from openward_servicekit.outbox.records import OutboxRecord
from openward_testkit.nats import NatsServer

STREAM = "THINGS"


@pytest.fixture
async def nats(fresh_nats_server: NatsServer) -> AsyncIterator[Client]:
    """With a stream that is full soon and takes no message above 500 bytes."""
    client = await fresh_nats_server.connect()
    await client.jetstream().add_stream(
        StreamConfig(
            name=STREAM,
            subjects=["things.>"],
            max_bytes=4000,
            max_msg_size=500,
            discard=DiscardPolicy.NEW,
            allow_atomic=True,
        )
    )
    yield client
    await client.close()


def row(number: int, *, size: int = 1, subject: str = "things.a", header: str = "ce-id") -> OutboxRecord:
    return OutboxRecord(number, uuid4(), subject, "a", {header: "1"}, b"x" * size, datetime.now(UTC))


def told(published: Published) -> tuple[list[int], str]:
    return [sent.stream_seq for sent in published.sent], str(published.refused)


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (row(2, size=600), "message size exceeds maximum allowed"),
        (row(2, size=1_100_000), "1048576"),
        (row(2, subject="access.a"), "expected stream does not match"),
        (row(2, subject="things a"), "invalid subject"),
        (row(2, header="ce id"), "invalid header"),
    ],
)
async def test_rows_before_a_refused_one_are_sent(nats: Client, refused: OutboxRecord, why: str) -> None:
    sent, reason = told(await publish(nats, STREAM, [row(1), refused, row(3)]))
    assert sent == [1]
    assert reason.startswith("row 2")
    assert why in reason
    assert nats.is_connected


async def test_a_row_that_the_stream_has_keeps_its_place(nats: Client) -> None:
    first, second, third = row(1), row(2), row(3)
    await publish(nats, STREAM, [first])
    assert told(await publish(nats, STREAM, [first, second, third])) == ([1, 2, 3], "None")
    assert told(await publish(nats, STREAM, [third])) == ([3], "None")


async def test_a_full_stream_is_waited_for(nats: Client) -> None:
    with pytest.raises(StreamUnavailable, match="maximum bytes exceeded"):
        await publish(nats, STREAM, [row(number, size=300) for number in range(12)])
    assert (await nats.jetstream().stream_info(STREAM)).state.messages == 0


async def test_a_stream_that_is_not_there_is_waited_for(nats: Client) -> None:
    await nats.jetstream().delete_stream(STREAM)
    with pytest.raises(StreamUnavailable, match="NoResponders"):
        await publish(nats, STREAM, [row(1)])


async def test_a_stream_without_atomic_batches_gets_rows_singly(nats: Client) -> None:
    await nats.jetstream().add_stream(StreamConfig(name="PLAIN", subjects=["plain.>"]))
    rows = [row(number, subject="plain.a") for number in range(3)]
    assert told(await publish(nats, "PLAIN", rows)) == ([1, 2, 3], "None")
