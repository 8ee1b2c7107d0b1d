"""The provision step on a real NATS server: it can be run again, and says in one line what it cannot do."""

import asyncio
from pathlib import Path

import pytest
from nats.js.api import ConsumerConfig, StorageType, StreamConfig
from openward_cli.failure import Failure
from openward_cli.provision import nkey
from openward_cli.provision.jetstream import provision_streams
from openward_cli.provision.streams import DURABLES, consumer_config
from openward_cli.provision.target import Target
from openward_testkit.nats import NatsServer


@pytest.fixture
def target(fresh_nats_server: NatsServer, tmp_path: Path) -> Target:
    return Target(
        secrets_dir=tmp_path / "secrets",
        postgres_host="127.0.0.1",
        postgres_port=0,
        nats_url=fresh_nats_server.url,
        nats_listen=f"127.0.0.1:{fresh_nats_server.port}",
        nats_store_dir=tmp_path / "data",
        wait_seconds=0,
    )


async def test_running_it_again_changes_nothing(fresh_nats_server: NatsServer, target: Target) -> None:
    client = await fresh_nats_server.connect()
    jetstream = client.jetstream()
    await jetstream.publish("patients.patient.registered.v1", b"{}")
    before = [info.config for info in await jetstream.streams_info()]
    await asyncio.gather(provision_streams(target), provision_streams(target))

    assert [info.config for info in await jetstream.streams_info()] == before
    assert (await jetstream.stream_info("PATIENTS")).state.messages == 1
    await client.close()


async def test_a_consumer_that_differs_is_brought_back(fresh_nats_server: NatsServer, target: Target) -> None:
    client = await fresh_nats_server.connect()
    jetstream, durable = client.jetstream(), DURABLES[0]
    wanted = consumer_config(durable)
    await jetstream.add_consumer(durable.stream, wanted.evolve(ack_wait=7, max_deliver=2))
    await provision_streams(target)
    config = (await jetstream.consumer_info(durable.stream, durable.name)).config

    assert (config.ack_wait, config.max_deliver) == (wanted.ack_wait, wanted.max_deliver)
    await client.close()


async def test_a_stream_that_cannot_be_changed_is_named(
    fresh_nats_server: NatsServer, target: Target
) -> None:
    client = await fresh_nats_server.connect()
    jetstream = client.jetstream()
    await jetstream.delete_stream("ACCESS")
    await jetstream.add_stream(StreamConfig(name="ACCESS", subjects=["access.>"], storage=StorageType.MEMORY))
    with pytest.raises(Failure, match=r"^the stream ACCESS cannot be made as it should be: .*storage type"):
        await provision_streams(target)
    await client.close()


async def test_a_consumer_that_cannot_be_changed_is_named(
    fresh_nats_server: NatsServer, target: Target
) -> None:
    client = await fresh_nats_server.connect()
    jetstream, durable = client.jetstream(), DURABLES[0]
    await jetstream.delete_consumer(durable.stream, durable.name)
    push = ConsumerConfig(durable_name=durable.name, deliver_subject="elsewhere")
    await jetstream.add_consumer(durable.stream, push)
    with pytest.raises(Failure, match=f"^the consumer {durable.name} of {durable.stream} cannot be made"):
        await provision_streams(target)
    await client.close()


async def test_a_server_that_does_not_answer_is_named(fresh_nats_server: NatsServer, target: Target) -> None:
    fresh_nats_server.stop()
    with pytest.raises(Failure, match=f"^NATS at {target.nats_url}: does not listen"):
        await provision_streams(target)


async def test_a_server_with_other_keys_is_named(target: Target) -> None:
    (target.secrets_dir / "provision.nk").write_text(nkey.new_seed())
    with pytest.raises(Failure, match="refuses the user `provision`"):
        await provision_streams(target)
