"""Each right of `infra/nats/nats.conf` works on a real server, and what is not given is refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from nats.aio.client import Client
from openward_testkit.nats import NatsServer

SERVICES = ("patients", "clinical", "templates")
STREAMS = ("PATIENTS", "CLINICAL", "TEMPLATES", "ACCESS")
EVERYBODY = (*SERVICES, "audit", "provision", "monitor")
OWN_EVENTS = {
    "patients": ("patients.patient.registered.v1", "access.record.read.v1"),
    "clinical": ("clinical.composition.created.v1", "access.record.queried.v1"),
    "templates": ("templates.template.uploaded.v1", "access.record.denied.v1"),
    "audit": ("access.record.read.v1",),
}
#: Who publishes what is read by whom, through which consumer of which stream.
OWN_DURABLES = (
    ("patients", "clinical", "patients.patient.registered.v1", "PATIENTS", "clinical-patients"),
    ("clinical", "patients", "clinical.ehr.created.v1", "CLINICAL", "patients-clinical"),
    (
        "templates",
        "clinical",
        "templates.migration_check.requested.v1",
        "TEMPLATES",
        "clinical-templates",
    ),
    ("templates", "clinical", "templates.template.published.v1", "TEMPLATES", "clinical-standing"),
    ("clinical", "clinical", "clinical.composition.deleted.v1", "CLINICAL", "clinical-clinical"),
    (
        "clinical",
        "templates",
        "clinical.migration_check.finished.v1",
        "CLINICAL",
        "templates-clinical",
    ),
)
REFUSED_PUBLICATIONS = [
    *(
        (user, f"$JS.API.STREAM.{verb}.{s}")
        for user in EVERYBODY
        for verb in ("DELETE", "PURGE")
        for s in STREAMS
    ),
    *((user, "$JS.API.STREAM.MSG.DELETE.CLINICAL") for user in EVERYBODY),
    *((user, "$JS.API.STREAM.SNAPSHOT.CLINICAL") for user in EVERYBODY),
    *((user, "$JS.API.STREAM.RESTORE.CLINICAL") for user in EVERYBODY),
    *((user, "$JS.API.STREAM.CREATE.MINE") for user in EVERYBODY if user != "provision"),
    *((user, "$JS.API.STREAM.UPDATE.CLINICAL") for user in EVERYBODY if user != "provision"),
    *((user, "$SYS.REQ.SERVER.PING") for user in EVERYBODY),
    *((user, "_INBOX_audit.forged") for user in EVERYBODY),
    *((user, "outbox.replay.clinical") for user in EVERYBODY if user != "audit"),
    *((user, "clinical.composition.created.v1") for user in EVERYBODY if user != "clinical"),
    *((user, "patients.patient.registered.v1") for user in EVERYBODY if user != "patients"),
    *((user, "templates.template.uploaded.v1") for user in EVERYBODY if user != "templates"),
    *((user, "access.record.read.v1") for user in ("provision", "monitor")),
    *((user, "access.other.v1") for user in EVERYBODY),
    *((user, "$JS.API.STREAM.INFO.TEMPLATES") for user in ("patients", "clinical")),
    *(
        (user, "$JS.API.CONSUMER.CREATE.CLINICAL.mine")
        for user in (*SERVICES, "monitor")
        if user != "clinical"
    ),
    *((user, "$JS.API.CONSUMER.CREATE.PATIENTS.mine") for user in (*SERVICES, "monitor")),
    *((user, "$JS.API.CONSUMER.DURABLE.CREATE.CLINICAL.mine") for user in EVERYBODY),
    *((user, "$JS.API.CONSUMER.DELETE.PATIENTS.clinical-patients") for user in EVERYBODY),
    *(
        (user, f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}")
        for _, reader, _, stream, durable in OWN_DURABLES
        for user in EVERYBODY
        if user != reader
    ),
    *((user, "$JS.ACK.PATIENTS.clinical-patients.1.1.1.1.1") for user in EVERYBODY if user != "clinical"),
    ("audit", "$JS.API.CONSUMER.CREATE.PATIENTS.clinical-patients"),
    *(
        ("audit", f"$JS.API.CONSUMER.CREATE.{stream}.{durable}.{stream.lower()}.>")
        for *_, stream, durable in OWN_DURABLES
    ),
    ("audit", "$JS.API.CONSUMER.CREATE.CLINICAL"),
    ("clinical", "$JS.API.CONSUMER.CREATE.CLINICAL"),
    ("clinical", "$JS.API.CONSUMER.CREATE.CLINICAL.patients-clinical"),
    ("clinical", "$JS.API.CONSUMER.CREATE.CLINICAL.clinical-clinical"),
    ("clinical", "$JS.API.CONSUMER.CREATE.CLINICAL.patients-clinical.clinical.>"),
]
REFUSED_SUBSCRIPTIONS = [
    *((user, ">") for user in EVERYBODY),
    *((user, "$SYS.>") for user in EVERYBODY),
    *((user, "_INBOX.>") for user in EVERYBODY),
    *((user, f"_INBOX_{other}.>") for user in EVERYBODY for other in EVERYBODY if other != user),
    *((user, "clinical.>") for user in EVERYBODY if user != "monitor"),
    *((user, f"outbox.replay.{other}") for user in EVERYBODY for other in SERVICES if other != user),
    *((user, "outbox.replay.*") for user in EVERYBODY),
]


@contextlib.asynccontextmanager
async def session(server: NatsServer, user: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """A client and what the server complained about, complete after `settle`."""
    complaints: list[str] = []

    async def complain(error: Exception) -> None:
        complaints.append(str(error))

    client = await server.connect(user, error_cb=complain, allow_reconnect=False)
    try:
        yield client, complaints
    finally:
        await client.close()


async def settle(client: Client) -> None:
    """The server has seen all that was sent. Twice: nats-py writes the first PING before what is pending."""
    await client.flush()
    await client.flush()


async def test_nobody_enters_without_a_key(nats_server: NatsServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", nats_server.port)
    writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
    answers = await reader.read()
    writer.close()

    assert b"-ERR 'Authorization Violation'" in answers
    assert b"PONG" not in answers


@pytest.mark.parametrize(("user", "subject"), REFUSED_PUBLICATIONS)
async def test_a_publication_without_right_is_refused(
    nats_server: NatsServer, user: str, subject: str
) -> None:
    async with session(nats_server, user) as (client, complaints):
        await client.publish(subject, b"{}", headers={"Nats-Msg-Id": "forged"})
        await settle(client)

        assert [c for c in complaints if "permissions violation for publish" in c.lower()]


@pytest.mark.parametrize(("user", "subject"), REFUSED_SUBSCRIPTIONS)
async def test_a_subscription_without_right_is_refused(
    nats_server: NatsServer, user: str, subject: str
) -> None:
    async with session(nats_server, user) as (client, complaints):
        await client.subscribe(subject)
        await settle(client)

        assert [c for c in complaints if "permissions violation for subscription" in c.lower()]


@pytest.mark.parametrize(
    ("user", "subject"), [(u, s) for u, subjects in OWN_EVENTS.items() for s in subjects]
)
async def test_a_service_stores_its_events(nats_server: NatsServer, user: str, subject: str) -> None:
    async with session(nats_server, user) as (client, complaints):
        acknowledged = await client.jetstream().publish(subject, b"{}", timeout=5)

        assert acknowledged.stream in STREAMS
        assert not complaints


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_stores_a_batch_whole(nats_server: NatsServer, user: str) -> None:
    async with session(nats_server, user) as (client, complaints):
        subject = OWN_EVENTS[user][0]
        batch = {"Nats-Batch-Id": f"batch-{user}"}
        await client.publish(subject, b"1", headers=batch | {"Nats-Batch-Sequence": "1"})
        commit = batch | {"Nats-Batch-Sequence": "2", "Nats-Batch-Commit": "1"}
        answer = await client.request(subject, b"2", timeout=5, headers=commit)

        assert b'"count":2' in answer.data
        assert not complaints


@pytest.mark.parametrize("user", SERVICES)
async def test_a_service_sees_the_streams_it_publishes_to(nats_server: NatsServer, user: str) -> None:
    async with session(nats_server, user) as (client, complaints):
        for stream in (user.upper(), "ACCESS"):
            assert (await client.jetstream().stream_info(stream)).config.name == stream
        assert not complaints


@pytest.mark.parametrize(
    ("publisher", "reader", "subject", "stream", "durable"),
    OWN_DURABLES,
    ids=[durable for *_, durable in OWN_DURABLES],
)
async def test_a_service_reads_and_acknowledges_its_durables(
    fresh_nats_server: NatsServer, publisher: str, reader: str, subject: str, stream: str, durable: str
) -> None:
    async with session(fresh_nats_server, publisher) as (client, _):
        await client.jetstream().publish(subject, b"{}")
    async with session(fresh_nats_server, reader) as (client, complaints):
        jetstream = client.jetstream()
        subscription = await jetstream.pull_subscribe(subject, durable=durable, stream=stream)
        [message] = await subscription.fetch(1, timeout=5)
        await message.ack_sync(timeout=5)
        state = await subscription.consumer_info()

        assert (message.subject, state.num_ack_pending, state.num_pending) == (subject, 0, 0)
        assert not complaints


async def test_a_given_up_message_leaves_a_dead_letter(fresh_nats_server: NatsServer) -> None:
    async with session(fresh_nats_server, "patients") as (client, _):
        await client.jetstream().publish("patients.patient.registered.v1", b"not an event")
    async with session(fresh_nats_server, "clinical") as (client, _):
        subscription = await client.jetstream().pull_subscribe(
            "", durable="clinical-patients", stream="PATIENTS"
        )
        [message] = await subscription.fetch(1, timeout=5)
        await message.term()
        await settle(client)
    async with session(fresh_nats_server, "monitor") as (client, complaints):
        jetstream = client.jetstream()
        while not (await jetstream.stream_info("DEAD_LETTERS")).state.messages:
            await asyncio.sleep(0.05)
        letter = await jetstream.get_msg("DEAD_LETTERS", seq=1)

        assert b'"stream_seq":1' in (letter.data or b"").replace(b" ", b"")
        assert not complaints
