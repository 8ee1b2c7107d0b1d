"""One suite of tests and how it is run and counted."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from openward_cli.failure import Failure
from openward_cli.stack import Stack
from openward_cli.testing import sources

#: A test that hangs shows where after this; its suite is ended after the other.
HANGING_SECONDS = 240
SUITE_SECONDS = 3600

#: End-to-end and chaos tests have one stack for all of them.
_DIVIDED = ("unit", "integration")

#: How many passed, how many failed.
Counts = tuple[int, int]


@dataclass(frozen=True)
class Suite:
    """`needs` is what must run: nothing, the infrastructure alone, or everything.

    Of the stacks that `run` is given only the first runs what is needed, unless the suite is `divided`.
    """

    name: str
    run: Callable[[Sequence[Stack]], Counts]
    needs: str = ""
    divided: bool = False


def pytest(name: str, *arguments: str) -> Suite:
    """Of the suites in `_DIVIDED` each stack has a process, which takes one file after the other."""
    needs = {"unit": "", "integration": "infrastructure"}.get(name, "everything")
    divided = name in _DIVIDED
    return Suite(
        name,
        lambda stacks: _pytest(stacks[0], name, (*(beside(stacks) if divided else ()), *arguments)),
        needs,
        divided,
    )


def beside(stacks: Sequence[Stack]) -> tuple[str, ...]:
    """What tells pytest-xdist that so many processes share the files, each with a stack of its own.

    So nothing that a test does to its servers, or finds in them, is another process's. Each takes its files
    in the usual order: the events of thousands of imported patients come after the tests that await an EHR.
    """
    if len(stacks) == 1:
        return ()
    orderly = ("--dist=loadfile", "--no-loadscope-reorder")
    return *orderly, *(f"--tx=popen//env:OPENWARD_STACK={stack.stack}" for stack in stacks)


def node() -> Suite:
    return Suite("node", lambda stacks: _node(stacks[0]))


def _pytest(stack: Stack, name: str, arguments: tuple[str, ...]) -> Counts:
    report = stack.root / ".run" / "reports" / f"{name}.xml"
    report.unlink(missing_ok=True)
    status = _run(
        stack,
        *(sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}"),
        *("-o", f"faulthandler_timeout={HANGING_SECONDS}"),
        *arguments,
    )
    if not report.exists():
        return 0, 1
    return counts(report.read_text(), status)


def counts(report: str, status: int) -> Counts:
    """Of a JUnit report. A run that ended badly has failed, even if no test of it has."""
    suites = list(ET.fromstring(report).iter("testsuite"))  # noqa: S314 - pytest wrote it just now
    total, *lost = (
        sum(int(s.get(key, "0")) for s in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    failed = sum(lost[:2])
    return total - sum(lost), failed or int(status != 0)


def _node(stack: Stack) -> Counts:
    files = sources.node_tests(stack.root)
    log = stack.root / ".run" / "reports" / "node.tap"
    reports = (
        *("--test-reporter=spec", "--test-reporter-destination=stdout"),
        *("--test-reporter=tap", f"--test-reporter-destination={log}"),
    )
    # One that hangs would be told of when the whole suite is ended, or never.
    status = _run(stack, "node", "--test", f"--test-timeout={HANGING_SECONDS * 1000}", *reports, *files)
    found = dict(re.findall(r"^# (pass|fail) (\d+)$", log.read_text(), re.MULTILINE))
    return int(found.get("pass", 0)), int(found.get("fail", 0)) or int(status != 0)


def _run(stack: Stack, *command: str) -> int:
    (stack.root / ".run" / "reports").mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OPENWARD_STACK": stack.stack, "OPENWARD_REPLICAS": str(stack.replicas)}
    try:
        return subprocess.run(
            command, cwd=stack.root, env=environment, check=False, timeout=SUITE_SECONDS
        ).returncode
    except subprocess.TimeoutExpired:
        raise Failure(f"The suite did not end within {SUITE_SECONDS} s", "see where it hangs above") from None


def integration_folders(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in sorted(root.glob("*/*/tests/integration"))]
