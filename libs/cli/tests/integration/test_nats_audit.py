"""Audit reads every stream from any position, and asks services for what a stream has lost."""

import pytest
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError
from openward_testkit.nats import NatsServer

SUBJECTS = {
    "PATIENTS": ("patients", "patients.>"),
    "CLINICAL": ("clinical", "clinical.>"),
    "TEMPLATES": ("templates", "templates.>"),
    "ACCESS": ("clinical", "access.>"),
}


@pytest.mark.parametrize("stream", SUBJECTS)
async def test_audit_reads_a_stream_from_any_position(fresh_nats_server: NatsServer, stream: str) -> None:
    publisher, subject = SUBJECTS[stream]
    writer = await fresh_nats_server.connect(publisher)
    name = subject.replace(">", "record.read.v1")
    for n in range(5):
        await writer.jetstream().publish(name, str(n).encode())
    audit = await fresh_nats_server.connect("audit")
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=3,
        ack_policy=AckPolicy.NONE,
        inactive_threshold=30,
        mem_storage=True,
    )
    subscription = await audit.jetstream().pull_subscribe(subject, stream=stream, config=config)
    messages = await subscription.fetch(3, timeout=5)

    assert [m.metadata.sequence.stream for m in messages] == [3, 4, 5]
    assert (await subscription.consumer_info()).num_pending == 0
    assert (await audit.jetstream().stream_info(stream)).state.last_seq == 5
    await writer.close()
    await audit.close()


@pytest.mark.parametrize("service", ["patients", "clinical", "templates"])
async def test_a_service_answers_a_replay_request_with_many_messages(
    nats_server: NatsServer, service: str
) -> None:
    owner, audit = await nats_server.connect(service), await nats_server.connect("audit")

    async def answer(request: Msg) -> None:
        for n in range(100):
            await request.respond(str(n).encode())

    await owner.subscribe(f"outbox.replay.{service}", queue="replay", cb=answer)
    await owner.flush()
    await owner.flush()  # nats-py writes the first PING before the subscription
    inbox = audit.new_inbox()
    answers = await audit.subscribe(inbox)
    await audit.publish(f"outbox.replay.{service}", b"{}", reply=inbox)

    assert [int((await answers.next_msg(timeout=5)).data) for _ in range(100)] == list(range(100))
    await owner.close()
    await audit.close()


async def test_audit_cannot_take_over_a_services_consumer_by_another_name(nats_server: NatsServer) -> None:
    audit = await nats_server.connect("audit")
    config = ConsumerConfig(name="mine", durable_name="clinical-patients", ack_policy=AckPolicy.NONE)
    with pytest.raises(APIError):
        await audit.jetstream().add_consumer("PATIENTS", config)
    await audit.close()
