"""EHRbase, built by Maven from its published modules."""

import re

from openward_cli.servers import ehrbase
from openward_cli.setting_up.command import run
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import Stack
from openward_cli.steps import Report

_FETCHED = re.compile(r"^(\[INFO\] )?Downloaded from ")
_DOING = re.compile(r"^\[INFO\] --- (?P<plugin>[\w-]+?)(-maven-plugin|-plugin)?:[\w.]+:(?P<goal>[\w-]+)")


def stamp(stack: Stack) -> Stamp:
    project = stack.root / "infra" / "ehrbase"
    return Stamp(project / "target" / ".openward-setup", (project / "pom.xml", project / "src"))


async def build(stack: Stack, report: Report) -> str:
    fetched = 0
    doing = "resolves"

    def each_line(line: str) -> None:
        nonlocal fetched, doing
        fetched += bool(_FETCHED.match(line))
        if match := _DOING.match(line):
            doing = f"{match['plugin']}:{match['goal']}"
        report(f"{doing}, {fetched} files fetched")

    await run(
        *("mvn", "--batch-mode", "-Dstyle.color=never", "package"),
        directory=stack.root / "infra" / "ehrbase",
        remedy="see the lines above; is the Maven repository reachable (~/.m2/settings.xml)?",
        each_line=each_line,
    )
    ehrbase.archive(stack).unlink(missing_ok=True)
    return "built"
