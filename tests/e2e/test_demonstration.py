"""The demonstration works on what is there: it makes its data, kills a service, and checks every answer."""

import io

from openward_cli.demo import story
from openward_cli.stack import Stack
from rich.console import Console


async def test_the_demonstration_comes_to_its_end(stack: Stack) -> None:
    told = io.StringIO()

    await story.tell(stack, Console(file=told, width=200))

    assert "8 steps" in told.getvalue()
