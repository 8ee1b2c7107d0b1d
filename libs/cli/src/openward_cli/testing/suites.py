"""`test`: the checks, then every suite, on a stack of its own that is made and removed here."""

import time
from dataclasses import dataclass

from rich.console import Console

from openward_cli import halt, launch
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
    """True when nothing failed. The stack is stopped at the end; its data and logs stay, to look into.

    A whole stack begins empty: what tests of parts leave in the infrastructure is nothing that services know.
    """
    stack = Stack(stack="test", replicas=REPLICAS)
    todo = chosen(stack, console, only)
    setup(stack, console, quiet=True)
    results, cleaned_for = [], ""
    try:
        for suite in todo:
            if suite.needs not in {"", cleaned_for}:
                halt.clean(stack, console)
                cleaned_for = suite.needs
            results.append(_result(stack, suite, console))
    finally:
        halt.down(stack, console)
    summarise(results, console)
    return all(result.failed == 0 for result in results)


def chosen(stack: Stack, console: Console, only: list[str]) -> list[Suite]:
    suites = [
        Suite("check", lambda stack: _checks(stack, console)),
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


def _result(stack: Stack, suite: Suite, console: Console) -> Result:
    console.rule(suite.name, align="left")
    began = time.monotonic()
    try:
        if suite.needs:
            launch.up(stack, console, only=suite.needs if suite.needs == "infrastructure" else "")
        passed, failed = suite.run(stack)
    except Failure as failure:
        console.print(f"{failure.details}\n{failure}", style="red", markup=False, highlight=False)
        passed, failed = 0, 1
    return Result(suite.name, passed, failed, time.monotonic() - began)


def _checks(stack: Stack, console: Console) -> Counts:
    failures = [outcome.failure is not None for outcome in checks.run(checks.checks(stack), console)]
    return failures.count(False), failures.count(True)
