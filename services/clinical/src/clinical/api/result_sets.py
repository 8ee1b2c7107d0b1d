"""Answers to AQL: a new head, and the rows as EHRbase sent them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse

from clinical.domain.result_set import RowLimits, head_of_answer
from clinical.service.queries import ResultSet
from clinical.service.spool import Spool

_JSON = "application/json"


def shown(
    found: ResultSet,
    limits: RowLimits,
    *,
    name: str | None = None,
    href: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    head = head_of_answer(found.head, found.query.q, limits, name=name, href=href)
    if not found.rows.is_small:
        size = {"Content-Length": str(len(head) + found.rows.size)}
        return Spooled(_with_head(head, found.rows), found.rows, dict(headers or {}) | size, _JSON)
    try:
        return Response(head + b"".join(found.rows.blocks()), media_type=_JSON, headers=dict(headers or {}))
    finally:
        found.rows.close()


class Spooled(StreamingResponse):
    """Block by block, made of what is on the disk; whatever ends it, the file is gone."""

    def __init__(
        self, blocks: Iterable[bytes], rows: Spool, headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(iter(blocks), headers=dict(headers), media_type=media_type)
        self._rows = rows

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._rows.close()


def _with_head(head: bytes, rows: Spool) -> Iterator[bytes]:
    yield head
    yield from rows.blocks()
