"""Templates in PostgreSQL through Prisma: every write is one transaction with its event."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from openward_contracts.identifiers import TemplateId

from templates.adapters import events, rows
from templates.adapters.db import Base64, Prisma, errors
from templates.adapters.outbox import publish
from templates.adapters.prisma_errors import catalogue_errors
from templates.domain.errors import TemplateBusy, VersionNotFound
from templates.domain.opt import Opt
from templates.domain.ports import Told
from templates.domain.record import Record
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import State, Template
from templates.domain.version import Version

#: Longer than EHRbase may take, shorter than PostgreSQL lets a transaction idle (30 s).
REGISTRATION_SECONDS: Final = 28
_STORE_SECONDS: Final = 20

_LOCK: Final = "select 1 from template where template_id = $1 for update"
_SHOWN_SOURCE: Final = "select version from template where template_id = $1"


class PrismaTemplates:
    """The TemplateRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db
        self.changes = 0

    async def store(self, before: Record, after: Record, told: Told | None, opt: Opt | None = None) -> None:
        async with self._transaction(_STORE_SECONDS) as tx:
            await _save(tx, before, after, told, opt)

    async def get(self, template_id: TemplateId) -> Template | None:
        async with catalogue_errors():
            row = await self._db.template.find_unique({"template_id": str(template_id)})
        return rows.to_template(row) if row and row.state != State.DELETED else None

    async def record(self, template_id: TemplateId) -> Record | None:
        async with catalogue_errors():
            return await _record(self._db, template_id)

    async def source(self, template_id: TemplateId, number: SemanticVersion | None = None) -> bytes:
        async with catalogue_errors():
            if number is None:
                found = await self._db.query_raw(_SHOWN_SOURCE, str(template_id))
                number = SemanticVersion.parse(found[0]["version"])
            return await _source(self._db, template_id, number)

    async def page(self, after: TemplateId | None, limit: int) -> Sequence[Template]:
        where: Any = {"state": {"not": State.DELETED}} | (
            {"template_id": {"gt": str(after)}} if after else {}
        )
        async with catalogue_errors():
            found = await self._db.template.find_many(where=where, take=limit, order={"template_id": "asc"})
        return [rows.to_template(row) for row in found]

    async def published(self) -> Sequence[Template]:
        return await self._where({"state": State.PUBLISHED})

    async def all(self) -> Sequence[Template]:
        return await self._where({})

    async def unsettled(self) -> Sequence[tuple[TemplateId, SemanticVersion]]:
        async with catalogue_errors():
            found = await self._db.template_version.find_many(
                where={"state": State.REGISTERING}, order={"updated_at": "asc"}
            )
        return [(TemplateId(row.template_id), SemanticVersion.parse(row.version)) for row in found]

    @asynccontextmanager
    async def changing(self, template_id: TemplateId, *, wait: bool) -> AsyncIterator["PrismaChange"]:
        """The row is locked as long as the transaction, which ends with the process at the latest."""
        async with self._transaction(REGISTRATION_SECONDS) as tx:
            await tx.query_raw(_LOCK if wait else f"{_LOCK} nowait", str(template_id))
            if (record := await _record(tx, template_id)) is None:
                raise VersionNotFound
            yield PrismaChange(tx, record)

    async def _where(self, where: Any) -> Sequence[Template]:
        async with catalogue_errors():
            found = await self._db.template.find_many(where=where, order={"template_id": "asc"})
        return [rows.to_template(row) for row in found]

    @asynccontextmanager
    async def _transaction(self, seconds: float) -> AsyncIterator[Prisma]:
        limit = timedelta(seconds=seconds)
        async with catalogue_errors(), self._db.tx(max_wait=timedelta(seconds=5), timeout=limit) as tx:
            yield tx
        self.changes += 1


class PrismaChange:
    """The Change port, in an open transaction."""

    def __init__(self, tx: Prisma, record: Record) -> None:
        self._tx = tx
        self.record = record

    async def source(self, number: SemanticVersion) -> bytes:
        return await _source(self._tx, self.record.id, number)

    async def save(self, after: Record, told: Told | None = None) -> None:
        await _save(self._tx, self.record, after, told, None)
        self.record = after


async def _record(db: Prisma, template_id: TemplateId) -> Record | None:
    row = await db.template.find_unique({"template_id": str(template_id)}, include={"versions": True})
    return rows.to_record(row) if row else None


async def _source(db: Prisma, template_id: TemplateId, number: SemanticVersion) -> bytes:
    key: Any = {"template_id_version": _key(template_id, number)}
    row = await db.template_opt.find_unique(key)
    if row is None:
        raise VersionNotFound
    return row.xml.decode()


async def _save(tx: Prisma, before: Record, after: Record, told: Told | None, opt: Opt | None) -> None:
    """Raises TemplateBusy when the template is not as `before` any more."""
    await _write_head(tx, before, after)
    stays = {version.number: version for version in after.versions}
    for version in before.versions:
        if version.number not in stays or (opt and told and version.number == told.version.number):
            await tx.template_version.delete_many(where=_key(before.id, version.number))
    new = told.version if told and opt else None
    if opt and new:
        await tx.template_version.create(data=rows.version_columns(after.id, new))
        document: Any = {**_key(after.id, new.number), "xml": Base64.encode(opt.source)}
        await tx.template_opt.create(data=document)
    for version in after.versions:
        if version not in before.versions and version != new:
            await _update(tx, after.id, version)
    if told:
        await publish(tx, events.event(told, after))


async def _write_head(tx: Prisma, before: Record, after: Record) -> None:
    if not before.revision:
        try:
            await tx.template.create(data=rows.columns(after))
        except errors.UniqueViolationError:
            raise TemplateBusy from None
        return
    where: Any = {"template_id": str(before.id), "revision": before.revision}
    if not await tx.template.update_many(where=where, data=rows.columns(after)):
        raise TemplateBusy


async def _update(tx: Prisma, template_id: TemplateId, version: Version) -> None:
    columns = rows.version_columns(template_id, version)
    await tx.template_version.update_many(where=_key(template_id, version.number), data=columns)


def _key(template_id: TemplateId, number: SemanticVersion) -> Any:
    return {"template_id": str(template_id), "version": str(number)}
