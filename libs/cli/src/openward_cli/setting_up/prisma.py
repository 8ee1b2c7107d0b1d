"""Prisma's generated clients, Python and JavaScript, of the services that have a schema."""

import asyncio

from openward_cli.stack import Service, Stack
from openward_cli.steps import Report


async def generate(stack: Stack, report: Report) -> str:
    """Each service's client carries a fingerprint of its schema; what matches is left alone."""
    from openward_cli import prisma  # noqa: PLC0415 - its packages may just have been installed

    made = []
    with_schema = [s for s in Service if (stack.root / "services" / s / "prisma" / "schema.prisma").exists()]
    for number, service in enumerate(with_schema):
        report(str(service), number / len(with_schema))
        if await asyncio.to_thread(prisma.generate, service):
            made.append(str(service))
    return f"generated {', '.join(made)}" if made else "as they were"
