"""Readiness says which streams are not in the log as they should be, and only those."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from audit.domain.ports import Progress
from audit.metrics import AuditMetrics
from audit.service.overview import StreamOverview, StreamState, Watch
from openward_servicekit.auth import Authorizer, Denial
from openward_servicekit.errors import Unavailable
from prometheus_client import CollectorRegistry

NOW = datetime.now(UTC)


class OneStream:
    """The Progresses and Streams ports over a stream that a test moves."""

    def __init__(self) -> None:
        self.at, self.last = 5, 5
        self.stopped: str | None = None
        self.restarted_at: datetime | None = None

    async def progress(self) -> list[Progress]:
        return [Progress("CLINICAL", self.at, 0, 0, self.stopped, self.restarted_at, NOW)]

    async def last_sequence(self, _stream: str) -> int:
        return self.last

    def reading(self, _stream: str, _first: int) -> Any:
        raise AssertionError("nobody reads here")


class Clock:
    now = NOW


async def forget(_denial: Denial) -> None:
    pass


@pytest.fixture
def stream() -> OneStream:
    return OneStream()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(stream: OneStream, registry: CollectorRegistry, clock: Clock) -> Watch:
    overview = StreamOverview(stream, stream, Authorizer(forget))
    return Watch(overview, AuditMetrics(registry), lambda: clock.now)


async def why(watch: Watch) -> str | None:
    await watch.look()
    try:
        await watch.check()
    except Unavailable as trouble:
        return trouble.detail
    return None


async def test_before_the_first_look_nothing_is_known(watch: Watch) -> None:
    with pytest.raises(Unavailable, match="not looked yet"):
        await watch.check()


async def test_a_stream_that_is_in_the_log_is_no_trouble(watch: Watch) -> None:
    assert await why(watch) is None


async def test_a_stopped_stream_says_why(watch: Watch, stream: OneStream) -> None:
    stream.stopped = "CLINICAL: 6 missing"

    assert await why(watch) == "CLINICAL: 6 missing"


async def test_waiting_is_trouble_only_where_nothing_moves(
    watch: Watch, stream: OneStream, clock: Clock
) -> None:
    stream.last = 9
    assert await why(watch) is None

    clock.now += timedelta(seconds=61)
    assert "CLINICAL: 4 messages wait since" in str(await why(watch))
    stream.at, stream.last = 7, 11
    assert await why(watch) is None
    clock.now += timedelta(seconds=59)
    stream.at = 11
    assert await why(watch) is None


async def test_a_history_that_began_again_is_mentioned_for_a_day(watch: Watch, stream: OneStream) -> None:
    stream.restarted_at = NOW - timedelta(hours=23)
    assert "did not have what was in the log" in str(await why(watch))

    stream.restarted_at = NOW - timedelta(hours=25)
    assert await why(watch) is None


async def test_metrics_tell_position_and_lag(
    watch: Watch, stream: OneStream, registry: CollectorRegistry
) -> None:
    stream.last, stream.stopped = 8, "CLINICAL: 6 missing"
    await watch.look()

    labels = {"stream": "CLINICAL"}
    assert registry.get_sample_value("openward_audit_position", labels) == 5
    assert registry.get_sample_value("openward_audit_lag", labels) == 3
    assert registry.get_sample_value("openward_audit_stream_stopped", labels) == 1


def test_a_stream_whose_end_was_read_before_its_position_has_no_lag() -> None:
    progress = Progress("CLINICAL", 9, 0, 0, None, None, NOW)

    assert StreamState(progress, 8).lag == 0
    assert StreamState(progress, None).lag is None
