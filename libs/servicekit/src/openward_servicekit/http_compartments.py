"""The way to a neighbour in compartments, so that one kind of request cannot use up what all need.

Each compartment has so many requests in flight, a short queue before them, and a breaker of its own: slow
queries neither hold back reads nor make anybody believe that the neighbour is gone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Final

import httpx
from prometheus_client import CollectorRegistry, Counter, Gauge

from openward_servicekit.errors import Unavailable
from openward_servicekit.http_breaker import PAUSE, Breaker

#: Said by what stands between us and a neighbour that is not there.
_AWAY: Final = frozenset({502, 503, 504})


class UpstreamBusy(Unavailable):
    """Too many requests of this kind are on their way: this one was not sent."""

    slug = "upstream-busy"


class UpstreamFailing(Unavailable):
    """The neighbour has failed several times and is given a pause: the request was not sent."""

    slug = "upstream-failing"


class Compartment:
    def __init__(
        self, upstream: str, name: str, limit: int, wait_seconds: float, *, trusting: bool = False
    ) -> None:
        """At most `limit` requests in flight; others wait, in their order, for at most `wait_seconds`.

        A `trusting` one is never closed by its breaker.
        """
        self.upstream = upstream
        self.name = name
        self.limit = limit
        self.breaker = Breaker()
        self.refused: Callable[[str], None] = _nobody
        self.in_flight = 0
        self._wait_seconds = wait_seconds
        self._trusting = trusting
        self._places = asyncio.Semaphore(limit)

    @property
    def open(self) -> bool:
        """Whether the neighbour is given a pause."""
        return self.breaker.open and not self._trusting

    @property
    def holding_back(self) -> bool:
        """Whether a request that came now would be refused for that."""
        return self.breaker.holding_back and not self._trusting

    async def enter(self) -> None:
        """A place, to be left. Raises UpstreamFailing at once, UpstreamBusy after the wait."""
        if self.open and (seconds := self.breaker.seconds_until_try()):
            raise self._failing(seconds)
        if self._places.locked():
            await self._wait()
            if self.open:
                self._places.release()
                raise self._failing(PAUSE)
        else:
            await self._places.acquire()
        self.in_flight += 1

    def leave(self) -> None:
        self.in_flight -= 1
        self._places.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            self.refused("busy")
            message = f"Too many requests to {self.upstream} at once ({self.name})."
            raise UpstreamBusy(message, retry_after=PAUSE) from None

    def _failing(self, seconds: float) -> UpstreamFailing:
        self.refused("failing")
        return UpstreamFailing(f"{self.upstream} keeps failing ({self.name}).", retry_after=seconds)


def _nobody(_reason: str) -> None:
    pass


class CompartmentTransport(httpx.AsyncBaseTransport):
    """Sends by `wire` what `choose` finds a compartment for; a place is held until the answer is closed."""

    def __init__(
        self, wire: httpx.AsyncBaseTransport, choose: Callable[[httpx.Request], Compartment]
    ) -> None:
        self._wire = wire
        self._choose = choose

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        compartment = self._choose(request)
        await compartment.enter()
        try:
            response = await self._wire.handle_async_request(request)
        except Exception:
            compartment.leave()
            compartment.breaker.failed()
            raise
        except BaseException:  # the caller went away: that says nothing about the neighbour
            compartment.leave()
            raise
        if response.status_code in _AWAY:
            compartment.breaker.failed()
        else:
            compartment.breaker.succeeded()
        response.stream = _Held(response.stream, compartment)
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


class _Held(httpx.AsyncByteStream):
    """Leaves the compartment when it is closed, however often that is said."""

    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream, held: Compartment) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  httpx types it for both worlds
        self._stream = stream
        self._held: Compartment | None = held

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        held, self._held = self._held, None
        try:
            await self._stream.aclose()
        finally:
            if held is not None:
                held.leave()


def observe(registry: CollectorRegistry, compartments: Iterable[Compartment]) -> None:
    """Metrics that are made when they are asked for: a request pays for none but that of its refusal."""
    labels = ("upstream", "compartment")
    circuit = Gauge("upstream_circuit_open", "1 while it is given a pause.", labels, registry=registry)
    in_flight = Gauge("upstream_in_flight", "Requests sent, answers not read.", labels, registry=registry)
    refused = Counter(
        "upstream_refused", "Requests that were not sent.", (*labels, "reason"), registry=registry
    )
    for each in compartments:
        circuit.labels(each.upstream, each.name).set_function(partial(_open, each))
        in_flight.labels(each.upstream, each.name).set_function(partial(_in_flight, each))
        each.refused = partial(_count, refused, each)


def _open(compartment: Compartment) -> float:
    return float(compartment.open)


def _in_flight(compartment: Compartment) -> float:
    return float(compartment.in_flight)


def _count(refused: Counter, compartment: Compartment, reason: str) -> None:
    refused.labels(compartment.upstream, compartment.name, reason).inc()
