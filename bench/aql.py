"""How long it takes to read AQL and to restrict it: every query of services/clinical/tests/aql, many times.

The last line is one JSON object. Needs no server.
"""

import json
import re
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinical.domain.aql import Scope, read, restricted
from clinical.domain.aql.lexer import MAX_LENGTH
from clinical.domain.aql.reading import CACHED_LENGTH, CACHED_TEXTS
from clinical.domain.errors import QueryNotBound
from openward_contracts.identifiers import EhrId

from bench.registry_clock import p50_ms, p95_ms, say

CORPUS = Path(__file__).parents[1] / "services" / "clinical" / "tests" / "aql" / "queries.txt"
ROUNDS = 20
SCOPE = Scope([EhrId.new(), EhrId.new()], ["a", "b"])
LONG = "SELECT c/name/value FROM EHR e CONTAINS COMPOSITION c WHERE "


def main() -> None:
    queries = _queries()
    read(queries[0])  # makes the parser
    say(f"{len(queries)} queries, {ROUNDS} rounds")
    # A space more each time, so that no text is in the cache.
    parse = [_seconds(read, text + " " * n) for n in range(ROUNDS) for text in queries]
    restrict = [_seconds(_restricted, text) for _ in range(ROUNDS) for text in queries]
    cached = [
        _seconds(read, text) for _ in range(ROUNDS) for text in queries[:CACHED_TEXTS] for _ in range(2)
    ]
    result = {
        "bench": "aql",
        "queries": len(queries),
        "parse_ms": {"p50": p50_ms(parse), "p95": p95_ms(parse)},
        "cached_ms_p50": round(sorted(cached)[len(cached) // 2] * 1000, 4),
        "restrict_ms_p50": p50_ms(restrict),
        "longest_ms": round(_seconds(read, _longest()) * 1000),
        "full_cache_mb": _cache_mb(),
    }
    print(json.dumps(result))


def _queries() -> list[str]:
    """Those that are AQL."""
    text = CORPUS.read_text(encoding="utf-8")
    return re.findall(r"^# [\w-]+: .*\n((?:(?!#!? [\w-]+: ).*\n)+)", text, re.MULTILINE)


def _restricted(text: str) -> None:
    with suppress(QueryNotBound):
        restricted(text, SCOPE)


def _seconds(act: Callable[[str], object], text: str) -> float:
    started = time.perf_counter()
    act(text)
    return time.perf_counter() - started


def _longest() -> str:
    condition = "c/context/start_time/value > '2026-01-01' AND "
    return LONG + condition * ((MAX_LENGTH - len(LONG)) // len(condition) - 1) + "c/name/value = 'x'"


def _cache_mb() -> float:
    """Of as many texts as are kept, each as long as one that is kept can be."""
    condition = "c/name/value='x' OR "
    texts = [
        LONG + condition * ((CACHED_LENGTH - 80) // len(condition)) + f"c/x={n:04}"
        for n in range(CACHED_TEXTS)
    ]
    tracemalloc.start()
    for text in texts:
        read(text)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(size / 1e6, 1)


main()
