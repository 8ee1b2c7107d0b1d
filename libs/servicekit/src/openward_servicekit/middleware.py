"""What surrounds every request: id, trace, metrics, access-log line, the answer to an unexpected error."""

import re
import time
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog
from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openward_servicekit.context import bind
from openward_servicekit.health import Readiness
from openward_servicekit.problems import internal_error
from openward_servicekit.telemetry import HttpMetrics, span

log = structlog.get_logger(__name__)

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CLIENT_GONE: Final = 499  # nginx's number for a request that got no answer


class AnswerBrokenError(Exception):
    """The answer had begun when an error came: the server must cut the connection. The log has the cause."""


@dataclass(slots=True)
class _Exchange:
    scope: Scope
    request_id: str
    started: float
    probe: str | None
    status: int | None = None

    @property
    def method(self) -> str:
        method = str(self.scope["method"])
        return method if method in _METHODS else "OTHER"

    @property
    def route(self) -> str:
        """The template, never the path: paths carry ids, and a wrong path may carry anything."""
        return self.probe or str(getattr(self.scope.get("route"), "path", "unmatched"))


class Observe:
    """Pure ASGI, so that streams stay streams. Only HTTP is served; anything else passes through.

    `probes` are paths, without parameters, that the platform asks for all the time: not worth a log line.
    """

    def __init__(
        self, app: ASGIApp, *, metrics: HttpMetrics, readiness: Readiness, probes: frozenset[str]
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.readiness = readiness
        self.probes = probes
        self._log = log.bind()  # found once, not for every request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        probe = scope["path"] if scope["path"] in self.probes else None
        exchange = _Exchange(scope, _request_id(headers), time.perf_counter(), probe)
        parent = headers.get("traceparent")
        with (
            bind(request_id=exchange.request_id),
            span(exchange.method, kind=SpanKind.SERVER, parent=parent) as current,
            self.metrics.in_flight.track_inprogress(),
        ):
            try:
                await self._answer(exchange, receive, send)
            finally:
                self._record(exchange)
                current.update_name(f"{exchange.method} {exchange.route}")
                current.set_attribute("http.response.status_code", exchange.status or _CLIENT_GONE)

    async def _answer(self, exchange: _Exchange, receive: Receive, send: Send) -> None:
        async def observed_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                self._add_headers(message, exchange.request_id)
            await send(message)

        try:
            await self.app(exchange.scope, receive, observed_send)
        except ClientDisconnect:
            pass  # while its body was read: nobody waits for an answer
        except Exception:
            log.exception("request failed", route=exchange.route)
            if exchange.status is not None:
                raise AnswerBrokenError from None
            await internal_error(Request(exchange.scope))(exchange.scope, receive, observed_send)

    def _add_headers(self, start: Message, request_id: str) -> None:
        headers = MutableHeaders(raw=start.setdefault("headers", []))
        headers["X-Request-Id"] = request_id
        if self.readiness.draining:
            headers["Connection"] = "close"  # the caller's next request goes to a process that stays

    def _record(self, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        status = exchange.status or _CLIENT_GONE
        self.metrics.answered(method=exchange.method, route=exchange.route, status=status, seconds=seconds)
        note = self._log.debug if exchange.probe else self._log.info
        problem = exchange.scope.get("state", {}).get("problem")
        note(
            "request",
            method=exchange.method,
            route=exchange.route,
            status=status,
            ms=round(seconds * 1000, 1),
            **({"problem": problem} if problem else {}),
        )


def _request_id(headers: Headers) -> str:
    """The gateway's, if it is one: anything else could carry text into our logs."""
    given = headers.get("x-request-id", "")
    return given if _UUID.fullmatch(given) else str(uuid4())
