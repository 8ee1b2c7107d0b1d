import asyncio
import gc
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, process_time

import pytest
from nats.aio.client import Client
from openward_cli.provision.streams import DEAD_LETTERS
from openward_contracts.actor import SYSTEM_ACTOR, Actor
from openward_contracts.event import Event
from openward_contracts.patients import PatientRegistered
from openward_servicekit.context import current_actor, current_request_id
from openward_servicekit.errors import Conflict, Unavailable
from openward_servicekit.messaging import Messaging
from openward_servicekit.telemetry import traceparent
from openward_testkit.events import publish
from openward_testkit.nats import NatsServer, stored
from openward_testkit.outbox import OutboxStage
from openward_testkit.samples import patient_registered, patient_updated
from openward_testkit.service import service_settings
from openward_testkit.waiting import eventually
from structlog.testing import capture_logs

DURABLE, STREAM = "clinical-patients", "PATIENTS"
HANGING = Path(__file__).with_name("hanging_process.py")
OVERSIZE = Path(__file__).with_name("oversize_process.py")


class Clinical:
    """The service `clinical` as far as it listens; fails as often as it is told."""

    def __init__(self, server: NatsServer) -> None:
        settings = service_settings(
            service="clinical", nats_url=server.url, nats_seed=server.seed("clinical")
        )
        self.messaging = Messaging(settings)
        self.handled: list[Event[PatientRegistered]] = []
        self.deliveries: list[float] = []
        self.failures: list[Exception] = []
        self.messaging.on(PatientRegistered)(self._on_registered)

    async def _on_registered(self, event: Event[PatientRegistered]) -> None:
        self.deliveries.append(monotonic())
        if self.failures:
            raise self.failures.pop(0)
        self.handled.append(event)

    async def check(self, name: str) -> None:
        (dependency,) = (each for each in self.messaging.dependencies if each.name == name)
        await dependency.check()

    async def why_unready(self, name: str) -> str:
        try:
            await self.check(name)
        except Unavailable as unready:
            return str(unready)
        return ""


@pytest.fixture
def refused_sockets() -> Iterator[None]:
    """nats-py leaves the socket of a connection that was refused to the garbage collector."""
    yield
    gc.collect()


refuses = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def clinical(fresh_nats_server: NatsServer) -> Clinical:
    return Clinical(fresh_nats_server)


@pytest.fixture
async def nats(fresh_nats_server: NatsServer) -> AsyncIterator[Client]:
    client = await fresh_nats_server.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    yield client
    await client.close()


async def unsettled(nats: Client) -> int:
    """Messages of the consumer that are not acknowledged, delivered or not."""
    info = await nats.jetstream().consumer_info(STREAM, DURABLE)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def unready(clinical: Clinical, dependency: str, why: str) -> None:
    """Wait until the service says this of it."""
    async with asyncio.timeout(30):
        while why not in await clinical.why_unready(dependency):
            await asyncio.sleep(0.02)


async def settled(nats: Client) -> None:
    async with asyncio.timeout(30):
        while await unsettled(nats):
            await asyncio.sleep(0.02)


async def test_an_event_is_handled_once_and_acknowledged(clinical: Clinical, nats: Client) -> None:
    events = [patient_registered() for _ in range(20)]
    for event in events:
        await publish(nats, event)
    async with clinical.messaging.running():
        await eventually(lambda: len(clinical.handled) == 20)
        await settled(nats)
    assert clinical.handled == events


async def test_a_handler_that_fails_is_asked_again_later_each_time(clinical: Clinical, nats: Client) -> None:
    clinical.failures = [KeyError("once"), KeyError("twice")]
    async with clinical.messaging.running():
        await publish(nats, patient_registered())
        await eventually(lambda: len(clinical.handled) == 1)
        await settled(nats)
    first, second, third = clinical.deliveries
    assert second - first > 0.15
    assert third - second > 0.3


async def test_an_event_at_odds_with_the_service_is_not_asked_for_again(
    clinical: Clinical, nats: Client
) -> None:
    clinical.failures = [Conflict("the EHR has another patient")]
    async with clinical.messaging.running():
        with capture_logs() as logs:
            await publish(nats, patient_registered())
            await eventually(lambda: bool(clinical.deliveries))
            await settled(nats)
    assert [(log["event"], str(log["outcome"])) for log in logs if "outcome" in log] == [
        ("event.failed", "pointless")
    ]


async def test_what_is_no_event_is_terminated_and_told(clinical: Clinical, nats: Client) -> None:
    await nats.jetstream().publish(PatientRegistered.subject, b"{}", headers={"ce-id": "1"})
    event = patient_registered()
    await publish(nats, event)
    with capture_logs() as logs:
        async with clinical.messaging.running():
            await eventually(lambda: clinical.handled == [event])
            await settled(nats)
    (told,) = (log for log in logs if log["event"] == "event.undecodable")
    assert (told["consumer"], told["stream"], told["sequence"]) == (DURABLE, STREAM, 1)
    (letter,) = await stored(nats, DEAD_LETTERS)
    assert letter.subject == f"$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.{STREAM}.{DURABLE}"


async def test_an_event_without_a_handler_is_acknowledged(clinical: Clinical, nats: Client) -> None:
    async with clinical.messaging.running():
        await publish(nats, patient_updated())
        await settled(nats)
    assert clinical.deliveries == []


async def test_a_handler_works_for_the_request_that_caused_the_event(
    fresh_nats_server: NatsServer, nats: Client
) -> None:
    clinical, seen = Clinical(fresh_nats_server), list[tuple[str | None, Actor | None, str | None]]()

    @clinical.messaging.on(PatientRegistered)
    async def look(_event: Event[PatientRegistered]) -> None:
        seen.append((current_request_id(), current_actor(), traceparent()))

    event = patient_registered()
    async with clinical.messaging.running():
        await publish(nats, event)
        await eventually(lambda: bool(seen))
    (request_id, actor, trace) = seen[0]
    assert (request_id, actor) == (event.envelope.correlationid, SYSTEM_ACTOR("clinical"))
    assert trace is not None
    assert event.envelope.traceparent is not None
    assert trace.split("-")[1] == event.envelope.traceparent.split("-")[1]


async def test_an_event_is_given_to_another_process_when_its_reader_is_killed(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    await fresh_nats_server.shorten_ack_wait(DURABLE, 1)
    event = patient_registered()
    await publish(nats, event)
    async with started(HANGING, fresh_nats_server) as process:
        await says(process, str(event.data.patient_id))
        process.kill()
    async with clinical.messaging.running():
        await eventually(lambda: clinical.handled == [event])


@asynccontextmanager
async def started(program: Path, server: NatsServer) -> AsyncIterator[Process]:
    environment = {"NATS_URL": server.url, "NATS_SEED": server.seed("clinical")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def says(process: Process, words: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while words not in (await process.stdout.readline()).decode():
            pass


async def test_a_process_that_the_server_casts_out_ends(fresh_nats_server: NatsServer) -> None:
    async with asyncio.timeout(60), started(OVERSIZE, fresh_nats_server) as process:
        assert await process.wait() == os.EX_SOFTWARE


@refuses
@pytest.mark.usefixtures("refused_sockets")
async def test_a_user_that_is_refused_is_unready_until_it_is_admitted(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    fresh_nats_server.restart(revoked="clinical")
    async with clinical.messaging.running():
        await unready(clinical, "nats rights", "Authorization")
        fresh_nats_server.restart()
        await publish(nats, patient_registered())
        await eventually(lambda: len(clinical.handled) == 1)


@refuses
@pytest.mark.usefixtures("refused_sockets")
async def test_a_user_that_is_refused_at_a_reconnect_is_admitted_later(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    async with clinical.messaging.running():
        fresh_nats_server.restart(revoked="clinical")
        await unready(clinical, "nats rights", "Authorization")
        fresh_nats_server.restart()
        await publish(nats, patient_registered())
        await eventually(lambda: len(clinical.handled) == 1)


async def test_a_restarted_server_is_heard_again(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    async with clinical.messaging.running():
        await clinical.check("nats")
        fresh_nats_server.kill()
        await unready(clinical, "nats", "not connected")
        fresh_nats_server.start()
        await eventually(lambda: nats.is_connected)
        await publish(nats, patient_registered())
        await eventually(lambda: len(clinical.handled) == 1)
        await clinical.check("nats")


async def test_a_service_starts_without_a_server(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    await publish(nats, patient_registered())
    fresh_nats_server.kill()
    async with clinical.messaging.running():
        with pytest.raises(Unavailable):
            await clinical.check("nats")
        await clinical.check("nats rights")
        fresh_nats_server.start()
        await eventually(lambda: len(clinical.handled) == 1)


async def test_a_handler_at_work_finishes_when_the_service_ends(
    fresh_nats_server: NatsServer, nats: Client
) -> None:
    clinical, begun, done = Clinical(fresh_nats_server), asyncio.Event(), asyncio.Event()

    @clinical.messaging.on(PatientRegistered)
    async def take_time(_event: Event[PatientRegistered]) -> None:
        begun.set()
        await asyncio.sleep(0.5)
        done.set()

    async with clinical.messaging.running():
        await publish(nats, patient_registered())
        await begun.wait()
    assert done.is_set()
    await settled(nats)


async def test_a_service_ends_without_a_server(clinical: Clinical, fresh_nats_server: NatsServer) -> None:
    async with asyncio.timeout(30), clinical.messaging.running():
        fresh_nats_server.kill()
        await asyncio.sleep(0.5)


async def test_a_consumer_that_is_gone_is_told_and_costs_nothing(
    clinical: Clinical, fresh_nats_server: NatsServer, nats: Client
) -> None:
    async with clinical.messaging.running():
        await clinical.check(f"consumer {DURABLE}")
        await nats.jetstream().delete_consumer(STREAM, DURABLE)
        await unready(clinical, f"consumer {DURABLE}", "provision")
        before = process_time()
        await asyncio.sleep(1)
        assert process_time() - before < 0.6
        await fresh_nats_server.provision()
        await publish(nats, patient_registered())
        await eventually(lambda: len(clinical.handled) == 1)
        await clinical.check(f"consumer {DURABLE}")


async def test_a_forbidden_subject_makes_the_service_unready(clinical: Clinical) -> None:
    async with clinical.messaging.running():
        await clinical.check("nats rights")
        connection = clinical.messaging.connection()
        assert connection is not None
        await connection.publish("templates.template.uploaded.v1", b"")
        await connection.flush()
        # A task of its own handles the server's refusal, maybe after the flush is answered.
        await unready(clinical, "nats rights", "permissions violation")


async def test_a_committed_event_reaches_its_stream_at_once(stage: OutboxStage) -> None:
    settings = service_settings(
        service="patients", nats_url=stage.server.url, nats_seed=stage.server.seed("patients")
    )
    messaging = Messaging(settings, outboxes=[stage.outbox])
    async with messaging.running():
        await eventually(lambda: messaging.relays[0].status.leader)
        await stage.commit(patient_updated())
        messaging.wake()
        await stage.drained(seconds=10)
        for dependency in messaging.dependencies:
            if not dependency.name.startswith("consumer"):
                await dependency.check()
    assert len(await stage.published()) == 1


def test_nobody_listens_to_what_the_catalogue_does_not_say(fresh_nats_server: NatsServer) -> None:
    seed = fresh_nats_server.seed("patients")
    patients = Messaging(service_settings(service="patients", nats_seed=seed))
    with pytest.raises(LookupError, match="no durable consumer of patients"):
        patients.on(PatientRegistered)
