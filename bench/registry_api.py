"""The same questions through the HTTP API of the running service, and registering, paging and importing."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeVar
from uuid import uuid4

from bench.clinical_load import Pace, Sent, load
from bench.population import as_record, people
from bench.registry_queries import Kind, Question
from bench.registry_stage import API, Registry

T = TypeVar("T")

IN_FLIGHT: Final = 8
#: Seeds of people who are not in the registry.
_STRANGERS, _IMPORTED = 1_000_003, 2_000_003
_PAGE, _FAR, _STRIDE, _LOOKS = 10, 10_000, 100, 200
_PATHS: Final = {Kind.MATCH: "/patients/$match"}


async def alone(registry: Registry, questions: Sequence[Question]) -> tuple[list[float], float]:
    """Seconds of each answer, one after the other, and the share of people found."""
    headers = registry.headers()
    seconds, found = [], 0
    for question in questions:
        started = time.perf_counter()
        status, answer = await registry.post(_path(question), question.body, headers)
        seconds.append(time.perf_counter() - started)
        _expect(status, answer, 200)
        found += str(question.whom) in _ids(answer)
    return seconds, found / len(questions)


async def together(registry: Registry, questions: Sequence[Question]) -> tuple[float, float]:
    """p50 and p95 in ms with IN_FLIGHT questions at once, by a client that takes next to nothing.

    Of several processes each gets its share of them; the slower one's times count.
    """
    headers = registry.headers() | _JSON
    requests = [
        Sent("POST", f"{API}{_path(question)}", headers, json.dumps(question.body).encode())
        for question in questions
    ]
    share = len(registry.bases)
    pace = Pace(IN_FLIGHT // share, count=len(requests) // share)
    loads = (load(base, requests[turn::share], pace) for turn, base in enumerate(registry.bases))
    outcomes = await asyncio.gather(*loads)
    if any(outcome.failed for outcome in outcomes):
        raise RuntimeError(f"not all were answered: {outcomes}")
    p50, p95 = (max(outcome.latency_ms[name] for outcome in outcomes) for name in ("p50", "p95"))
    return p50, p95


def _path(question: Question) -> str:
    return _PATHS.get(question.kind, "/patients/_search")


def _ids(answer: Any) -> set[str]:
    """Of the patients in a page, or of the candidates of a match."""
    items = answer.get("items") or answer.get("candidates") or ()
    return {(item.get("patient") or item)["id"] for item in items}


async def registered_per_second(registry: Registry, first: int, count: int) -> tuple[float, float]:
    """People from number `first` on, and the share of them that looked like somebody else.

    As a clerk would: whoever is refused as a possible duplicate (409) is sent once more with
    `confirm=duplicates` and a reason. Both requests count as one registration.
    """
    headers = registry.headers()
    reason = {"Change-Reason": "Other person, asked for papers"}
    doubted = 0

    async def register(body: dict[str, Any]) -> None:
        nonlocal doubted
        status, answer = await registry.post("/patients", body, headers)
        if status == 409 and answer["code"] == "possible-duplicate":
            doubted += 1
            status, answer = await registry.post("/patients?confirm=duplicates", body, headers | reason)
        _expect(status, answer, 201)

    bodies = [as_record(person) for person in people(count, _STRANGERS + first, first=first)]
    started = time.perf_counter()
    await _all(register, bodies)
    return count / (time.perf_counter() - started), doubted / count


async def page_times(registry: Registry) -> tuple[float, float]:
    """Median seconds of page 1 and of page 10,000 of the list of patients, of equal size.

    The way there goes through the API, in larger steps: a cursor is of a place in the list, whatever the size
    of the page that it came with.
    """
    headers = registry.headers()
    cursor: str | None = None
    for _ in range((_FAR - 1) * _PAGE // _STRIDE):
        cursor = (await _page(registry, headers, cursor, _STRIDE))["next_cursor"]
    rest = (_FAR - 1) * _PAGE % _STRIDE
    far = (await _page(registry, headers, cursor, rest))["next_cursor"] if rest else cursor
    near_times, far_times = [], []
    for _ in range(_LOOKS):
        near_times.append(await timed(_page(registry, headers, None, _PAGE)))
        far_times.append(await timed(_page(registry, headers, far, _PAGE)))
    return median(near_times), median(far_times)


async def _page(registry: Registry, headers: dict[str, str], cursor: str | None, limit: int) -> Any:
    place = {"cursor": cursor} if cursor else {}
    status, answer = await registry.get("/patients", {"limit": str(limit), **place}, headers)
    _expect(status, answer, 200)
    if len(answer["items"]) != limit:
        raise RuntimeError(f"page {_FAR} needs {_FAR * _PAGE} patients")
    return answer


async def timed(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started


async def import_lines(registry: Registry, file: Path) -> tuple[int, float]:
    """Lines registered, and seconds until the last is on disk with its keys, event and queue entry."""
    headers = registry.headers("admin")
    path = f"/imports/{uuid4()}"
    await registry.put(path, json.dumps({"format": "native"}).encode(), headers | _JSON)
    started = time.perf_counter()
    with file.open("rb") as lines:
        status, answer = await registry.put(f"{path}/content", lines, headers)
    seconds = time.perf_counter() - started
    _expect(status, answer, 200)
    return answer["registered"], seconds


_JSON: Final = {"Content-Type": "application/json"}


def write_lines(file: Path, first: int, count: int) -> None:
    with file.open("w") as lines:
        for person in people(count, _IMPORTED + first, first=first):
            lines.write(json.dumps(as_record(person)) + "\n")


async def _all(work: Callable[[T], Awaitable[None]], items: Iterable[T]) -> None:
    """IN_FLIGHT at a time."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as workers:
        for _ in range(IN_FLIGHT):
            workers.create_task(worker())


def _expect(status: int, answer: Any, wanted: int) -> None:
    if status != wanted:
        raise RuntimeError(f"{status} instead of {wanted}: {json.dumps(answer)[:500]}")
