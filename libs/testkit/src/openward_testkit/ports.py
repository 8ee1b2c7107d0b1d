"""Ports for servers that live as long as a test session."""

import socket


def free_port() -> int:
    """A TCP port that nobody listens on; it may be taken before it is used, so start the server at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
