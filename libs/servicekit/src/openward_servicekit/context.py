"""Who and what the current task works for: set by the HTTP middleware and message handlers, read by logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from openward_contracts.actor import Actor

_request_id: ContextVar[str | None] = ContextVar("openward_request_id", default=None)
_actor: ContextVar[Actor | None] = ContextVar("openward_actor", default=None)


def current_request_id() -> str | None:
    """The request's UUID; it goes into events as `correlationid` and into answers as `X-Request-Id`."""
    return _request_id.get()


def current_actor() -> Actor | None:
    return _actor.get()


@contextmanager
def bind(*, request_id: str | None = None, actor: Actor | None = None) -> Iterator[None]:
    """Set what is given for the block; the rest stays as it was. At its end all is as before it."""
    before = _request_id.set(request_id or _request_id.get()), _actor.set(actor or _actor.get())
    try:
        yield
    finally:
        _request_id.reset(before[0])
        _actor.reset(before[1])


def act_for(actor: Actor) -> None:
    """Set the actor for the rest of the enclosing `bind` block: the caller becomes known in its middle."""
    _actor.set(actor)
