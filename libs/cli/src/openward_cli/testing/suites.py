"""`test`: the checks, then every suite, on stacks of their own that are made and stopped here."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from rich.console import Console

from openward_cli import halt, launch
from openward_cli.doctor.machine import GIB, MEMORY_GIB
from openward_cli.failure import Failure
from openward_cli.setting_up.plan import setup
from openward_cli.stack import Stack
from openward_cli.testing import checks
from openward_cli.testing.suite import Counts, Suite, integration_folders, node, pytest

REPLICAS = 2
#: All of its tests need PostgreSQL.
_ENGINE = "libs/prisma-engine/tests"


@dataclass(frozen=True)
class Result:
    suite: str
    passed: int
    failed: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.suite:<12} {self.passed:5} passed {self.failed:4} failed {self.seconds:7.1f} s"


def test(console: Console, only: list[str]) -> bool:
    """True when nothing failed. The stacks are stopped at the end; data and logs stay, to look into.

    A whole stack begins empty: what tests of parts leave in the infrastructure is nothing that services know.
    """
    stacks = stacks_of_tests()
    todo = chosen(stacks[0], console, only)
    setup(stacks[0], console, quiet=True)
    results, cleaned_for = [], ""
    try:
        for suite in todo:
            if suite.needs not in {"", cleaned_for}:
                for stack in stacks:
                    halt.clean(stack, console)
                cleaned_for = suite.needs
            results.append(_result(stacks, suite, console))
    finally:
        for stack in stacks:
            halt.down(stack, console)
    summarise(results, console)
    return all(result.failed == 0 for result in results)


def stacks_of_tests() -> list[Stack]:
    """The one that all suites have, and a second if the machine has room for two at once.

    With OPENWARD_PORT_OFFSET it is one: both would have the same ports.
    """
    first = Stack(stack="test", replicas=REPLICAS)
    room = psutil.virtual_memory().available >= 2 * MEMORY_GIB * GIB
    if os.cpu_count() == 1 or not room or first.port_offset >= 0:
        return [first]
    return [first, Stack(stack="test-2", replicas=REPLICAS)]


def chosen(stack: Stack, console: Console, only: list[str]) -> list[Suite]:
    suites = [
        Suite("check", lambda stacks: _checks(stacks[0], console)),
        pytest("unit", "libs", "services", "--ignore-glob=*/tests/integration", f"--ignore={_ENGINE}"),
        node(),
        pytest("integration", *integration_folders(stack.root), _ENGINE),
        pytest("e2e", "tests/e2e"),
        pytest("chaos", "tests/chaos"),
    ]
    names = [suite.name for suite in suites]
    if unknown := [name for name in only if name not in names]:
        raise Failure(f"There is no suite {', '.join(unknown)}", f"there are {', '.join(names)}")
    return [suite for suite in suites if suite.name in only or not only]


def summarise(results: list[Result], console: Console) -> None:
    console.rule("summary", align="left")
    for result in results:
        console.print(str(result), style="red" if result.failed else "green", highlight=False)
    seconds = sum(result.seconds for result in results)
    passed, failed = sum(result.passed for result in results), sum(result.failed for result in results)
    console.print(f"{passed} passed, {failed} failed in {seconds:.1f} s", highlight=False)


def _result(stacks: Sequence[Stack], suite: Suite, console: Console) -> Result:
    console.rule(suite.name, align="left")
    began = time.monotonic()
    try:
        for stack in stacks[: 2 if suite.divided else 1] if suite.needs else ():
            launch.up(stack, console, only=suite.needs if suite.needs == "infrastructure" else "")
        passed, failed = suite.run(stacks)
    except Failure as failure:
        console.print(f"{failure.details}\n{failure}", style="red", markup=False, highlight=False)
        passed, failed = 0, 1
    return Result(suite.name, passed, failed, time.monotonic() - began)


def _checks(stack: Stack, console: Console) -> Counts:
    failures = [outcome.failure is not None for outcome in checks.run(checks.checks(stack), console)]
    return failures.count(False), failures.count(True)
