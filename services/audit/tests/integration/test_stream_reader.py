"""A reader gives what the stream has, in order, without a pause, whatever the size of it."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import pytest
from audit.domain.ports import Reader
from nats.aio.client import Client
from openward_servicekit.messaging import stream_reader
from openward_servicekit.messaging.streams import NatsStreams
from openward_servicekit.streams import StreamStopped, StreamUnavailable

STREAM, SUBJECT = "PATIENTS", "patients.test"


@pytest.fixture
async def nats(stage: Any) -> AsyncIterator[Client]:
    """With the rights of this service."""
    async with await stage.server.connect("audit") as client:
        yield client


@pytest.fixture
def streams(nats: Client) -> NatsStreams:
    return NatsStreams(lambda: nats, "audit")


async def fill(stage: Any, count: int, size: int = 1) -> None:
    jetstream = stage.nats.jetstream()
    for _ in range(count):
        await jetstream.publish(SUBJECT, b"x" * size)


async def read(reader: Reader, count: int) -> list[int]:
    sequences: list[int] = []
    while len(sequences) < count:
        sequences += [message.sequence for message in await reader.next()]
    return sequences


async def test_a_backlog_is_read_at_once_and_in_order(stage: Any, streams: NatsStreams) -> None:
    await fill(stage, 1100)
    async with streams.reading(STREAM, 1) as reader:
        begun = monotonic()
        sequences = await read(reader, 1100)

    assert sequences == list(range(1, 1101))
    assert monotonic() - begun < 4.5  # one request that is lost costs five seconds


async def test_large_messages_come_in_smaller_batches(stage: Any, streams: NatsStreams) -> None:
    await fill(stage, 30, size=900_000)
    async with streams.reading(STREAM, 1) as reader:
        sizes: list[int] = []
        while sum(sizes) < 30:
            sizes.append(len(await reader.next()))

    assert max(sizes) < 20


async def test_a_reader_begins_where_it_is_told_to(stage: Any, streams: NatsStreams) -> None:
    await fill(stage, 10)
    async with streams.reading(STREAM, 8) as reader:
        assert await read(reader, 3) == [8, 9, 10]
        assert await reader.pending() == 0
        assert await reader.next() == []
        await fill(stage, 1)
        assert await read(reader, 1) == [11]


async def test_a_reader_outlives_its_requests(
    stage: Any, streams: NatsStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "_EXPIRES_S", 1)
    async with streams.reading(STREAM, 1) as reader:
        for _ in range(3):
            assert await reader.next() == []
        await fill(stage, 5)
        assert await read(reader, 5) == [1, 2, 3, 4, 5]


async def test_a_reader_whose_server_is_gone_says_so(
    stage: Any, streams: NatsStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reader, "_PATIENCE_S", 6)
    async with streams.reading(STREAM, 1) as reader:
        await reader.next()
        stage.server.freeze()
        try:
            with pytest.raises(StreamUnavailable):
                await read(reader, 1)
        finally:
            stage.server.thaw()


async def test_a_reader_whose_consumer_is_gone_says_so(stage: Any, streams: NatsStreams) -> None:
    async with streams.reading(STREAM, 1) as reader:
        (consumer,) = [
            info.name
            for info in await stage.nats.jetstream().consumers_info(STREAM)
            if info.name.startswith("audit-")
        ]
        await stage.nats.jetstream().delete_consumer(STREAM, consumer)
        with pytest.raises(StreamUnavailable):
            await read(reader, 1)
        with pytest.raises(StreamUnavailable):
            await reader.pending()


async def test_a_stream_that_is_not_there_has_stopped(stage: Any, streams: NatsStreams) -> None:
    await stage.nats.jetstream().delete_stream(STREAM)

    with pytest.raises(StreamStopped, match="no such stream"):
        await streams.last_sequence(STREAM)
    with pytest.raises(StreamStopped, match="no such stream"):
        async with streams.reading(STREAM, 1):
            pass


async def test_without_a_connection_streams_are_unavailable() -> None:
    streams = NatsStreams(lambda: None, "audit")

    with pytest.raises(StreamUnavailable):
        await streams.last_sequence(STREAM)
