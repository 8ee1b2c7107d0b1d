"""The demonstration: people use the system through its gateway, and every answer is checked."""
# ruff: noqa: PLC0415 - who wants the demonstration's template alone must not wait for all of it

import asyncio

from rich.console import Console

from openward_cli.stack import Stack


def run(stack: Stack, console: Console) -> None:
    """Starts what does not run, then walks through. Raises Failure at the first answer that is not right."""
    from openward_cli import launch
    from openward_cli.demo import story

    launch.up(stack, console)
    asyncio.run(story.tell(stack, console))
