"""Lists of compositions and of their versions, by functions in EHRbase's database (schema `evt`)."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg
from openward_contracts.identifiers import EhrId, TemplateId

from clinical.domain.cursors import Place
from clinical.domain.listing import Row


class EvtListing:
    """The Listing port."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def compositions(
        self, ehr_ids: Collection[EhrId], template_id: TemplateId | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        at, last, _ = after or (None, None, 0)
        rows = await self._pool.fetch(
            "select * from evt.compositions($1, $2, $3, $4, $5)", list(ehr_ids), template_id, at, last, limit
        )
        return [_row(row, row["vo_id"]) for row in rows]

    async def versions(self, object_id: UUID) -> Sequence[Row]:
        rows = await self._pool.fetch("select * from evt.composition_versions($1)", object_id)
        return [_row(row, object_id, deleted=row["deleted"]) for row in rows]


def _row(row: asyncpg.Record, object_id: UUID, *, deleted: bool = False) -> Row:
    template = row["template_id"]
    return Row(
        object_id,
        EhrId(row["ehr_id"]),
        TemplateId(template) if template else None,
        row["sys_version"],
        row["committed_at"],
        deleted,
    )
