"""The `openward` command: each subcommand says what it does and hands over."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from openward_cli.failure import Failure
from openward_cli.stack import Stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.command()
def up(
    only: Annotated[str, typer.Option(help="Start these processes alone, or `infrastructure`.")] = "",
) -> None:
    """Start everything, in order of readiness; harmless when it runs."""
    from openward_cli import launch  # noqa: PLC0415

    launch.up(Stack(), console, only=only)


@app.command()
def down() -> None:
    """Stop everything; data stays."""
    from openward_cli import halt  # noqa: PLC0415

    halt.down(Stack(), console)


def main() -> None:
    try:
        app()
    except Failure as failure:
        if failure.details:
            console.print(failure.details, style="dim", markup=False, highlight=False)
        console.print(f"openward: {failure}", style="red", markup=False, highlight=False)
        sys.exit(1)
