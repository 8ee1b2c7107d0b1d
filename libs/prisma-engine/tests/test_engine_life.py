"""The engine lives as long as the process that started it, and says nothing that it should not."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
from openward_servicekit.http import ConnectionLost, UpstreamUnavailable
from openward_servicekit.prisma import connected, prisma_options

HERE = Path(__file__).parent
ENGINE = HERE.parent / "src" / "prisma-engine.mjs"

Owner = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def owner(generated: Path, url: str) -> Iterator[Owner]:
    with ExitStack() as started:

        def start(action: str, word: str = "", **environment: str) -> subprocess.Popen[str]:
            script = HERE / "engine_owner.py"
            process = subprocess.Popen(
                [sys.executable, script, generated, ENGINE, url, action, word],
                env=os.environ | environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


def engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    """As soon as it is there; the process that was only asked for its version is not it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in psutil.Process(process.pid).children():
            with suppress(psutil.Error):  # it ended meanwhile
                if "-p" in child.cmdline():
                    return child
        time.sleep(0.005)
    pytest.fail("no engine was started")


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_gone(process: psutil.Process, seconds: float) -> float:
    began = time.monotonic()
    while not is_gone(process) and time.monotonic() - began < seconds:
        time.sleep(0.01)
    return time.monotonic() - began


def test_the_engine_ends_with_a_killed_parent(owner: Owner) -> None:
    process = owner("wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "connected\n"
    engine = engine_of(process)

    process.kill()
    assert wait_gone(engine, 20) < 20


def test_the_engine_ends_when_its_parent_is_killed_before_it_is_ready(owner: Owner) -> None:
    process = owner("wait")
    engine = engine_of(process)
    engine.suspend()  # so that it cannot be faster than we are
    process.kill()
    process.wait()
    engine.resume()
    assert wait_gone(engine, 60) < 60


def test_nothing_of_a_query_is_printed(owner: Owner) -> None:
    process = owner("speak", "xq7hidden", DEBUG="*", PRISMA_SHOW_ALL_TRACES="1", RUST_LOG="debug")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, "connected\n")
    assert "xq7hidden" not in errors


def test_secret_and_password_are_not_among_the_arguments(owner: Owner) -> None:
    process = owner("wait")
    engine = engine_of(process)
    assert [part for part in engine.cmdline() if "postgres" in part or len(part) > 200] == []


async def test_disconnect_ends_the_engine(package: ModuleType, generated: Path, url: str) -> None:
    options = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    async with connected(package.Prisma(**options)) as db:
        engine = psutil.Process(db._internal_engine.process.pid)
        assert not is_gone(engine)
    assert is_gone(engine)


async def test_asked_to_end_the_engine_goes_on_until_its_parent_has_no_more_use_for_it(db: Any) -> None:
    os.kill(db._internal_engine.process.pid, signal.SIGTERM)
    await asyncio.sleep(0.2)
    assert await db.owner.count() == 0


async def test_an_engine_that_was_killed_is_started_again(
    package: ModuleType, generated: Path, url: str, sleeping: Callable[[], Awaitable[None]]
) -> None:
    options = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    async with connected(package.Prisma(**options)) as db:
        under_way = asyncio.create_task(db.query_raw("SELECT pg_sleep(30)"))
        await sleeping()
        os.kill(db._internal_engine.process.pid, signal.SIGKILL)
        with pytest.raises(ConnectionLost):
            await under_way
        refused = 0
        async with asyncio.timeout(60):
            while refused < 10_000:
                try:
                    assert await db.owner.count() >= 0
                    break
                except (UpstreamUnavailable, ConnectionLost):
                    refused += 1
                    await asyncio.sleep(0.05)
    assert refused > 0


async def test_without_its_database_the_engine_says_so_and_ends(
    package: ModuleType, generated: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql://somebody:hidden-word@127.0.0.1:9/none"
    options = prisma_options(engine=ENGINE, client=generated / "client", url=url)
    db = package.Prisma(**options, connect_timeout=timedelta(seconds=10))
    with pytest.raises(package.engine.errors.EngineConnectionError):
        await start_and_stop(db)

    said = capfd.readouterr().err
    assert said.startswith("prisma-engine: cannot start: ")
    assert "127.0.0.1:9" in said
    assert "hidden-word" not in said


async def start_and_stop(db: Any) -> None:
    async with connected(db):
        pass
