"""Databases that live as long as a test needs them, on a real PostgreSQL."""

import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit

import asyncpg
from openward_cli.stack import Port, Stack

#: A superuser's URL with its password. Without it: the server of the stack OPENWARD_STACK (default `test`).
URL_VARIABLE = "OPENWARD_TEST_POSTGRES_URL"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """`url` is the superuser's, with the password; `stack` is whose server it is, if it is a stack's."""

    url: str
    stack: Stack | None = None

    @classmethod
    def from_environment(cls) -> Self:
        """The server that tests use. Raises OSError when its stack has no secrets yet."""
        if url := os.environ.get(URL_VARIABLE):
            return cls(url)
        stack = Stack(stack=os.environ.get("OPENWARD_STACK", "test"))
        password = quote(stack.secret("postgres.password").read_text().strip(), safe="")
        return cls(f"postgresql://postgres:{password}@127.0.0.1:{stack.port(Port.POSTGRES)}/postgres", stack)

    def of(self, database: str) -> str:
        """The superuser's URL of another database."""
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    def password(self, role: str) -> str:
        """A login role's: the stack's secret, else one that every test process makes alike."""
        if self.stack:
            return self.stack.secret(f"{role}.db.password").read_text().strip()
        return hashlib.sha256(f"{self.url} {role}".encode()).hexdigest()

    async def execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def database(self, *, template: str = "template0", script: str = "") -> AsyncIterator[str]:
        """A database of its own, after `script`, by its name; dropped at the end, whoever is connected."""
        name = f"test_{secrets.token_hex(6)}"
        await self.execute(f"create database {name} template {template}")
        try:
            if script:  # asyncpg 0.32 fails on an empty one
                await PostgresServer(self.of(name)).execute(script)
            yield name
        finally:
            await self.execute(f"drop database {name} with (force)")
