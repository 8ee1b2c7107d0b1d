"""One `up`, `down` or `clean` of a stack at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from openward_cli.failure import Failure
from openward_cli.stack import Stack


@contextmanager
def exclusive(stack: Stack) -> Iterator[None]:
    """Raises `Failure` at once when another process has it. A killed one leaves nothing behind."""
    stack.run_dir.mkdir(parents=True, exist_ok=True)
    with (stack.run_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = f"Another openward command works on the stack {stack.stack!r}"
            raise Failure(what, "wait until it has ended") from None
        yield
