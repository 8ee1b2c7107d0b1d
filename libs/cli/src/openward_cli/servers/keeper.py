"""No server: it starts a stack again whose supervisord was killed. Its program is `supervision/keeper.py`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from openward_cli.process import Process
from openward_cli.stack import Stack
from openward_cli.supervision import keeper

NAME = "keeper"
#: What the gateway is told by whoever starts the stack: `openward_cli.gateway.edge`.
_CHOICES = "OPENWARD_GATEWAY_"


def process(stack: Stack, names: Sequence[str] = ()) -> Process:
    """`names` are the processes that it starts again."""
    openward = Path(sys.executable).with_name("openward")
    # What ran is installed; to replace it would need every stack of the clone to be down.
    up = (str(openward), "up", "--no-install", "--only", ",".join(names))
    return Process(
        name=NAME,
        command=(sys.executable, "-m", keeper.__name__, str(stack.logs_dir / f"{NAME}.log"), *up),
        port=None,
        probe=_content,
        directory=stack.root,
        environment=_environment(stack),
        settle_seconds=1,
        reads=(Path(keeper.__file__),),
    )


def _environment(stack: Stack) -> dict[str, str]:
    """By which `openward up` finds the same stack, with the same choices."""
    chosen = {name: value for name, value in os.environ.items() if name.startswith(_CHOICES)}
    return {
        **chosen,
        "OPENWARD_STACK": stack.stack,
        "OPENWARD_PORT_OFFSET": str(stack.offset),
        "OPENWARD_REPLICAS": str(stack.replicas),
    }


async def _content() -> None:
    """Nobody asks it anything: it is ready when it runs."""
