"""Makes the streams and shared consumers, or brings them to what `streams` says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.errors import Error, NoServersError
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import APIError, NotFoundError

from openward_cli.failure import Failure
from openward_cli.provision.patience import NotYet, patiently
from openward_cli.provision.secret_files import read
from openward_cli.provision.streams import DURABLES, Durable, consumer_config, stream_configs
from openward_cli.provision.target import Target


async def provision_streams(target: Target) -> None:
    async with _connected(target) as jetstream:
        for config in stream_configs(target.stream_replicas):
            await _ensure_stream(jetstream, config)
        for durable in DURABLES:
            await _ensure_consumer(jetstream, durable)


async def _ensure_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    name = str(config.name)
    try:
        try:
            await jetstream.stream_info(name)
        except NotFoundError:
            await jetstream.add_stream(config)
        else:
            await jetstream.update_stream(config)
    except APIError as error:
        raise _refused(f"the stream {name}", error) from error


async def _ensure_consumer(jetstream: JetStreamContext, durable: Durable) -> None:
    try:
        await jetstream.add_consumer(durable.stream, consumer_config(durable))
    except APIError as error:
        raise _refused(f"the consumer {durable.name} of {durable.stream}", error) from error


def _refused(what: str, error: APIError) -> Failure:
    return Failure(
        f"{what} cannot be made as it should be: {error.description}",
        "what exists differs in a way that NATS does not change; move its data away first",
    )


@asynccontextmanager
async def _connected(target: Target) -> AsyncIterator[JetStreamContext]:
    seed = read(target.secrets_dir, "provision.nk")
    client = await patiently(
        lambda: _connect(target.nats_url, seed),
        seconds=target.wait_seconds,
        what=f"NATS at {target.nats_url}",
        remedy="is it running?",
    )
    try:
        yield client.jetstream(timeout=10)
    finally:
        await client.close()


async def _connect(url: str, seed: str) -> Client:
    client = Client()
    try:
        await client.connect(
            url,
            nkeys_seed_str=seed,
            inbox_prefix="_INBOX_provision",
            error_cb=_ignore,  # what is wrong is raised, too
            allow_reconnect=False,
            max_reconnect_attempts=1,  # else it would try for two minutes before it says that nobody listens
            reconnect_time_wait=0,
            connect_timeout=2,
        )
    except (OSError, NoServersError) as error:
        raise NotYet("does not listen") from error
    except Error as error:
        await client.close()
        raise Failure(
            f"NATS at {url} refuses the user `provision` ({error})",
            "start it with the configuration that is made from the same secrets",
        ) from error
    return client


async def _ignore(_: Exception) -> None: ...
