"""Do the migrations arrive at the schemas? Tried on a PostgreSQL of its own, which is removed afterwards."""

import asyncio
import io
import random
from pathlib import Path

from rich.console import Console

from openward_cli import halt, launch, prisma
from openward_cli.failure import Failure
from openward_cli.stack import Service, Stack

_SERVERS = "postgres,nats"


async def match_schemas(root: Path) -> None:
    """Raises `Failure` with the SQL that is missing."""
    # Apart from the ports of the stacks with a name, and most likely from another check's.
    stack = Stack(stack="check", port_offset=random.randrange(20000, 24001, 100))  # noqa: S311
    await asyncio.to_thread(_compare, stack, root)


def _compare(stack: Stack, root: Path) -> None:
    silent = Console(file=io.StringIO())
    halt.clean(stack, silent)
    try:
        launch.up(stack, silent, only=_SERVERS)
        differences = [difference for service in Service if (difference := _difference(stack, root, service))]
    finally:
        halt.clean(stack, silent)
    if differences:
        raise Failure(
            "The migrations do not arrive at the schemas", "see below", details="\n".join(differences)
        )


def _difference(stack: Stack, root: Path, service: Service) -> str:
    if not (root / "services" / service / "prisma" / "schema.prisma").exists():
        return f"services/{service}/prisma/schema.prisma is missing"
    password = stack.secret("postgres.password").read_text().strip()
    url = stack.database_url("postgres", "postgres").replace("postgres@", f"postgres:{password}@", 1)
    sql = prisma.drift(url, service)
    return f"-- {service}\n{sql}" if sql else ""
