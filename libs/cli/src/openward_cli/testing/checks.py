"""`check`: all that can be said about the code without running the system."""

import asyncio
import os
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from openward_cli.failure import Failure
from openward_cli.setting_up import python
from openward_cli.stack import Stack
from openward_cli.testing import migrations, sources
from openward_cli.testing.command import passes, tool


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    name: str
    seconds: float
    failure: Failure | None


def check(stack: Stack, console: Console) -> bool:
    """Runs all, whatever fails; true when nothing did."""
    return all(outcome.failure is None for outcome in run(checks(stack), console))


def checks(stack: Stack) -> list[Check]:
    root = stack.root

    def command(name: str, *words: str, directory: Path = root) -> Check:
        return Check(name, partial(passes, tool(words[0]), *words[1:], directory=directory))

    code = ("libs", "services", "tests", "bench")
    return [
        command("types", "mypy", *code),
        command("lint", "ruff", "check", "."),
        command("format", "ruff", "format", "--check", "."),
        command("imports", "lint-imports"),
        *(command(f"packages {m.name}", "deptry", "src", directory=m) for m in python.members(stack)),
        command("contracts", "python", "-m", "openward_contracts.export", "--check"),
        command("differences", "python", "-m", "openward_testkit.differential.page", "--check"),
        command("api document", "openward", "openapi", "--check"),
        command("structure", "pytest", "-q", "tests/architecture"),
        command("shell", "shellcheck", *sources.shell(root)),
        command("docker", "hadolint", *sources.dockerfiles(root)),
        command("compose", "openward", "compose", "--check"),
        Check("migrations", partial(migrations.match_schemas, root)),
    ]


def run(todo: list[Check], console: Console) -> list[Outcome]:
    """One line for each when it ends, and at last what the failed ones said."""
    outcomes = asyncio.run(_run(todo, console))
    for outcome in outcomes:
        if outcome.failure:
            console.rule(outcome.name, align="left")
            said = outcome.failure.details or str(outcome.failure)
            console.print(said, markup=False, highlight=False, soft_wrap=True)
    return outcomes


async def _run(todo: list[Check], console: Console) -> list[Outcome]:
    processors = asyncio.Semaphore(os.cpu_count() or 1)

    async def one(check: Check) -> Outcome:
        async with processors:
            outcome = await _timed(check)
        mark = "[red]✗[/]" if outcome.failure else "[green]✓[/]"
        console.print(f"{mark} {outcome.name:<22} {outcome.seconds:5.1f} s", highlight=False)
        return outcome

    return list(await asyncio.gather(*(one(check) for check in todo)))


async def _timed(check: Check) -> Outcome:
    began = time.monotonic()
    try:
        await check.run()
    except Failure as failure:
        return Outcome(check.name, time.monotonic() - began, failure)
    except Exception as error:  # noqa: BLE001 - the other checks go on
        details = "".join(traceback.format_exception(error))
        return Outcome(check.name, time.monotonic() - began, Failure(check.name, "a bug", details=details))
    return Outcome(check.name, time.monotonic() - began, None)
