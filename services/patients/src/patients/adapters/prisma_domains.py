"""Identifier domains in PostgreSQL; what registrations check against is read again every few seconds."""

from datetime import UTC, date, datetime, time
from time import monotonic
from typing import Any

from openward_contracts.actor import Actor

from patients.adapters import rows
from patients.adapters.db import Json, Prisma, errors
from patients.adapters.errors import registry
from patients.domain.errors import DomainTaken, VersionMismatch
from patients.domain.identifier_domain import Domains, IdentifierDomain

_FRESH_SECONDS = 2.0


class PrismaDomains:
    """The DomainRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db
        self._current = Domains()
        self._read_at = float("-inf")

    async def all(self) -> dict[str, tuple[int, IdentifierDomain]]:
        async with registry():
            found = await self._db.identifier_domain.find_many()
        return {row.id: (row.version, _domain(row)) for row in found}

    async def current(self) -> Domains:
        if monotonic() - self._read_at > _FRESH_SECONDS:
            found = await self.all()
            self._current = Domains({domain.system: domain for _, domain in found.values()})
            self._read_at = monotonic()
        return self._current

    async def put(self, domain_id: str, domain: IdentifierDomain, version: int | None, actor: Actor) -> int:
        data = _columns(domain, actor)
        number = (version or 0) + 1
        try:
            async with registry():
                if version is None:
                    await self._db.identifier_domain.create(data=data | {"id": domain_id})
                elif not await self._db.identifier_domain.update_many(
                    where={"id": domain_id, "version": version}, data=data | {"version": number}
                ):
                    known = (await self.all()).get(domain_id)
                    raise VersionMismatch(known[0] if known else 0)
        except errors.UniqueViolationError:
            raise DomainTaken from None
        self._read_at = float("-inf")
        return number


def _domain(row: Any) -> IdentifierDomain:
    return IdentifierDomain(
        system=row.system,
        name=row.name,
        type_code=row.type_code,
        exclusive=row.exclusive,
        check_rule=row.check_rule,
        assigner=row.assigner,
        valid_from=_day(row.valid_from),
        valid_to=_day(row.valid_to),
    )


def _columns(domain: IdentifierDomain, actor: Actor) -> Any:
    return domain.model_dump() | {
        "updated_by": Json(rows.actor(actor)),
        "updated_at": datetime.now(UTC),
        "valid_from": _midnight(domain.valid_from),
        "valid_to": _midnight(domain.valid_to),
    }


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def _midnight(day: date | None) -> datetime | None:
    """Prisma's Python client has no type for a date without a time."""
    return datetime.combine(day, time(), UTC) if day else None
