import asyncio
import re
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from openward_servicekit.errors import Unavailable
from openward_servicekit.outbox.options import RelayOptions
from openward_servicekit.outbox.postgres import PostgresOutbox
from openward_servicekit.outbox.publisher import publish
from openward_servicekit.outbox.relay import Relay
from openward_testkit.outbox import STREAM, OutboxStage, versions
from openward_testkit.samples import patient_updated
from openward_testkit.waiting import eventually

OVERDUE_SOON = RelayOptions(overdue=timedelta(seconds=1))


async def test_rows_reach_their_stream_in_id_order(stage: OutboxStage) -> None:
    events = versions(uuid4(), 450)
    await stage.commit(*events)
    async with stage.relay().running():
        await stage.drained()
    assert [m.event_id for m in await stage.published()] == [str(event.id) for event in events]


async def test_a_row_is_archived_with_its_place_in_the_stream(stage: OutboxStage) -> None:
    await stage.commit(*versions(uuid4(), 3), patient_updated())
    async with stage.relay().running():
        await stage.drained()
    assert await stage.archived() == [(m.sequence, m.event_id) for m in await stage.published()]


async def test_the_message_is_the_event(stage: OutboxStage) -> None:
    event = patient_updated()
    await stage.commit(event)
    async with stage.relay().running():
        await stage.drained()
    (message,) = await stage.published()
    assert (message.subject, message.data) == (event.nats_subject, event.body())
    assert event.headers().items() <= message.headers.items()


async def test_rows_published_but_not_archived_are_not_published_twice(stage: OutboxStage) -> None:
    events = versions(uuid4(), 10)
    await stage.commit(*events)
    await publish(stage.nats, STREAM, await PostgresOutbox(stage.database).fetch(4))
    async with stage.relay().running():  # the one that published has died before it could archive
        await stage.drained()
    messages = await stage.published()
    assert [m.event_id for m in messages] == [str(event.id) for event in events]
    assert await stage.archived() == [(m.sequence, m.event_id) for m in messages]


async def test_a_killed_server_delays_rows_and_loses_none(stage: OutboxStage) -> None:
    events = versions(uuid4(), 600)
    async with stage.relay().running():
        for number, event in enumerate(events):
            await stage.commit(event)
            if number == 200:
                stage.server.kill()
            if number == 400:
                stage.server.start()
        await stage.drained()
    assert [m.event_id for m in await stage.published()] == [str(event.id) for event in events]


async def test_a_frozen_server_is_waited_for(stage: OutboxStage) -> None:
    events = versions(uuid4(), 50)
    async with stage.relay().running():
        await stage.commit(*events[:25])
        await stage.drained()
        stage.server.freeze()
        await stage.commit(*events[25:])
        await asyncio.sleep(3)  # longer than the relay waits for an answer
        stage.server.thaw()
        await stage.drained()
    assert [m.event_id for m in await stage.published()] == [str(event.id) for event in events]


async def unready(relay: Relay, why: str) -> None:
    """Wait until the relay says this; TimeoutError."""
    async with asyncio.timeout(30):
        while True:
            try:
                await relay.status.check()
            except Unavailable as unavailable:
                if re.search(why, str(unavailable)):
                    return
            await asyncio.sleep(0.05)


async def test_a_terminated_session_is_replaced(stage: OutboxStage) -> None:
    terminate = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
    """
    events = versions(uuid4(), 300)
    async with stage.relay().running():
        for number, event in enumerate(events):
            await stage.commit(event)
            if number % 100 == 50:
                await stage.database.execute(terminate)
        await stage.drained(seconds=20)
    assert [m.event_id for m in await stage.published()] == [str(event.id) for event in events]


async def test_the_next_relay_takes_over(stage: OutboxStage) -> None:
    first, second = stage.relay(), stage.relay()
    async with AsyncExitStack() as process:
        await process.enter_async_context(first.running())
        await eventually(lambda: first.status.leader)
        async with second.running():
            await asyncio.sleep(0.5)
            assert not second.status.leader
            await process.aclose()
            await eventually(lambda: second.status.leader, seconds=20)
            await stage.commit(patient_updated())
            await stage.drained(seconds=20)


async def test_a_wake_up_spares_the_wait_for_the_next_poll(stage: OutboxStage) -> None:
    relay = stage.relay(RelayOptions(busy_poll=30, idle_poll=30))
    async with relay.running():
        await eventually(lambda: relay.status.leader)
        await asyncio.sleep(0.2)
        await stage.commit(patient_updated())
        relay.wake()
        await stage.drained(seconds=15)


async def test_a_row_that_is_too_large_holds_back_its_own_aggregate_only(stage: OutboxStage) -> None:
    large, small = uuid4(), uuid4()
    await stage.commit(*versions(large, 2), *versions(small, 3))
    await stage.database.execute(
        "update outbox_event set payload = repeat('x', 1100000)::bytea "
        "where aggregate_version = 1 and aggregate_id = $1",
        str(large),
    )
    relay = stage.relay()
    async with relay.running():
        await eventually(lambda: len(relay.status.refused) == 1)
        await stage.until("count(*) = 3 from outbox_sent")
        with pytest.raises(Unavailable, match=r"NATS refuses 1 rows.*1048576"):
            await relay.status.check()
    left = await stage.database.fetch("select aggregate_id, aggregate_version from outbox_event order by id")
    assert [tuple(row) for row in left] == [(str(large), 1), (str(large), 2)]


async def test_a_refused_row_goes_once_it_can(stage: OutboxStage) -> None:
    relay = stage.relay(RelayOptions(refused_poll=0.1))
    await stage.commit(*versions(uuid4(), 2))
    await stage.database.execute("update outbox_event set subject = 'unknown.' || subject where id = 1")
    async with relay.running():
        await eventually(lambda: bool(relay.status.refused))
        await stage.database.execute("update outbox_event set subject = substr(subject, 9) where id = 1")
        await stage.until("count(*) = 2 from outbox_sent")
        await eventually(lambda: not relay.status.refused)
        await relay.status.check()
    assert [m.headers["ce-sequence"][-1] for m in await stage.published()] == ["1", "2"]


async def test_readiness_tells_that_nothing_leaves(stage: OutboxStage) -> None:
    relay = stage.relay(OVERDUE_SOON)
    async with relay.running():
        await eventually(lambda: relay.status.leader)
        await relay.status.check()
        stage.server.kill()
        await stage.commit(patient_updated())
        await eventually(lambda: relay.status.in_trouble)
        await unready(relay, r"oldest unsent row: \d+ s; .*(NATS is away|stream)")
        stage.server.start()
        await stage.drained()
        await eventually(lambda: not relay.status.in_trouble)
        await relay.status.check()


async def test_a_follower_knows_the_backlog_too(stage: OutboxStage) -> None:
    leader, follower = (Relay(stage.outbox, lambda: None, options=OVERDUE_SOON) for _ in range(2))
    await stage.commit(patient_updated())
    async with leader.running():
        await eventually(lambda: leader.status.leader)
        async with follower.running():
            await unready(follower, "oldest unsent row")


async def test_old_messages_leave_the_archive(stage: OutboxStage) -> None:
    await stage.commit(*versions(uuid4(), 5))
    async with stage.relay().running():
        await stage.drained()
    await stage.database.execute("update outbox_sent set sent_at = now() - interval '31 days' where id <= 3")
    async with stage.relay().running():
        await stage.until("count(*) = 2 from outbox_sent")
    assert [sequence for sequence, _ in await stage.archived()] == [4, 5]
