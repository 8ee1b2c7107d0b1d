"""The words of templates in PostgreSQL, which looks for them by trigrams; and documents to derive from.

Through asyncpg: a question takes milliseconds, of which Prisma would need most, and a document has megabytes,
which Prisma would send as Base64 in JSON (ADR 0008).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from openward_contracts.identifiers import TemplateId
from openward_servicekit.database import AWAY

from templates.adapters import rows
from templates.adapters.db import models
from templates.domain.errors import CatalogueBusy, VersionNotFound
from templates.domain.search import EDITION, Kind, Question, Wanted, Words
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import Template

_UNINDEXED: Final = """
select t.template_id from template t
left join template_search s on s.template_id = t.template_id and s.sha256 = t.sha256 and s.edition = $1
where t.state = 'published' and s.template_id is null order by t.template_id limit 100
"""
#: Locks the row until the transaction ends: one process at a time writes a template's words.
_CLAIM: Final = """
insert into template_search (template_id, sha256, edition) values ($1, $2, $3)
on conflict (template_id) do update set sha256 = excluded.sha256, edition = excluded.edition
"""
_FORGET: Final = "delete from template_word where template_id = $1"
_WRITE: Final = """
insert into template_word (template_id, kind, word)
select $1, word.* from unnest($2::text[], $3::text[]) word
"""
_SOURCE: Final = "select xml from template_opt where template_id = $1 and version = $2"


class PostgresSearch:
    """The SearchIndex and Documents ports."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def source(self, template_id: TemplateId, number: SemanticVersion) -> bytes:
        async with self._connection() as connection:
            xml: bytes | None = await connection.fetchval(_SOURCE, template_id, str(number))
        if xml is None:
            raise VersionNotFound
        return xml

    async def missing(self) -> Sequence[TemplateId]:
        async with self._connection() as connection:
            found = await connection.fetch(_UNINDEXED, EDITION)
        return [TemplateId(row["template_id"]) for row in found]

    async def write(self, template: Template, words: Words) -> None:
        kinds, texts = [str(kind) for kind, _ in words], [word for _, word in words]
        async with self._connection() as connection, connection.transaction():
            await connection.execute(_CLAIM, template.id, template.sha256, EDITION)
            await connection.execute(_FORGET, template.id)
            await connection.execute(_WRITE, template.id, kinds, texts)

    async def find(self, question: Question, after: TemplateId | None, limit: int) -> Sequence[Template]:
        async with self._connection() as connection:
            found = await connection.fetch(_statement(question, limit), after or "", *_values(question))
        return [rows.to_template(models.Template.model_construct(None, **row)) for row in found]

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator["PoolConnectionProxy[asyncpg.Record]"]:
        """Raises CatalogueBusy when the database is away."""
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except AWAY:
            raise CatalogueBusy from None


def _statement(question: Question, limit: int) -> str:
    """The part that most likely is rare is looked up in all words, the others in those of what it has found.

    OFFSET 0 keeps PostgreSQL to that: it knows little of how often a part of a word occurs, and less of how
    often two occur together.
    """
    conditions = [_condition(wanted, number) for number, wanted in enumerate(_sorted(question), start=2)]
    others = [
        f"and exists (select from template_word w where w.template_id = f.template_id and {each} offset 0)"
        for each in conditions[1:]
    ]
    return f"""
        select t.* from (
            select distinct template_id from template_word where {conditions[0]} and template_id > $1
            order by template_id offset 0
        ) f join template t using (template_id)
        where t.state <> 'deleted' {" ".join(others)} order by template_id limit {limit:d}"""  # noqa: S608  all its own


def _sorted(question: Question) -> list[Wanted]:
    return sorted(question.wanted, key=lambda wanted: (wanted.kind is Kind.LANGUAGE, -len(wanted.part)))


def _condition(wanted: Wanted, number: int) -> str:
    if wanted.kind is Kind.LANGUAGE:
        return f"kind = '{wanted.kind}' and word = ${number}"
    return f"kind = '{wanted.kind}' and word like ${number}" if wanted.kind else f"word like ${number}"


def _values(question: Question) -> list[str]:
    return [
        wanted.part if wanted.kind is Kind.LANGUAGE else f"%{_literally(wanted.part)}%"
        for wanted in _sorted(question)
    ]


def _literally(part: str) -> str:
    """As it stands, within a LIKE pattern."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
