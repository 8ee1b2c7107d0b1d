"""Templates in PostgreSQL through Prisma: every write is one transaction with its event."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from openward_contracts.actor import Actor
from openward_contracts.event import Event, outbox_columns
from openward_contracts.identifiers import TemplateId
from openward_contracts.payload import Payload

from templates.adapters import events, rows
from templates.adapters.db import Base64, Json, Prisma, errors, models
from templates.adapters.prisma_errors import catalogue_errors
from templates.domain.errors import TemplateBusy
from templates.domain.opt import Opt
from templates.domain.template import State, Template

#: Longer than EHRbase may take, shorter than PostgreSQL lets a transaction idle (30 s).
REGISTRATION_SECONDS: Final = 28
_STORE_SECONDS: Final = 20

_LOCK: Final = "select 1 from template where template_id = $1 for update"


class PrismaTemplates:
    """The TemplateRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def add(self, template: Template, opt: Opt, actor: Actor) -> Template:
        try:
            async with self._transaction(_STORE_SECONDS) as tx:
                await tx.template.create(data=rows.columns(template))
                await tx.template_opt.create(
                    data={"template_id": str(template.id), "xml": Base64.encode(opt.source)}
                )
                await _publish(tx, events.uploaded(template, actor))
        except errors.UniqueViolationError:
            async with catalogue_errors():
                return rows.to_template(await _row(self._db, template.id))
        return template

    async def replace(self, before: Template, after: Template, opt: Opt, actor: Actor) -> None:
        async with self._transaction(_STORE_SECONDS) as tx:
            await _write(tx, before, after)
            await tx.template_opt.update(
                where={"template_id": str(after.id)}, data={"xml": Base64.encode(opt.source)}
            )
            await _publish(tx, events.uploaded(after, actor))

    async def get(self, template_id: TemplateId) -> Template | None:
        async with catalogue_errors():
            row = await self._db.template.find_unique({"template_id": str(template_id)})
        return rows.to_template(row) if row else None

    async def source(self, template_id: TemplateId) -> bytes:
        async with catalogue_errors():
            return await _source(self._db, template_id)

    async def page(self, after: TemplateId | None, limit: int) -> Sequence[Template]:
        where: Any = {"template_id": {"gt": str(after)}} if after else {}
        async with catalogue_errors():
            found = await self._db.template.find_many(where=where, take=limit, order={"template_id": "asc"})
        return [rows.to_template(row) for row in found]

    async def published(self) -> Sequence[Template]:
        return await self._in_state(State.PUBLISHED, {"template_id": "asc"})

    async def unsettled(self) -> Sequence[TemplateId]:
        found = await self._in_state(State.REGISTERING, {"updated_at": "asc"})
        return [template.id for template in found]

    @asynccontextmanager
    async def registering(
        self, template_id: TemplateId, *, wait: bool
    ) -> AsyncIterator["PrismaRegistration"]:
        """The row is locked as long as the transaction, which ends with the process at the latest."""
        async with self._transaction(REGISTRATION_SECONDS) as tx:
            await tx.query_raw(_LOCK if wait else f"{_LOCK} nowait", str(template_id))
            yield PrismaRegistration(tx, rows.to_template(await _row(tx, template_id)))

    async def _in_state(self, state: State, order: Any) -> Sequence[Template]:
        async with catalogue_errors():
            found = await self._db.template.find_many(where={"state": state}, order=order)
        return [rows.to_template(row) for row in found]

    @asynccontextmanager
    async def _transaction(self, seconds: float) -> AsyncIterator[Prisma]:
        limit = timedelta(seconds=seconds)
        async with catalogue_errors(), self._db.tx(max_wait=timedelta(seconds=5), timeout=limit) as tx:
            yield tx


class PrismaRegistration:
    """The Registration port, in an open transaction."""

    def __init__(self, tx: Prisma, template: Template) -> None:
        self._tx = tx
        self.template = template

    async def source(self) -> bytes:
        return await _source(self._tx, self.template.id)

    async def publish(self, after: Template, actor: Actor) -> None:
        await self._settle(after)
        await _publish(self._tx, events.published(after, actor))

    async def refuse(self, after: Template) -> None:
        await self._settle(after)

    async def _settle(self, after: Template) -> None:
        await _write(self._tx, self.template, after)
        self.template = after


async def _row(db: Prisma, template_id: TemplateId) -> models.Template:
    """Of a template that exists; none is ever deleted."""
    return await db.template.find_unique_or_raise({"template_id": str(template_id)})


async def _source(db: Prisma, template_id: TemplateId) -> bytes:
    row = await db.template_opt.find_unique_or_raise({"template_id": str(template_id)})
    return row.xml.decode()


async def _write(tx: Prisma, before: Template, after: Template) -> None:
    """Raises TemplateBusy when the row is not as `before` any more."""
    where: Any = {"template_id": str(before.id), "revision": before.revision}
    if not await tx.template.update_many(where=where, data=rows.columns(after)):
        raise TemplateBusy


async def _publish(tx: Prisma, change: Event[Payload]) -> None:
    columns = outbox_columns(change)
    await tx.outbox_event.create(
        data={
            "event_id": str(columns.event_id),
            "subject": columns.subject,
            "aggregate_id": columns.aggregate_id,
            "aggregate_version": columns.aggregate_version,
            "headers": Json(dict[str, Any](columns.headers)),
            "payload": Base64.encode(columns.payload),
        }
    )
