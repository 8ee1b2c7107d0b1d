"""Query products and the standing of templates, in this service's own database."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import asyncpg
from openward_contracts.identifiers import TemplateId

from clinical.domain.query_product.document import read, read_finding, written
from clinical.domain.query_product.model import Product, State
from clinical.domain.query_product.naming import Version
from clinical.domain.query_product.ports import Retirement

_INSERT: Final = """
insert into query_product
    (name, major, minor, patch, definition, templates, findings, words, stored_by, stored_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing
"""
_PUBLISH: Final = """
update query_product set state = 'published'
where name = $1 and (major, minor, patch) = ($2, $3, $4) and state = 'pending'
"""
_DROP: Final = """
delete from query_product where name = $1 and (major, minor, patch) = ($2, $3, $4) and state = 'pending'
"""
_RETIRE: Final = """
update query_product set state = 'retired', retired_by = $5, retired_at = $6, why = $7
where name = $1 and (major, minor, patch) = ($2, $3, $4) and state = 'published'
"""
_OF: Final = "select * from query_product where name = $1 and (major, minor, patch) = ($2, $3, $4)"
_LATEST: Final = """
select * from query_product where name = $1 and state <> 'pending'
order by (state = 'published') desc, major desc, minor desc, patch desc limit 1
"""
_VERSIONS: Final = """
select * from query_product where name = $1 and state <> 'pending' order by major desc, minor desc, patch desc
"""
_PENDING: Final = "select * from query_product where state = 'pending' and ($1::text is null or name = $1)"
_PUBLISHED: Final = "select * from query_product where state = 'published'"
_PAGE: Final = """
select distinct on (name) * from query_product
where state <> 'pending' and ($1::text is null or name > $1) and ($4 or state = 'published')
  and words like all ($2::text[])
order by name, (state = 'published') desc, major desc, minor desc, patch desc
limit $3
"""
_NOTE: Final = """
insert into template_standing as known (template_id, version, retired) values ($1, $2, $3)
on conflict (template_id) do update set version = excluded.version, retired = excluded.retired
where excluded.version > known.version or (excluded.version = known.version and excluded.retired)
"""
_RETIRED: Final = "select template_id from template_standing where template_id = any($1) and retired"


class PostgresQueryProducts:
    """The Products port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, product: Product) -> bool:
        definition = product.definition
        words = f"{product.name} {definition.title} {definition.description} {definition.owner}".lower()
        added = await self._pool.execute(
            _INSERT,
            *_key(product),
            json.dumps(written(definition)),
            list(product.templates),
            json.dumps([asdict(each) for each in product.findings]),
            words,
            product.stored_by,
            product.stored_at,
        )
        return bool(added == "INSERT 0 1")

    async def publish(self, product: Product) -> None:
        await self._pool.execute(_PUBLISH, *_key(product))

    async def drop(self, product: Product) -> None:
        await self._pool.execute(_DROP, *_key(product))

    async def retire(self, product: Product, retirement: Retirement) -> None:
        await self._pool.execute(_RETIRE, *_key(product), retirement.by, retirement.at, retirement.why)

    async def of(self, name: str, version: Version | None) -> Product | None:
        if version is None:
            row = await self._pool.fetchrow(_LATEST, name)
        else:
            row = await self._pool.fetchrow(_OF, name, *version)
        return _product(row) if row else None

    async def versions(self, name: str) -> Sequence[Product]:
        return [_product(row) for row in await self._pool.fetch(_VERSIONS, name)]

    async def pending(self, name: str | None = None) -> Sequence[Product]:
        return [_product(row) for row in await self._pool.fetch(_PENDING, name)]

    async def page(
        self, words: str | None, after: str | None, limit: int, *, retired: bool
    ) -> Sequence[Product]:
        patterns = [f"%{_escaped(word)}%" for word in (words or "").replace("\0", " ").lower().split()]
        rows = await self._pool.fetch(_PAGE, after, patterns, limit, retired)
        return [_product(row) for row in rows]

    async def all(self) -> Sequence[Product]:
        return [_product(row) for row in await self._pool.fetch(_PUBLISHED)]


class PostgresTemplateStandings:
    """The TemplateStandings port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def note(self, template_id: TemplateId, version: int, *, retired: bool) -> None:
        await self._pool.execute(_NOTE, template_id, version, retired)

    async def retired(self, template_ids: Sequence[str]) -> set[str]:
        return {row["template_id"] for row in await self._pool.fetch(_RETIRED, list(template_ids))}


def _key(product: Product) -> tuple[str | int, ...]:
    return product.name, *product.version


def _escaped(word: str) -> str:
    """For LIKE."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _product(row: asyncpg.Record) -> Product:
    findings: list[dict[str, Any]] = json.loads(row["findings"])
    return Product(
        name=row["name"],
        version=Version(row["major"], row["minor"], row["patch"]),
        definition=read(json.loads(row["definition"])),
        templates=tuple(row["templates"]),
        findings=tuple(map(read_finding, findings)),
        stored_by=row["stored_by"],
        stored_at=row["stored_at"],
        state=State(row["state"]),
        retired_by=row["retired_by"],
        retired_at=row["retired_at"],
        why=row["why"],
    )
