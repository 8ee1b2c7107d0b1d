"""The `openward` command: each subcommand says what it does and hands over."""
# ruff: noqa: PLC0415 - each command imports what it needs: `openward token` must not wait for all of them

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from openward_cli.failure import Failure
from openward_cli.stack import Stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.command()
def doctor() -> None:
    """Say what this machine lacks, and how to get it."""
    from openward_cli.doctor import examination

    if not examination.report(examination.examine(Stack()), console):
        raise typer.Exit(1)


@app.command()
def setup() -> None:
    """Install and build everything that is pinned; skips what is done."""
    from openward_cli.setting_up import plan

    plan.setup(Stack(), console)


@app.command()
def up(
    only: Annotated[str, typer.Option(help="Only these processes, or `infrastructure`.")] = "",
    install: Annotated[bool, typer.Option(help="First install and build what has changed.")] = True,  # noqa: FBT002
) -> None:
    """Start everything, in order of readiness; harmless when it runs."""
    from openward_cli import launch

    launch.up(Stack(), console, only=only, install=install)


@app.command()
def down() -> None:
    """Stop everything; data stays."""
    from openward_cli import halt

    halt.down(Stack(), console)


@app.command()
def status() -> None:
    """Each process: state, uptime, memory, restarts, port, ready or why not."""
    from openward_cli import status

    if not status.status(Stack(), console):
        raise typer.Exit(1)


@app.command()
def logs(
    process: Annotated[str, typer.Argument(help="One process; all when left out.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,  # noqa: FBT002
) -> None:
    """Show the processes' logs."""
    from openward_cli import logs

    logs.logs(Stack(), console, process, follow=follow)


@app.command()
def clean() -> None:
    """Stop the stack and remove its data, logs and secrets."""
    from openward_cli import halt

    halt.clean(Stack(), console)


@app.command()
def check() -> None:
    """Format, lint, types, architecture, contracts, generated files, migrations."""
    from openward_cli.testing import checks

    if not checks.check(Stack(), console):
        raise typer.Exit(1)


@app.command("test")
def run_tests(
    suites: Annotated[list[str] | None, typer.Argument(help="Only these, such as `unit e2e`.")] = None,
) -> None:
    """Checks, unit, integration, end-to-end and chaos tests, on a stack of their own."""
    from openward_cli.testing import suites as running

    if not running.test(console, suites or []):
        raise typer.Exit(1)


@app.command()
def demo() -> None:
    """Walk through the system as a clinician, a clerk and an auditor would."""
    from openward_cli import demo

    demo.run(Stack(), console)


@app.command()
def token(
    user: Annotated[str, typer.Argument(help="A demo user (ada, clara, …) or a service client (svc-demo).")],
    scope: Annotated[
        str | None, typer.Option(help="Separated by spaces; all that the role needs when left out.")
    ] = None,
) -> None:
    """Print an access token of the running stack, nothing else."""
    from openward_cli import token

    token.token(user, scope)


@app.command()
def provision(
    part: Annotated[
        str,
        typer.Argument(
            help="secrets, nats-conf, servers, ehrbase or keycloak; but for that all when left out."
        ),
    ] = "",
) -> None:
    """Make secrets, streams, roles, databases and the change capture; changes nothing that is right."""
    from openward_cli import launch
    from openward_cli.provision import command

    if not part:
        launch.provision(Stack(), console)
    elif part in set(command.Part):
        command.run(Stack(), command.Part(part))
    else:
        raise Failure(
            f"There is nothing called {part!r} to provision", f"there are {', '.join(command.Part)}"
        )


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is current.")] = False,  # noqa: FBT002
) -> None:
    """Write docs/openapi.json, the API of all services."""
    from openward_cli import openapi

    openapi.openapi(check=check)


@app.command()
def compose(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is current.")] = False,  # noqa: FBT002
    configure: Annotated[
        Path | None, typer.Option(help="Instead, write what its servers read; its job of that name does.")
    ] = None,
) -> None:
    """Write docker-compose.yml, the same system as containers."""
    from openward_cli.compose import command, configuration

    if configure:
        configuration.configure(configure)
    else:
        command.compose(check=check)


def main() -> None:
    try:
        app()
    except Failure as failure:
        if failure.details:
            console.print(failure.details, style="dim", markup=False, highlight=False)
        _fail(str(failure))
    except ValidationError as error:
        _fail("; ".join(_wrong_variable(detail["loc"], detail["msg"]) for detail in error.errors()))
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as error:
        _fail(f"{error.filename} belongs to somebody else: run this as who started the stack, or as root")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail("The disk is full: make room, then try again; nothing has to be repaired")


def _wrong_variable(location: tuple[int | str, ...], message: str) -> str:
    names = "".join(f"OPENWARD_{str(part).upper()}: " for part in location)
    return names + message.removeprefix("Value error, ")


def _fail(sentence: str) -> None:
    console.print(f"openward: {sentence}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)
