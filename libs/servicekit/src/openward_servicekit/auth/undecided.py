"""What a request still has to decide. A forgotten check on the object must not leak it (OWASP API1)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from openward_servicekit.auth.permissions import Permission

_undecided: Final[ContextVar[set[Permission] | None]] = ContextVar("openward_undecided", default=None)


class UncheckedObjectError(RuntimeError):
    """A fault of ours: the route answered, but nobody asked whether the caller may have this object."""


async def hold_answer() -> AsyncIterator[set[Permission]]:
    """A dependency of scope `function`: it ends after the route has returned and before anything is sent.

    Raises UncheckedObjectError as `deciding`.
    """
    with deciding() as permissions:
        yield permissions


@contextmanager
def deciding() -> Iterator[set[Permission]]:
    """The permissions that the block has given out and not decided on.

    Raises UncheckedObjectError if the block succeeded and there are some at its end.
    """
    permissions: set[Permission] = set()
    _undecided.set(permissions)
    yield permissions
    if permissions:
        raise UncheckedObjectError(", ".join(sorted(permission.name for permission in permissions)))


def decided(permission: Permission) -> None:
    """Note that the current request, if there is one, has asked about its object."""
    (_undecided.get() or set()).discard(permission)
