"""The Python packages of every member, as locked, and the members themselves from the clone."""

import importlib
import sys
from pathlib import Path

from openward_cli.setting_up.command import run
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import Stack
from openward_cli.steps import Report

_REMEDY = "see the lines above; is the package index reachable (PIP_INDEX_URL, UV_INDEX_URL)?"


def members(stack: Stack) -> list[Path]:
    return sorted(
        path.parent
        for folder in ("libs", "services")
        for path in (stack.root / folder).glob("*/pyproject.toml")
    )


def stamp(stack: Stack) -> Stamp:
    projects = tuple(member / "pyproject.toml" for member in members(stack))
    locked = stack.root / "requirements" / "dev.txt"
    return Stamp(Path(sys.prefix) / ".openward-setup", (locked, *projects), also=sys.version)


async def install(stack: Stack, report: Report) -> str:
    uv = Path(sys.executable).with_name("uv")
    pip = (str(uv), "pip", "install", "--python", sys.executable)
    await run(
        *(*pip, "--require-hashes", "-r", "requirements/dev.txt"),
        directory=stack.root,
        remedy=_REMEDY,
        each_line=report,
    )
    editable = [word for member in members(stack) for word in ("-e", str(member))]
    await run(
        *(*pip, "--no-deps", "--no-build-isolation", *editable),
        directory=stack.root,
        remedy=_REMEDY,
        each_line=report,
    )
    importlib.invalidate_caches()
    return "packages as locked, members from the clone"
