"""One suite of tests and how it is run and counted."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from openward_cli.failure import Failure
from openward_cli.stack import Stack
from openward_cli.testing import sources

#: A test that hangs shows where after this; its suite is ended after the other.
HANGING_SECONDS = 240
SUITE_SECONDS = 1800

#: How many passed, how many failed.
Counts = tuple[int, int]


@dataclass(frozen=True)
class Suite:
    """`needs` is what must run: nothing, the infrastructure alone, or everything."""

    name: str
    run: Callable[[Stack], Counts]
    needs: str = ""


def pytest(name: str, *arguments: str) -> Suite:
    needs = {"unit": "", "integration": "infrastructure"}.get(name, "everything")
    return Suite(name, lambda stack: _pytest(stack, name, arguments), needs)


def node() -> Suite:
    return Suite("node", _node)


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
    status = _run(stack, "node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout",
                  "--test-reporter=tap", f"--test-reporter-destination={log}", *files)  # fmt: skip
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
