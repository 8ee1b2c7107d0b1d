"""Whether a neighbour is asked at all: not while it fails, but for one question a second."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

#: So many failures one after the other, or so many of the latest answers, and the way is closed.
FAILURES_IN_A_ROW: Final = 5
LATEST: Final = 40
FAILURES_OF_LATEST: Final = 20
#: Seconds between the requests that try whether the neighbour is back.
PAUSE: Final = 1.0


@dataclass(slots=True)
class Breaker:
    """Counts how requests end; says whether the next may go.

    Open, it lets one request go every PAUSE, answered or not, and the first success closes it. A hanging
    neighbour is thus asked by at most as many requests as have time to hang.
    """

    clock: Callable[[], float] = time.monotonic
    _row: int = 0
    _latest: deque[bool] = field(default_factory=lambda: deque(maxlen=LATEST))
    _failures: int = 0
    _next_try: float | None = None

    @property
    def open(self) -> bool:
        return self._next_try is not None

    @property
    def holding_back(self) -> bool:
        """Whether a request that came now would be refused; nobody may have come to try for long."""
        return self._next_try is not None and self.clock() < self._next_try

    def seconds_until_try(self) -> float:
        """0 when a request may go now, which uses up the try if it is one."""
        if self._next_try is None:
            return 0.0
        now = self.clock()
        if now < self._next_try:
            return self._next_try - now
        self._next_try = now + PAUSE
        return 0.0

    def succeeded(self) -> None:
        if self._next_try is not None:
            self._next_try = None
            self._latest.clear()
            self._failures = 0
        self._row = 0
        self._note(failed=False)

    def failed(self) -> None:
        self._row += 1
        self._note(failed=True)
        if self._row >= FAILURES_IN_A_ROW or self._failures >= FAILURES_OF_LATEST:
            self._next_try = self._next_try or self.clock() + PAUSE

    def _note(self, *, failed: bool) -> None:
        if len(self._latest) == LATEST:
            self._failures -= self._latest[0]
        self._latest.append(failed)
        self._failures += failed
