"""Prisma's command line for the services' schemas, run without the native engines that it would download.

A service has `prisma/schema.prisma` and `prisma/migrations/`; one configuration serves them all
(infra/postgres/prisma.config.mjs). What a running system needs, `pending`, does without Node.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Container
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg

from openward_cli.failure import Failure
from openward_cli.stack import REPOSITORY, Service

_CONFIG = REPOSITORY / "infra" / "postgres" / "prisma.config.mjs"
_NODE_MODULES = REPOSITORY / "node_modules"
_DIFFERENT = 2  # exit status of `migrate diff --exit-code`


def generate(service: Service) -> bool:
    """Makes the Python client and the engine's JavaScript client; False when both are of this schema already.

    They go to `src/<service>/adapters/db/` and `prisma/client/`. A schema without generators has neither.
    """
    schema = _directory(service) / "schema.prisma"
    if "\ngenerator " not in schema.read_text():
        return False
    stamp, fingerprint = _directory(service) / "client" / ".schema.sha256", _fingerprint(schema)
    python_client = REPOSITORY / "services" / service / "src" / service / "adapters" / "db" / "client.py"
    if stamp.is_file() and python_client.is_file() and stamp.read_text() == fingerprint:
        return False
    stamp.unlink(missing_ok=True)
    prisma(_directory(service), "generate", "--no-hints")
    stamp.write_text(fingerprint)
    return True


def migrate_deploy(database_url: str, service: Service) -> None:
    """Applies what is pending, each migration whole or not at all.

    The URL is of a role that owns the database's objects, with its password, percent-encoded. The roles that
    are granted something must exist.
    """
    prisma(_directory(service), "migrate", "deploy", database_url=database_url)


async def pending(database_url: str, service: Service) -> list[str]:
    """Names of the migrations that the database does not have yet, in the order in which they apply.

    Raises Failure when an applied one was edited since: only a new migration may change a database.
    """
    connection = await asyncpg.connect(database_url)
    try:
        applied = await _applied(connection)
    finally:
        await connection.close()
    names = []
    for script in sorted((_directory(service) / "migrations").glob("*/migration.sql")):
        name = script.parent.name
        if name not in applied:
            names.append(name)
        elif applied[name] != _sha256(script):
            raise Failure(
                f"{service}'s migration {name} is not what was applied", "undo the change, add a migration"
            )
    return names


def drift(database_url: str, service: Service) -> str:
    """The SQL that would make the migrations arrive at the schema; empty when they do.

    The URL is of a role that may create databases, on a server with the roles that are granted something: the
    migrations are tried in a database of their own. Prisma does not compare COLLATE, CHECK and GRANT.
    """
    described = _directory(service)
    compared = prisma(
        described,
        *("migrate", "diff", "--exit-code", "--script"),
        *("--from-migrations", str(described / "migrations")),
        *("--to-schema-datamodel", str(described / "schema.prisma")),
        database_url=database_url,
        good={0, _DIFFERENT},
    )
    return compared.stdout if compared.returncode == _DIFFERENT else ""


def prisma(
    directory: Path, *arguments: str, database_url: str = "", good: Container[int] = (0,)
) -> subprocess.CompletedProcess[str]:
    """Prisma's command line on a directory with a schema.prisma. Raises Failure unless its status is good.

    Above the directory there must be a package.json, or Prisma would install packages of its own choice.
    """
    completed = subprocess.run(
        ["node", _NODE_MODULES / "prisma" / "build" / "index.js", *arguments, "--config", _CONFIG],
        env=os.environ | _environment(directory, database_url),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode not in good:
        what = f"prisma {' '.join(arguments[:2])} failed in {directory}"
        raise Failure(what, "see what it said", details=completed.stderr)
    return completed


async def _applied(connection: asyncpg.Connection) -> dict[str, str]:
    """Name -> SHA-256 of the script. One that failed is not applied: `migrate deploy` explains it."""
    if await connection.fetchval("SELECT to_regclass('public._prisma_migrations')") is None:
        return {}
    rows = await connection.fetch(
        "SELECT migration_name, checksum FROM public._prisma_migrations"
        " WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL"
    )
    return {row["migration_name"]: row["checksum"] for row in rows}


def _directory(service: Service) -> Path:
    return REPOSITORY / "services" / service / "prisma"


def _fingerprint(schema: Path) -> str:
    """Of all that decides what is generated: the schema, and the versions of the two generators."""
    parts = [_sha256(schema), version("prisma"), _package("prisma")["version"]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _package(name: str) -> dict[str, Any]:
    package: dict[str, Any] = json.loads((_NODE_MODULES / name / "package.json").read_bytes())
    return package


def _environment(directory: Path, database_url: str) -> dict[str, str]:
    """The URL goes here and not among the arguments, which every user of the machine can list."""
    engines = _package("@prisma/engines-version")["prisma"]["enginesVersion"]
    return {
        "DATABASE_URL": database_url,
        "OPENWARD_PRISMA_DIR": str(directory),
        # where `prisma-client-py` is, which must take the installed Prisma for the one it was made for
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PRISMA_EXPECTED_ENGINE_VERSION": engines,
        # any executable will do: they are looked for, and downloaded when missing, but never run
        "PRISMA_QUERY_ENGINE_BINARY": sys.executable,
        "PRISMA_QUERY_ENGINE_LIBRARY": sys.executable,
        "CHECKPOINT_DISABLE": "1",
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
    }
