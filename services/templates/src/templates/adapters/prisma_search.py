"""The words of templates in PostgreSQL, which looks for them by trigrams."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from openward_contracts.identifiers import TemplateId

from templates.adapters import rows
from templates.adapters.db import Prisma
from templates.adapters.prisma_errors import catalogue_errors
from templates.domain.search import EDITION, Kind, Question, Wanted, Words
from templates.domain.template import Template

_SECONDS: Final = timedelta(seconds=20)

_UNINDEXED: Final = """
select t.template_id from template t
left join template_search s on s.template_id = t.template_id and s.sha256 = t.sha256 and s.edition = $1::int
where t.state = 'published' and s.template_id is null order by t.template_id limit 100
"""
#: Locks the row until the transaction ends: one process at a time writes a template's words.
_CLAIM: Final = """
insert into template_search (template_id, sha256, edition) values ($1, $2, $3::int)
on conflict (template_id) do update set sha256 = excluded.sha256, edition = excluded.edition
"""
_FORGET: Final = "delete from template_word where template_id = $1"
_WRITE: Final = """
insert into template_word (template_id, kind, word)
select $1, w ->> 0, w ->> 1 from jsonb_array_elements($2::jsonb) w
"""


class PrismaSearch:
    """The SearchIndex port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def missing(self) -> Sequence[TemplateId]:
        async with catalogue_errors():
            found = await self._db.query_raw(_UNINDEXED, EDITION)
        return [TemplateId(row["template_id"]) for row in found]

    async def write(self, template: Template, words: Words) -> None:
        listed = json.dumps(sorted(words), ensure_ascii=False)
        limit = {"max_wait": timedelta(seconds=5), "timeout": _SECONDS}
        async with catalogue_errors(), self._db.tx(**limit) as tx:
            await tx.execute_raw(_CLAIM, str(template.id), template.sha256, EDITION)
            await tx.execute_raw(_FORGET, str(template.id))
            await tx.execute_raw(_WRITE, str(template.id), listed)

    async def find(self, question: Question, after: TemplateId | None, limit: int) -> Sequence[Template]:
        statement, values = _statement(question, after, limit)
        async with catalogue_errors():
            ids = [row["template_id"] for row in await self._db.query_raw(statement, *values)]
            where: Any = {"template_id": {"in": ids}}
            found = await self._db.template.find_many(where=where, order={"template_id": "asc"})
        return [rows.to_template(row) for row in found]


def _statement(question: Question, after: TemplateId | None, limit: int) -> tuple[str, list[Any]]:
    """The part that most likely is rare is looked up in all words, the others in those of what it has found.

    OFFSET 0 keeps PostgreSQL to that: it knows little of how often a part of a word occurs, and less of how
    often two occur together.
    """
    parts = sorted(question.wanted, key=_commonness)
    conditions = [_condition(wanted, number) for number, wanted in enumerate(parts, start=2)]
    others = [
        f"and exists (select from template_word w where w.template_id = f.template_id and {each} offset 0)"
        for each in conditions[1:]
    ]
    statement = f"""
        select template_id from (
            select distinct template_id from template_word where {conditions[0]} and template_id > $1
            order by template_id offset 0
        ) f where true {" ".join(others)} order by template_id limit {limit:d}"""  # noqa: S608  all its own
    return statement, [str(after or ""), *map(_value, parts)]


def _commonness(wanted: Wanted) -> tuple[bool, int]:
    return wanted.kind is Kind.LANGUAGE, -len(wanted.part)


def _condition(wanted: Wanted, number: int) -> str:
    if wanted.kind is Kind.LANGUAGE:
        return f"kind = '{wanted.kind}' and word = ${number}"
    return f"kind = '{wanted.kind}' and word like ${number}" if wanted.kind else f"word like ${number}"


def _value(wanted: Wanted) -> str:
    return wanted.part if wanted.kind is Kind.LANGUAGE else f"%{_literally(wanted.part)}%"


def _literally(part: str) -> str:
    """As it stands, within a LIKE pattern."""
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
