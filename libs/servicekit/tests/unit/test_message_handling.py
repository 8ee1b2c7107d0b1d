from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.aio.msg import Msg
from openward_contracts.event import Event
from openward_contracts.patients import PatientUpdated
from openward_servicekit.messaging.delivery import Patience
from openward_servicekit.messaging.handling import Handling
from openward_servicekit.messaging.metrics import MessagingMetrics
from openward_testkit.samples import patient_updated
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

EVENT = patient_updated()


@dataclass
class Delivered:
    """A JetStream message that remembers how it was settled."""

    data: bytes = EVENT.body()
    headers: Mapping[str, str] = field(default_factory=EVENT.headers)
    deliveries: int = 1
    subject: str = PatientUpdated.subject
    settled: str = ""
    after: float | None = None

    @property
    def metadata(self) -> SimpleNamespace:
        sequence = SimpleNamespace(stream=7)
        return SimpleNamespace(num_delivered=self.deliveries, stream="PATIENTS", sequence=sequence)

    async def ack(self) -> None:
        self.settled += "ack"

    async def nak(self, delay: float) -> None:
        self.settled += "nak"
        self.after = delay

    async def term(self) -> None:
        self.settled += "term"


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def handling(registry: CollectorRegistry) -> Handling:
    return Handling("clinical", "clinical-patients", MessagingMetrics(registry), Patience(deliveries=3))


def failing(error: Exception) -> Any:
    async def fail(_event: Event[PatientUpdated]) -> None:
        raise error

    return fail


async def succeed(_event: Event[PatientUpdated]) -> None:
    pass


async def receive(handling: Handling, message: Delivered) -> str:
    await handling.receive(cast("Msg", message))
    return message.settled


async def test_a_failure_is_settled_with_a_delay_that_grows(handling: Handling) -> None:
    handling.handlers[PatientUpdated.subject] = failing(KeyError("name"))
    first, fourth = Delivered(), Delivered(deliveries=4)
    assert await receive(handling, first) == "nak"
    assert await receive(handling, fourth) == "nak"
    assert first.after is not None
    assert fourth.after is not None
    assert first.after < 0.3
    assert fourth.after > 1.2


async def test_a_lasting_failure_is_given_up_only_if_others_are_handled(handling: Handling) -> None:
    handling.handlers[PatientUpdated.subject] = failing(KeyError("name"))
    assert await receive(handling, Delivered(deliveries=3)) == "nak"
    handling.handlers[PatientUpdated.subject] = succeed
    assert await receive(handling, Delivered()) == "ack"
    handling.handlers[PatientUpdated.subject] = failing(KeyError("name"))
    assert await receive(handling, Delivered(deliveries=2)) == "nak"
    assert await receive(handling, Delivered(deliveries=3)) == "term"


@pytest.mark.parametrize(
    "broken",
    [
        Delivered(data=b"{"),
        Delivered(headers={}),
        Delivered(headers={"Content-Type": "application/cloudevents+json"}),
    ],
)
async def test_what_is_no_event_is_terminated(handling: Handling, broken: Delivered) -> None:
    handling.handlers[PatientUpdated.subject] = succeed
    with capture_logs() as logs:
        assert await receive(handling, broken) == "term"
    (log,) = logs
    assert (log["event"], log["stream"], log["sequence"]) == ("event.undecodable", "PATIENTS", 7)


async def test_outcomes_are_counted(handling: Handling, registry: CollectorRegistry) -> None:
    handling.handlers[PatientUpdated.subject] = succeed
    await receive(handling, Delivered())
    await receive(handling, Delivered(data=b""))
    for outcome in ("done", "undecodable"):
        labels = {"consumer": "clinical-patients", "outcome": outcome}
        assert registry.get_sample_value("openward_events_handled_total", labels) == 1
