"""Logs: one JSON object a line on stdout, for our own records and for those of every library.

Of an exception a record holds the type and the places, never the message: messages quote values.
JSON in ASCII keeps any value inside its record, whatever line breaks or terminal codes it has.
"""

import asyncio
import atexit
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from openward_servicekit.context import current_actor, current_request_id
from openward_servicekit.errors import Failure

# Libraries whose INFO tells too much (httpx: addresses) or too little.
_QUIET = ("httpx", "asyncio", "aiohttp", "nats", "faststream")
_FRAMES = 20
_GATHER_SECONDS = 0.02


def configure(service: str, level: str, stream: TextIO | None = None) -> None:
    """Set up this process's logs; only a process's entry point calls it."""
    lines = _Lines(stream or sys.stdout)
    atexit.register(lines.write_out)
    stream = cast("TextIO", lines)
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [_about(service), _exceptions]
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shared,
            _json(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_foreign_formatter(shared))
    logging.basicConfig(handlers=[handler], level=number, force=True)
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        library = logging.getLogger(name)
        library.setLevel(max(number, logging.WARNING))
        library.handlers.clear()  # FastStream's would write lines of its own form
        library.propagate = True
    sys.excepthook = _on_uncaught


class _Lines:
    """Loses a record, not the work it speaks of, when who reads the stream has ended: a killed supervisor.

    Records of an event loop are written together, a moment later: a write for each, and waking who reads it,
    took as long as a twentieth of a request.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def write(self, text: str) -> None:
        self._waiting.append(text)

    def flush(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.write_out()
            return
        if self._loop is not loop:  # else it is going to write them
            self._loop = loop
            loop.call_later(_GATHER_SECONDS, self.write_out)

    def write_out(self) -> None:
        self._loop = None
        text = "".join(self._waiting)
        self._waiting.clear()
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


def _foreign_formatter(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _shorten_foreign,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shared, _json()],
    )


def _json() -> Processor:
    """An object in a record appears as its type: its content is not for logs."""
    encode = json.JSONEncoder(ensure_ascii=True, default=lambda value: type(value).__name__).encode

    def render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        return encode(event)

    return render


def _about(service: str) -> Processor:
    """Add who and what a record is about."""

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        if (request_id := current_request_id()) is not None:
            event["request_id"] = request_id
        if (actor := current_actor()) is not None:
            event["actor"] = actor.sub
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = trace.format_trace_id(context.trace_id)
        return event

    return add


def _exceptions(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = [_described(e) for e in _chain(error)]
    event.pop("stack_info", None)
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it came from, and the members of groups; each once."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _FRAMES:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting.extend(current.exceptions)
        before = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if before is not None:
            waiting.append(before)


def _described(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    described: dict[str, Any] = {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "at": _places(error.__traceback__),
    }
    if isinstance(error, Failure):
        described["problem"] = error.slug
    if isinstance(state := getattr(error, "sqlstate", None), str):
        described["sqlstate"] = state
    return described


def _places(tb: TracebackType | None) -> list[str]:
    frames = list(traceback.walk_tb(tb))[-_FRAMES:]
    return [f"{f.f_globals.get('__name__')}:{f.f_code.co_qualname}:{line}" for f, line in frames]


def _shorten_foreign(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Libraries write tracebacks, and the `repr` of a failed task with its exception, into the text."""
    text = str(event["event"]).partition("Traceback (most recent call last)")[0]
    if event.get("logger") == "asyncio":
        text = text.partition("\n")[0].partition("(")[0]
    event["event"] = text.strip()
    return event


def _on_uncaught(kind: type[BaseException], error: BaseException, _tb: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger(__name__).critical("process failed", exc_info=error)
