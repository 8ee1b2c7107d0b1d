"""What NATS tells of the connection, for logs and readiness."""

import os
from time import monotonic

import structlog
from nats.errors import Error as NatsError

from openward_servicekit.errors import Unavailable

_log = structlog.get_logger(__name__)

#: How long readiness remembers that NATS forbade something.
_REMEMBER_S = 60.0


class ConnectionState:
    """Callbacks for nats-py, and what they saw."""

    def __init__(self) -> None:
        #: Set before the connection is closed on purpose.
        self.stopping = False
        self._forbidden = ""
        self._forbidden_at = float("-inf")

    async def check_rights(self) -> None:
        """Raises Unavailable when NATS lately refused this user, a subject of it or its credentials."""
        if monotonic() - self._forbidden_at < _REMEMBER_S:
            raise Unavailable(self._forbidden)

    async def connected(self) -> None:
        _log.info("nats.connected")

    async def disconnected(self) -> None:
        if not self.stopping:
            _log.warning("nats.disconnected")

    async def failed(self, error: Exception) -> None:
        """nats-py calls this for every failed try to connect, too: those are not worth a line each."""
        if isinstance(error, NatsError) and any(word in str(error).lower() for word in _FORBIDDEN):
            self._forbidden, self._forbidden_at = str(error), monotonic()
            _log.error("nats.forbidden", why=self._forbidden)

    async def closed(self) -> None:
        """nats-py has given up for good, which it does when the server says that the protocol was broken.

        FastStream's pull loops would then spin without ever giving way to another task, health checks
        included: only the end of the process helps.
        """
        if self.stopping:
            return
        _log.critical("nats.closed", why=self._forbidden or "the server ended the connection for good")
        os._exit(os.EX_SOFTWARE)


_FORBIDDEN = ("permissions violation", "authorization")
