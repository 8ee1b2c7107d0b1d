"""What templates are measured with: copies that nothing was derived from yet, a thousand rows."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import asyncpg
from openward_cli.http import AsyncClient, make_client
from openward_cli.provision.connection import connected
from openward_cli.provision.target import Target
from openward_cli.stack import Service, Stack
from openward_cli.token import user_token
from openward_testkit import corpus
from openward_testkit.corpus import Opt

API: Final = "/api/templates/v1/templates"
AUTHOR: Final = "tomas"
_TOKEN_SECONDS: Final = 100.0

#: As publishing so many would have written them, from those that were published.
_COPY: Final = """
insert into template (template_id, uploads, revision, version, sha256, size, state, cdr_state, concept,
                      archetype_id, uploaded_by, created_at, updated_at, published_at)
select template_id || ' ' || n, 1, 1, '1.0.0', sha256, size, 'published', 'held', concept,
       archetype_id, uploaded_by, created_at, updated_at, published_at
from template, generate_series(1, $1::int) n where state = 'published'
"""
_COPY_SEARCH: Final = """
insert into template_search select template_id || ' ' || n, sha256, edition
from template_search, generate_series(1, $1::int) n
"""
_COPY_WORDS: Final = """
insert into template_word
select template_id || ' ' || n, kind, case kind when 'name' then word || ' ' || n else word end
from template_word, generate_series(1, $1::int) n
"""


@dataclass
class Stage:
    """`service` is the process itself, past the gateway; `database` a session of the superuser."""

    stack: Stack
    http: AsyncClient
    database: asyncpg.Connection
    _token: tuple[str, float] = field(default=("", 0.0), init=False)

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self.stack.service_port(Service.TEMPLATES)}"

    async def headers(self, **more: str) -> Mapping[str, str]:
        token, since = self._token
        if not token or time.monotonic() - since > _TOKEN_SECONDS:
            self._token = token, _ = await user_token(self.stack, AUTHOR), time.monotonic()
        return {"Authorization": f"Bearer {token}", **more}

    async def upload(self, source: bytes, **query: str) -> dict[str, Any]:
        headers = await self.headers(**{"Content-Type": "application/xml"})
        answer = await self.http.post(self.service + API, content=source, headers=headers, params=query)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    async def indexed(self) -> None:
        """Until every published template can be found."""
        missing = """select exists (select from template t left join template_search s using (template_id)
                     where t.state = 'published' and s.template_id is null)"""
        async with asyncio.timeout(120):
            while await self.database.fetchval(missing):  # noqa: ASYNC110  it gives no signal
                await asyncio.sleep(0.1)

    async def multiply(self, templates: int) -> int:
        """To so many templates at least; how many there are."""
        published = await self.database.fetchval("select count(*) from template where state = 'published'")
        copies = -(-templates // published) - 1
        for statement in (_COPY, _COPY_SEARCH, _COPY_WORDS):
            await self.database.execute(statement, copies)
        await self.database.execute("analyze")
        found: int = await self.database.fetchval("select count(*) from template")
        return found


def path_of(template_id: str, what: str = "") -> str:
    return f"{API}/{quote(template_id, safe='')}{what and '/'}{what}"


def largest() -> Opt:
    return max(corpus.opts(), key=lambda opt: len(opt.read()))


def copies(opt: Opt, count: int, run: bytes) -> list[bytes]:
    """The same template under other ids, made with the word `run`: nothing of one is known from another."""
    found = re.search(rb"<template_id>\s*<value>(.*?)</value>", opt.read(), re.DOTALL)
    assert found  # noqa: S101  else it is no template
    source, end = opt.read(), found.end(1)
    return [b"%b %d %b%b" % (source[:end], number, run, source[end:]) for number in range(count)]


@asynccontextmanager
async def stage(stack: Stack) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(connected(Target.of(stack), "templates"))
        http = await opened.enter_async_context(make_client(seconds=120))
        yield Stage(stack, http, database)
