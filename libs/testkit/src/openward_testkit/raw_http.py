"""HTTP as bytes on a socket, for requests that no client library would send."""

import contextlib
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_RECEIVE = 65536


@dataclass(frozen=True)
class RawAnswer:
    """All that came back until the peer closed or fell silent."""

    data: bytes

    @property
    def statuses(self) -> list[int]:
        """Of every answer on the connection: two for one request means that it was taken for two."""
        return [int(status) for status in _STATUS.findall(self.data)]

    @property
    def status(self) -> int:
        """0 when there is no answer."""
        return next(iter(self.statuses), 0)

    @property
    def text(self) -> str:
        return self.data.decode("latin1")


def request_bytes(
    path: str,
    host: str,
    *,
    method: str = "GET",
    headers: Iterable[str] = (),
    body: bytes = b"",
    close: bool = True,
) -> bytes:
    """A request put together without any check; each header is a whole line."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {host}",
        *headers,
        *(["Connection: close"] if close else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin1") + body


def exchange(port: int, data: bytes, *, seconds: float = 10, quiet_seconds: float = 1) -> RawAnswer:
    """Send to 127.0.0.1; give what comes within `seconds` and then until the peer says nothing more.

    A peer that refuses a body may close while it is still being sent: what it said before is in the answer.
    """
    received: list[bytes] = []
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while chunk := connection.recv(_RECEIVE):
                received.append(chunk)
                connection.settimeout(quiet_seconds)
    return RawAnswer(b"".join(received))
