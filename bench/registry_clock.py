"""Progress on stderr, with times; percentiles."""

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    say(f"{what}: {time.perf_counter() - started:.1f} s")


def say(what: str) -> None:
    """With the load average of the last minute: others may be at work on this machine."""
    print(f"{time.strftime('%H:%M:%S')} [load {os.getloadavg()[0]:.1f}] {what}", file=sys.stderr, flush=True)


def p95_ms(seconds: Sequence[float]) -> float:
    return round(statistics.quantiles(seconds, n=20)[-1] * 1000, 2)


def p50_ms(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds) * 1000, 2)
