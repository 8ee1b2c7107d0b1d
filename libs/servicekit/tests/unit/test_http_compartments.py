"""Slow requests of one kind leave the others their places; a failing neighbour is given pauses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest
from openward_servicekit.errors import Failure
from openward_servicekit.http import AsyncClient, make_client, upstream_errors
from openward_servicekit.http_breaker import FAILURES_IN_A_ROW, FAILURES_OF_LATEST, LATEST, PAUSE, Breaker
from openward_servicekit.http_compartments import (
    Compartment,
    CompartmentTransport,
    UpstreamBusy,
    UpstreamFailing,
    observe,
)
from prometheus_client import CollectorRegistry

BASE = "http://cdr.test/rest"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Body(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{}"


@dataclass
class Neighbour(httpx.AsyncBaseTransport):
    """Answers with this, once it may."""

    answer: int | Exception = 200
    may: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        if request.method == "POST":
            await self.may.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx.Response(self.answer, stream=Body())


@dataclass
class Way:
    neighbour: Neighbour
    reads: Compartment
    writes: Compartment
    client: AsyncClient

    async def ask(self, method: str = "GET") -> int | type[Exception]:
        """The status, or what went wrong."""
        try:
            async with upstream_errors("cdr"):
                return (await self.client.request(method, "thing")).status_code
        except Failure as failure:
            return type(failure)


def make_way(*, trusting: bool = False) -> Way:
    neighbour = Neighbour()
    reads = Compartment("cdr", "reads", 2, 0.05, trusting=trusting)
    writes = Compartment("cdr", "writes", 1, 0.05)
    transport = CompartmentTransport(neighbour, lambda r: writes if r.method == "POST" else reads)
    return Way(neighbour, reads, writes, make_client(BASE, transport=transport, retries=0))


@pytest.fixture
def way() -> Way:
    return make_way()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_what_is_slow_holds_back_its_own_kind_only(way: Way) -> None:
    hanging = asyncio.create_task(way.ask("POST"))
    await asyncio.sleep(0)

    assert await way.ask("POST") is UpstreamBusy
    assert [await way.ask() for _ in range(10)] == [200] * 10

    way.neighbour.may.set()
    assert await hanging == 200
    assert await way.ask("POST") == 200


async def test_who_waits_goes_when_a_place_is_free(way: Way) -> None:
    tasks = [asyncio.create_task(way.ask("POST")) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert way.neighbour.sent == 1

    way.neighbour.may.set()

    assert await asyncio.gather(*tasks) == [200] * 3


async def test_a_place_is_held_until_the_answer_is_read_or_closed(way: Way) -> None:
    for end in ("aread", "aclose"):
        answers = [await way.client.send(way.client.build_request("GET", "a"), stream=True) for _ in "ab"]
        assert await way.ask() is UpstreamBusy
        for answer in answers:
            await getattr(answer, end)()
            await answer.aclose()
        assert way.reads.in_flight == 0
    assert await way.ask() == 200


async def test_a_caller_who_goes_away_leaves_no_place_taken(way: Way) -> None:
    for _ in range(5):
        asking = asyncio.create_task(way.ask("POST"))
        await asyncio.sleep(0)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    way.neighbour.may.set()

    assert way.writes.in_flight == 0
    assert await way.ask("POST") == 200
    assert not way.writes.open


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ReadError("x"), 502, 503, 504]
)
async def test_a_neighbour_that_fails_is_no_longer_asked(way: Way, failure: int | Exception) -> None:
    way.neighbour.answer = failure
    for _ in range(FAILURES_IN_A_ROW):
        await way.ask()

    assert await way.ask() is UpstreamFailing
    assert way.neighbour.sent == FAILURES_IN_A_ROW
    assert (way.reads.open, way.writes.open) == (True, False)


@pytest.mark.parametrize("status", [200, 404, 412, 422, 500])
async def test_any_answer_of_its_own_shows_that_it_is_there(way: Way, status: int) -> None:
    way.neighbour.answer = status

    assert [await way.ask() for _ in range(50)] == [status] * 50


async def test_a_request_that_is_under_way_when_the_breaker_opens_gets_its_answer(way: Way) -> None:
    writing = asyncio.create_task(way.ask("POST"))
    await asyncio.sleep(0)
    for _ in range(FAILURES_IN_A_ROW):
        way.writes.breaker.failed()

    assert await way.ask("POST") is UpstreamFailing
    way.neighbour.may.set()
    assert await writing == 200
    assert not way.writes.open


async def test_who_waits_when_the_breaker_opens_is_not_sent(way: Way) -> None:
    tasks = [asyncio.create_task(way.ask("POST")) for _ in range(2)]
    await asyncio.sleep(0)
    for _ in range(FAILURES_IN_A_ROW):
        way.writes.breaker.failed()
    way.neighbour.answer = 503
    way.neighbour.may.set()

    assert await asyncio.gather(*tasks) == [503, UpstreamFailing]
    assert way.neighbour.sent == 1


async def test_questions_are_asked_of_a_failing_neighbour_too() -> None:
    way = make_way(trusting=True)
    way.neighbour.answer = 503

    assert [await way.ask() for _ in range(20)] == [503] * 20
    assert not way.reads.open


async def test_refusals_and_states_are_measured(way: Way) -> None:
    registry = CollectorRegistry()
    observe(registry, [way.reads, way.writes])
    way.neighbour.answer = 503
    for _ in range(FAILURES_IN_A_ROW + 3):
        await way.ask()
    hanging = asyncio.create_task(way.ask("POST"))
    await asyncio.sleep(0)

    labels = {"upstream": "cdr", "compartment": "reads"}
    assert registry.get_sample_value("upstream_circuit_open", labels) == 1
    assert registry.get_sample_value("upstream_refused_total", labels | {"reason": "failing"}) == 3
    assert registry.get_sample_value("upstream_in_flight", labels | {"compartment": "writes"}) == 1
    way.neighbour.may.set()
    await hanging


def test_an_open_breaker_tries_once_a_pause_and_closes_on_the_first_success(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()

    assert breaker.seconds_until_try() == PAUSE
    assert breaker.holding_back
    clock.now += PAUSE
    assert [breaker.holding_back, breaker.open] == [False, True]
    assert [breaker.seconds_until_try() for _ in range(3)] == [0.0, PAUSE, PAUSE]
    breaker.failed()
    clock.now += PAUSE / 2
    assert breaker.seconds_until_try() == PAUSE / 2
    clock.now += PAUSE / 2
    assert breaker.seconds_until_try() == 0.0
    breaker.succeeded()
    assert not breaker.open
    assert [breaker.seconds_until_try() for _ in range(3)] == [0.0] * 3


def test_a_neighbour_that_fails_every_other_time_is_given_a_pause(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(FAILURES_OF_LATEST - 1):
        breaker.failed()
        breaker.succeeded()
    assert not breaker.open

    breaker.failed()

    assert breaker.open


def test_failures_of_long_ago_are_forgotten(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(5 * FAILURES_OF_LATEST):
        breaker.failed()
        for _ in range(LATEST // FAILURES_OF_LATEST + 1):
            breaker.succeeded()

    assert not breaker.open
