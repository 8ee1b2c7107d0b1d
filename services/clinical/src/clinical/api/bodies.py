"""What is wrong in a body, where the same may be sent in an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from openward_servicekit.errors import Failure


@contextmanager
def in_body(kind: type[Failure] = Failure) -> Iterator[None]:
    """Failures of that kind in the block blame the member that has the parameter's name."""
    try:
        yield
    except kind as failure:
        failure.errors = tuple(
            replace(each, pointer=f"/{each.path}", path=None) if each.path else each
            for each in failure.errors
        )
        raise
