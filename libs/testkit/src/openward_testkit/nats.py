"""A real NATS server with Openward's streams, consumers and permissions, that tests may kill."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from openward_cli.provision import nkey
from openward_cli.provision.jetstream import provision_streams
from openward_cli.provision.nats_conf import render
from openward_cli.provision.secret_files import ensure_in, read
from openward_cli.provision.streams import DURABLES, consumer_config
from openward_cli.provision.target import Target
from openward_servicekit.ports import free_port

#: A user of the server of tests only: may do everything in the account that the services share.
ADMIN = "admin"
_START_SECONDS = 60


class NatsServer:
    """A server of its own in `directory`: stopped, killed and started at will, its data stays."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._directory = directory
        self._secrets = directory / "secrets"
        self._process: subprocess.Popen[bytes] | None = None

    def seed(self, user: str) -> str:
        """The nkey seed of `patients`, `clinical`, `templates`, `audit`, `provision`, `monitor` or ADMIN."""
        return read(self._secrets, f"{user}.nk")

    def start(self, *, revoked: str | None = None) -> None:
        """Accepts connections when this returns, though none of the user `revoked`."""
        conf = self._configuration(revoked)
        binary = Path(sys.executable).with_name("nats-server")
        with (self._directory / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([binary, "-c", conf], stdout=log, stderr=log)
        self._await_port()

    async def provision(self) -> None:
        """Streams and durable consumers are as `openward provision` makes them."""
        await provision_streams(self._target())

    def restart(self, *, revoked: str | None = None) -> None:
        """SIGKILL and start; the user `revoked` is refused until the next restart."""
        self.kill()
        self.start(revoked=revoked)

    async def shorten_ack_wait(self, durable: str, seconds: float) -> None:
        """A message whose reader died comes again after so long, not after the 30 s of operation."""
        (shared,) = (each for each in DURABLES if each.name == durable)
        config = consumer_config(shared)
        config.ack_wait = seconds
        async with await self.connect() as client:
            await client.jetstream().add_consumer(shared.stream, config)

    async def connect(self, user: str = ADMIN, **options: Any) -> Client:
        """A client with the permissions of `user`. Close it."""
        own = {"nkeys_seed_str": self.seed(user), "inbox_prefix": f"_INBOX_{user}", "connect_timeout": 20}
        return await nats.connect(self.url, **own | options)

    def kill(self) -> None:
        """SIGKILL, as an out-of-memory killer would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _target(self) -> Target:
        return Target(
            secrets_dir=self._secrets,
            postgres_host="127.0.0.1",
            postgres_port=0,
            postgres_user="postgres",
            nats_url=self.url,
            nats_listen=f"127.0.0.1:{self.port}",
            nats_store_dir=self._directory / "data",
            stream_replicas=1,
            wait_seconds=_START_SECONDS,
        )

    def _configuration(self, revoked: str | None) -> Path:
        admin = self._secrets / f"{ADMIN}.nk"
        if not admin.exists():
            ensure_in(self._secrets)
            admin.write_text(nkey.new_seed())
        conf, first_users = render(self._target()), "users: ["
        assert first_users in conf, "infra/nats/nats.conf has another form"
        user = f"{{ nkey: {nkey.public_key(self.seed(ADMIN))} }}"
        conf = conf.replace(first_users, f"{first_users} {user}", 1)
        if revoked:
            conf = conf.replace(nkey.public_key(self.seed(revoked)), nkey.public_key(nkey.new_seed()))
        path = self._directory / "nats.conf"
        path.write_text(conf)
        return path

    def _await_port(self) -> None:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as s:
                if s.recv(4) == b"INFO":
                    return
            assert self._process is not None
            assert self._process.poll() is None, (self._directory / "nats.log").read_text()
            time.sleep(0.02)
        raise TimeoutError(f"nats-server does not listen on {self.port}")

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(number)
        self._signal(signal.SIGCONT)
        self._process.wait(timeout=30)
        self._process = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as a stream keeps it."""

    sequence: int
    subject: str
    headers: Mapping[str, str]
    data: bytes

    @property
    def event_id(self) -> str:
        return self.headers["ce-id"]


async def stored(client: Client, stream: str) -> list[StoredMessage]:
    """Everything that the stream holds, in stream order."""
    jetstream = client.jetstream()
    count = (await jetstream.stream_info(stream)).state.messages
    if not count:
        return []
    subscription = await jetstream.subscribe(">", stream=stream, ordered_consumer=True)
    try:
        messages = [await subscription.next_msg(timeout=30) for _ in range(count)]
    finally:
        await subscription.unsubscribe()
    return [StoredMessage(m.metadata.sequence.stream, m.subject, m.headers or {}, m.data) for m in messages]
