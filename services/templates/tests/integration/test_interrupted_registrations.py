"""A process is killed between its two writes: after either, the template is published, once.

Each test leaves nothing to be finished: the next one's first process would do that, and be stopped at it.
"""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openward_servicekit.ports import free_port
from openward_testkit.checkpoint import Checkpoint, Point
from pydantic import SecretStr

Started = Callable[..., Any]
#: A template: its id and its document.
Sent = tuple[str, bytes]
KillAt = Callable[..., Awaitable[None]]


def environment(settings: Any, secrets: Path) -> dict[str, str]:
    """As the command line gives it to a service."""
    variables = {}
    for name, value in settings:
        key = f"OPENWARD_{name.upper()}"
        if isinstance(value, SecretStr):
            file = secrets / name
            file.write_text(value.get_secret_value())
            variables[f"{key}_FILE"] = str(file)
        elif value is not None:
            variables[key] = str(value)
    return variables


@pytest.fixture
def started(served: Any, speak: Callable[..., Any], tmp_path: Path) -> Started:
    """Starts the service as a process, with other settings; what speaks to it, and the process."""

    @asynccontextmanager
    async def process(**changes: Any) -> AsyncIterator[tuple[Any, Process]]:
        port = free_port()
        settings = served.model_copy(update={"port": port, **changes})
        said = tmp_path / f"{port}.log"
        with said.open("wb") as log:
            running = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "templates"),
                env=os.environ | environment(settings, tmp_path),
                stdout=log,
                stderr=log,
            )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                await ready(client, running, said)
                yield speak(client), running
        finally:
            await kill(running)

    return process


async def ready(client: httpx.AsyncClient, process: Process, said: Path) -> None:
    answer = None
    try:
        async with asyncio.timeout(90):
            while process.returncode is None:
                with suppress(httpx.HTTPError):
                    answer = await client.get("/readyz")
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.1)
    except TimeoutError:
        pass
    pytest.fail(f"exit {process.returncode}, {answer and answer.text}, {last_words(said)}")


def last_words(said: Path) -> str:
    return said.read_text()[-3000:]


async def kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@pytest.fixture
def sent(template_id: str, make_opt: Callable[..., bytes]) -> Sent:
    return template_id, make_opt(template_id)


@pytest.fixture
def kill_at(started: Started, served: Any, sent: Sent) -> KillAt:
    """A process gets the template, or another document, and is killed at that point of its way to EHRbase."""

    async def killed(point: Point, opt: bytes = sent[1], method: str = "POST") -> None:
        checkpoint = Checkpoint(served.ehrbase_url, point, method=method)
        async with checkpoint.standing() as url, started(ehrbase_url=url) as (service, victim):
            upload = asyncio.create_task(service.upload(opt))
            async with asyncio.timeout(60):
                await checkpoint.reached.wait()
            await kill(victim)
            with pytest.raises(httpx.HTTPError):
                await upload

    return killed


@pytest.mark.parametrize("point", list(Point))
async def test_the_next_process_finishes_what_a_killed_one_began(
    kill_at: KillAt, started: Started, cdr: Any, outbox: Any, sent: Sent, point: Point
) -> None:
    template_id, opt = sent
    await kill_at(point)
    held = (await cdr.get(f"/{quote(template_id)}")).status_code
    assert held == {Point.REQUEST: 404, Point.ANSWER: 200}[point]
    assert await outbox.subjects(template_id) == ["uploaded"]

    async with started() as (survivor, _):
        known = await survivor.published(template_id)
        again = await survivor.upload(opt)

    assert known["version"] == "1.0.0"
    assert (again.status_code, again.json()) == (200, known)
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


@pytest.mark.parametrize("point", list(Point))
async def test_who_sends_it_again_elsewhere_has_it_published(
    kill_at: KillAt, started: Started, outbox: Any, sent: Sent, point: Point
) -> None:
    template_id, opt = sent
    async with started(reconcile_seconds=600) as (other, _):
        await kill_at(point)

        different = await other.upload(opt.replace(b"Blood pressure", b"Pressure"))
        again = await other.upload(opt)
        document = await other.get(again.headers["location"], Accept="application/xml")

    assert (different.status_code, different.json()["code"]) == (409, "template-exists")
    assert (again.status_code, again.json()["uploads"]) == (201, 1)
    assert document.content == opt
    assert await outbox.subjects(template_id) == ["uploaded", "published"]


WIDER = ("<upper>1000.0</upper>", "<upper>1200.0</upper>")
RENAMED = ("Blood pressure", "Pressure, new")


@pytest.mark.parametrize(
    "case", [(WIDER, "PUT", WIDER[1]), (RENAMED, "DELETE", ""), (RENAMED, "POST", RENAMED[1])]
)
async def test_a_replacement_that_was_killed_is_finished(
    kill_at: KillAt,
    replica_with: Callable[..., Any],
    cdr: Any,
    outbox: Any,
    sent: Sent,
    case: tuple[tuple[str, str], str, str],
) -> None:
    """A change that breaks nothing is one request, another is two; `there`: what EHRbase has meanwhile."""
    (template_id, opt), ((old, new), method, there) = sent, case
    changed = opt.replace(old.encode(), new.encode())
    async with replica_with() as first:
        await first.upload(opt)
    await kill_at(Point.ANSWER, changed, method)
    assert there in (await cdr.get(f"/{quote(template_id)}")).text

    async with replica_with() as survivor:
        again = await survivor.upload(changed)
        known = await survivor.read(template_id)

    assert again.status_code in {200, 201}
    assert again.json() == known
    assert (known["state"], known["cdr_state"], known["uploads"]) == ("published", "held", 2)
    assert new in (await cdr.get(f"/{quote(template_id)}")).text
    assert await outbox.subjects(template_id) == ["uploaded", "published"] * 2
