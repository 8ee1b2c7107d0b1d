"""Queries that end by themselves when they take too long."""

import json
from typing import Any

from patients.adapters.db import Prisma, errors
from patients.adapters.db._raw_query import deserialize_raw_results
from patients.adapters.errors import registry, sqlstate
from patients.domain.errors import SearchTooBroad

MILLISECONDS = 2000
_CANCELLED = "57014"


async def timed(db: Prisma, query: str, *parameters: object) -> list[dict[str, Any]]:
    """As `query_raw`; raises SearchTooBroad after two seconds, and what `registry` raises.

    Both statements travel together: an interactive transaction would take four requests to the engine. The
    client's own batches answer nothing, so this one is written as they write theirs.
    """
    limit = _text(db, "execute_raw", f"set local statement_timeout = {MILLISECONDS}", ())
    batch = {"batch": [_query(limit), _query(_text(db, "query_raw", query, parameters))], "transaction": True}
    async with registry():
        try:
            answer = await db._engine.query(json.dumps(batch), tx_id=None)  # noqa: SLF001  see above
        except errors.RawQueryError as error:
            if sqlstate(error) == _CANCELLED:
                raise SearchTooBroad from None
            raise
    return deserialize_raw_results(answer["batchResult"][1]["data"]["result"])


def _query(text: str) -> dict[str, Any]:
    return {"query": text, "variables": {}}


def _text(db: Prisma, method: Any, query: str, parameters: tuple[object, ...]) -> str:
    make = db._make_query_builder  # noqa: SLF001  as above
    arguments = {"query": query, "parameters": parameters}
    return make(method=method, arguments=arguments, model=None, root_selection=None).build_query()
