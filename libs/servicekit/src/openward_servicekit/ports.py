"""A port for a server of one's own on this machine."""

import random
import socket
from typing import Final

#: Above those that Linux gives to outgoing connections (`ip_local_port_range`, 32768 to 60999): one of these
#: is not taken by a connection that somebody opens before the server binds it.
_PORTS: Final = range(61_000, 65_536)
_ATTEMPTS: Final = 100


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody has; to be bound at once. Raises OSError when there is none."""
    for port in random.sample(_PORTS, _ATTEMPTS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("no free port")
