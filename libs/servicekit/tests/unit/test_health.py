import asyncio
from dataclasses import dataclass

import pytest
from openward_servicekit.errors import Unavailable
from openward_servicekit.health import Dependency, Readiness


@dataclass
class Neighbour:
    """A dependency to switch off; it counts how often it was asked."""

    error: Exception | None = None
    asked: int = 0

    async def check(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def neighbour() -> Neighbour:
    return Neighbour()


@pytest.fixture
def readiness(clock: Clock, neighbour: Neighbour) -> Readiness:
    return Readiness(lambda: [Dependency("database", neighbour.check)], clock=clock)


async def test_ready_while_all_dependencies_are_up(readiness: Readiness) -> None:
    assert await readiness.report() == (
        True,
        {"status": "ready", "dependencies": {"database": {"state": "up", "age_seconds": 0.0}}},
    )


async def test_unready_while_a_critical_dependency_is_down(
    readiness: Readiness, neighbour: Neighbour
) -> None:
    neighbour.error = Unavailable("no leader")

    ready, body = await readiness.report()

    assert not ready
    assert body["dependencies"]["database"] == {"state": "down", "age_seconds": 0.0, "why": "no leader"}


async def test_an_unexpected_error_is_told_by_its_type_alone(
    readiness: Readiness, neighbour: Neighbour
) -> None:
    neighbour.error = ConnectionError("postgresql://patients:secret@db")

    _, body = await readiness.report()

    assert body["dependencies"]["database"]["why"] == "ConnectionError"


async def test_a_dependency_that_is_not_critical_is_told_and_forgiven(neighbour: Neighbour) -> None:
    neighbour.error = ConnectionError()
    readiness = Readiness(lambda: [Dependency("search", neighbour.check, critical=False)])

    ready, body = await readiness.report()

    assert ready
    assert body["dependencies"]["search"]["state"] == "down"


async def test_a_state_has_an_age(readiness: Readiness, clock: Clock, neighbour: Neighbour) -> None:
    neighbour.error = ConnectionError()
    await readiness.report()
    clock.now += 42

    _, body = await readiness.report()

    assert body["dependencies"]["database"]["age_seconds"] == 42


async def test_the_age_starts_again_when_the_state_changes(
    readiness: Readiness, clock: Clock, neighbour: Neighbour
) -> None:
    await readiness.report()
    clock.now += 42
    neighbour.error = ConnectionError()

    _, body = await readiness.report()

    assert body["dependencies"]["database"]["age_seconds"] == 0


async def test_dependencies_are_asked_once_a_second(
    readiness: Readiness, clock: Clock, neighbour: Neighbour
) -> None:
    await asyncio.gather(*(readiness.report() for _ in range(20)))
    clock.now += 0.9
    await readiness.report()
    assert neighbour.asked == 1

    clock.now += 0.2
    await readiness.report()
    assert neighbour.asked == 2


async def test_a_dependency_that_does_not_answer_is_down() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    readiness = Readiness(lambda: [Dependency("nats", never)], check_seconds=0.01)

    ready, body = await readiness.report()

    assert not ready
    assert body["dependencies"]["nats"]["why"] == "no answer within 0.01 s"


async def test_draining_is_unready_whatever_the_dependencies_say(readiness: Readiness) -> None:
    readiness.drain()

    ready, body = await readiness.report()

    assert not ready
    assert body["status"] == "draining"
