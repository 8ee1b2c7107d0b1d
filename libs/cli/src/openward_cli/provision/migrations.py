"""The tables of the four services, made by Prisma Migrate as each database's owner."""

import asyncio
from urllib.parse import quote

from openward_cli import prisma
from openward_cli.provision.secret_files import read
from openward_cli.provision.target import Target
from openward_cli.stack import Service


async def migrate(target: Target) -> None:
    """Every service's database has its migrations when this returns; no Node is started where it has."""
    await asyncio.gather(*(_migrate(owner_url(target, service), service) for service in Service))


async def _migrate(database_url: str, service: Service) -> None:
    if await prisma.pending(database_url, service):
        await asyncio.to_thread(prisma.migrate_deploy, database_url, service)


def owner_url(target: Target, service: Service) -> str:
    role = f"{service}_owner"
    password = quote(read(target.secrets_dir, f"{role}.db.password"), safe="")
    return f"postgresql://{role}:{password}@{target.postgres_host}:{target.postgres_port}/{service}"
