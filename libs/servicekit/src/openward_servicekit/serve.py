"""Run a service's app as a process: uvicorn on uvloop and httptools, and an end that drops nobody.

On SIGTERM or SIGINT `/readyz` says 503 for `drain_notice_seconds` while requests are still taken, then the
port closes, requests in flight have `drain_seconds` to finish, and the lifespan ends. A second signal skips
all of that.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from openward_servicekit import logs
from openward_servicekit.health import Readiness
from openward_servicekit.settings import ServiceSettings
from openward_servicekit.telemetry import start_tracing

log = structlog.get_logger(__name__)

# Objects. A request makes hundreds and hardly a cycle among them: to look for cycles after each 700, as
# Python does by itself, takes a twentieth of all time.
_CYCLES_AFTER = 10_000
# Longer than the gateway keeps an idle connection, so that it is never we who close one it is about to use.
KEEP_ALIVE_SECONDS = 75


def run(app_factory: Callable[[], FastAPI], settings: ServiceSettings) -> None:
    """Serve until a signal; returns after a clean end, exits with code 3 if the service could not start."""
    logs.configure(settings.service, settings.log_level)
    tracing = start_tracing(settings)
    try:
        app = app_factory()
        server = DrainingServer(_config(app, settings), app.state.readiness, settings.drain_notice_seconds)
        server.run()
    finally:
        tracing.shutdown()
    if not server.started:
        sys.exit(3)
    log.info("stopped")


def _config(app: FastAPI, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody's address is taken from a header
        forwarded_allow_ips="",
        limit_concurrency=settings.limit_concurrency,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.drain_seconds)),
    )


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which closes its port at the first signal, made to say so beforehand."""

    def __init__(self, config: uvicorn.Config, readiness: Readiness, notice_seconds: float) -> None:
        super().__init__(config)
        self._readiness = readiness
        self._notice_seconds = notice_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """What a start has made stays: to search it for cycles would halt every request for 0.1 s."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_CYCLES_AFTER)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Runs as a signal handler, between any two instructions: it only hands over to the loop.

        Not passed on to uvicorn, which would raise the signal again at the end, and the process die of it.
        """
        del frame
        asyncio.get_running_loop().call_soon_threadsafe(self._stop, signal.Signals(sig).name)

    def _stop(self, name: str) -> None:
        log.info("stopping", signal=name)
        if self._readiness.draining:
            self.should_exit = self.force_exit = True
            return
        self._readiness.drain()
        asyncio.get_running_loop().call_later(self._notice_seconds, self._close)

    def _close(self) -> None:
        self.should_exit = True
