"""`setup`: what has to be installed, built and generated, at the same time where nothing waits."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from rich.console import Console

from openward_cli.display import Progress
from openward_cli.doctor import tools
from openward_cli.failure import Failure
from openward_cli.setting_up import ehrbase, node, prisma, python
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import Stack
from openward_cli.steps import Report, Step, run
from openward_cli.supervision.control import running_stacks

PYTHON, NODE, EHRBASE, PRISMA = "python packages", "npm packages", "ehrbase", "prisma clients"


def setup(stack: Stack, console: Console, *, quiet: bool = False) -> None:
    """Does what is not done yet. `quiet` says nothing when that is nothing."""
    todo = _steps(stack)
    # What Prisma generates has its own fingerprints, so this step decides for itself.
    if quiet and [step.name for step in todo] == [PRISMA]:
        asyncio.run(prisma.generate(stack, lambda _doing, _share=None: None))
        return
    _require_tools({step.name for step in todo})
    _require_stopped(stack, {step.name for step in todo} & {NODE, EHRBASE})
    with Progress(console, [step.name for step in todo]) as progress:
        asyncio.run(run(todo, progress))


def _steps(stack: Stack) -> list[Step]:
    stamped = [
        (PYTHON, python.stamp(stack), partial(python.install, stack)),
        (NODE, node.stamp(stack), partial(node.install, stack)),
        (EHRBASE, ehrbase.stamp(stack), partial(ehrbase.build, stack)),
    ]
    steps = [Step(name, _stamped(stamp, act)) for name, stamp, act in stamped if not stamp.matches()]
    return [*steps, Step(PRISMA, partial(prisma.generate, stack), frozenset({PYTHON, NODE}))]


def _stamped(stamp: Stamp, act: Callable[[Report], Awaitable[str]]) -> Callable[[Report], Awaitable[str]]:
    async def once(report: Report) -> str:
        stamp.remove()
        outcome = await act(report)
        stamp.write()
        return outcome

    return once


def _require_tools(names: set[str]) -> None:
    needs = {NODE: (tools.node, tools.npm), EHRBASE: (tools.maven,)}
    for check in (check for name in needs if name in names for check in needs[name]):
        if not (finding := check()).good:
            raise Failure(f"{finding.name} {finding.text}", finding.remedy)


def _require_stopped(stack: Stack, names: set[str]) -> None:
    """What npm and Maven replace is what a running PostgreSQL or EHRbase reads."""
    if names and (running := running_stacks(stack.root)):
        first = running[0]
        raise Failure(
            f"What has changed ({', '.join(sorted(names))}) is in use by the stack {first!r}",
            f"stop it first: OPENWARD_STACK={first} make down",
        )
