"""The same request sent again (draft-ietf-httpapi-idempotency-key-header-07)."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.errors import Conflict, Failure, UpstreamTimeout
from openward_servicekit.idempotency import (
    IdempotencyKeyReused,
    MalformedIdempotencyKey,
    OutcomeUnknown,
    RequestInProgress,
    StoredAnswer,
    fingerprint,
    idempotent,
    parse_key,
)
from openward_testkit.idempotency import MemoryIdempotency


@dataclass
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Counter:
    """A use case that counts how often it was done, and fails as told."""

    done: int = 0
    errors: list[Exception] = field(default_factory=list)

    async def perform(self) -> StoredAnswer:
        if self.errors:
            raise self.errors.pop(0)
        self.done += 1
        return StoredAnswer(201, {"ETag": f'"{self.done}"'}, b"{}")


@dataclass
class Client:
    """Sends the same request with the same key, unless told otherwise."""

    counter: Counter = field(default_factory=Counter)
    clock: Clock = field(default_factory=Clock)
    repeatable: bool = False

    def __post_init__(self) -> None:
        self.store = MemoryIdempotency(clock=self.clock)

    async def send(self, *, key: str | None = '"k"', body: bytes = b"{}", actor: str = "ada") -> StoredAnswer:
        return await idempotent(
            self.store,
            key=key,
            actor=actor,
            request_hash=fingerprint("POST", "/things", body),
            perform=self.counter.perform,
            repeatable=self.repeatable,
        )


async def test_the_second_answer_is_the_first_again_and_nothing_is_done() -> None:
    client = Client()

    first, second = await client.send(), await client.send()

    assert (first.status, first.headers, first.body) == (second.status, second.headers, second.body)
    assert (first.replayed, second.replayed) == (False, True)
    assert client.counter.done == 1


async def test_without_a_key_every_request_counts() -> None:
    client = Client()

    await client.send(key=None)
    await client.send(key=None)

    assert client.counter.done == 2


async def test_a_key_with_quotes_is_the_key_without() -> None:
    client = Client()

    await client.send(key='"k"')

    assert (await client.send(key="k")).replayed


async def test_another_request_with_the_key_is_refused() -> None:
    client = Client()
    await client.send(body=b"{}")

    with pytest.raises(IdempotencyKeyReused):
        await client.send(body=b"[]")


async def test_nobody_finds_anothers_answer() -> None:
    client = Client()
    await client.send(actor="ada")

    assert not (await client.send(actor="eve")).replayed


async def test_while_the_first_runs_the_second_is_told_to_wait() -> None:
    client, go = Client(), asyncio.Event()

    async def slow() -> StoredAnswer:
        await go.wait()
        return StoredAnswer(201, {}, b"")

    hash_ = fingerprint("POST", "/things", b"{}")
    first = asyncio.create_task(
        idempotent(client.store, key="k", actor="ada", request_hash=hash_, perform=slow)
    )
    await asyncio.sleep(0)

    with pytest.raises(RequestInProgress) as refused:
        await client.send()

    assert refused.value.retry_after == 1
    go.set()
    assert (await first).status == 201


async def test_a_refused_request_may_be_sent_again() -> None:
    client = Client(Counter(errors=[Conflict()]))

    with pytest.raises(Conflict):
        await client.send()

    assert not (await client.send()).replayed
    assert client.counter.done == 1


@pytest.mark.parametrize("error", [UpstreamTimeout(), Failure(), RuntimeError()])
async def test_a_request_of_unknown_outcome_is_not_done_again(error: Exception) -> None:
    client = Client(Counter(errors=[error]))
    with pytest.raises(type(error)):
        await client.send()

    with pytest.raises(RequestInProgress):
        await client.send()
    client.clock.now += timedelta(hours=1)
    with pytest.raises(OutcomeUnknown):
        await client.send()
    assert client.counter.done == 0


@pytest.mark.parametrize("error", [UpstreamTimeout(), RuntimeError()])
async def test_a_repeatable_request_of_unknown_outcome_is_done_again(error: Exception) -> None:
    client = Client(Counter(errors=[error]), repeatable=True)
    with pytest.raises(type(error)):
        await client.send()

    await client.send()

    assert client.counter.done == 1


async def test_a_repeatable_request_whose_process_died_is_taken_over_after_a_minute() -> None:
    client = Client(repeatable=True)
    await client.store.claim("ada", "k", fingerprint("POST", "/things", b"{}"), take_over=False)

    with pytest.raises(RequestInProgress):
        await client.send()
    client.clock.now += timedelta(seconds=61)
    await client.send()

    assert client.counter.done == 1


async def test_what_is_done_is_said_even_if_it_cannot_be_remembered() -> None:
    class Forgetful(MemoryIdempotency):
        async def complete(self, *_: object) -> None:
            raise ConnectionError

    client = Client()
    client.store = Forgetful()

    assert (await client.send()).status == 201


def test_an_answer_becomes_a_response_with_its_headers() -> None:
    response = StoredAnswer(201, {"ETag": '"1"', "Content-Type": "application/json"}, b"{}").response()

    assert (response.status_code, response.body) == (201, b"{}")
    assert response.headers["etag"] == '"1"'
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "value", ["", '""', '"a', 'a"', "a b", "ü", '"a"; p=1', "a,b", "x" * 256, "a\x00", '"\\n"']
)
def test_a_malformed_key_is_refused(value: str) -> None:
    with pytest.raises(MalformedIdempotencyKey):
        parse_key(value)


@pytest.mark.parametrize(
    ("value", "key"),
    [('"a b"', "a b"), (r'"a\"b\\"', 'a"b\\'), ("8e03978e-40d5-43dd-bc93-6894a57f9324",) * 2, (" k ", "k")],
)
def test_a_key_is_read_as_a_structured_field(value: str, key: str) -> None:
    assert parse_key(value) == key


@given(st.lists(st.binary()), st.lists(st.binary()))
def test_fingerprints_are_equal_only_for_equal_parts(one: list[bytes], other: list[bytes]) -> None:
    assert (fingerprint(*one) == fingerprint(*other)) == (one == other)
