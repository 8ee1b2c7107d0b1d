"""Answers to AQL: a new head, and the rows as EHRbase sent them."""

from collections.abc import Iterator, Mapping
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
        return _Spooled(head, found.rows, headers or {})
    try:
        return Response(head + b"".join(found.rows.blocks()), media_type=_JSON, headers=dict(headers or {}))
    finally:
        found.rows.close()


class _Spooled(StreamingResponse):
    """Block by block from the disk; whatever ends it, the file is gone."""

    def __init__(self, head: bytes, rows: Spool, headers: Mapping[str, str]) -> None:
        size = {"Content-Length": str(len(head) + rows.size)}
        super().__init__(_with_head(head, rows), headers=dict(headers) | size, media_type=_JSON)
        self._rows = rows

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._rows.close()


def _with_head(head: bytes, rows: Spool) -> Iterator[bytes]:
    yield head
    yield from rows.blocks()
