"""Pairs of patients that may be one, in PostgreSQL through Prisma."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from openward_contracts.identifiers import PatientId

from patients.adapters import rows
from patients.adapters.db import Prisma
from patients.adapters.errors import registry
from patients.domain.duplicates.pairs import Found, Pair, PairQuery, PairState, Tally, Verdict
from patients.domain.matching.comparison import Standing


class PrismaPairs:
    """The PairRepository port."""

    def __init__(self, db: Prisma) -> None:
        self._db = db

    async def page(self, query: PairQuery) -> Sequence[Pair]:
        weight, low, high = query.after or (None, None, None)
        async with registry():
            found = await self._db.query_raw(
                PAGE,
                query.state.value,
                weight,
                low,
                high,
                query.patient_id and str(query.patient_id),
                query.restricted,
                query.limit,
            )
        return [_pair(json.loads(row["pair"])) for row in found]

    async def get(self, low: PatientId, high: PatientId) -> Pair | None:
        async with registry():
            found = await self._db.query_raw(ONE, str(low), str(high))
        return _pair(json.loads(found[0]["pair"])) if found else None

    async def put(self, pairs: Sequence[Found]) -> None:
        async with registry():
            await self._db.execute_raw(PUT, documents(pairs))

    async def decide(self, low: PatientId, high: PatientId, verdict: Verdict) -> bool:
        by = json.dumps(rows.actor(verdict.by))
        at = verdict.at.isoformat()
        async with registry():
            written = await self._db.execute_raw(
                DECIDE, str(low), str(high), verdict.state.value, at, by, verdict.reason
            )
        return bool(written)

    async def tallies(self) -> Sequence[Tally]:
        async with registry():
            found = await self._db.query_raw(TALLIES)
        return [
            Tally(float(row["weight"]), Standing(row["standing"]), PairState(row["state"]), int(row["pairs"]))
            for row in found
        ]

    async def registry_size(self) -> int:
        async with registry():
            (row,) = await self._db.query_raw(SIZE)
        return int(row["size"])


def documents(pairs: Sequence[Found]) -> str:
    """What `PUT` takes."""
    return json.dumps([rows.match_pair(pair) for pair in pairs])


def _pair(row: dict[str, Any]) -> Pair:
    decided = row["decided_at"] is not None
    state = PairState(row["state"])
    by = rows.to_actor(row["decided_by"]) if decided else None
    at = datetime.fromisoformat(row["decided_at"]) if decided else None
    return Pair(
        low_id=PatientId(row["low_id"]),
        high_id=PatientId(row["high_id"]),
        state=state,
        weight=row["weight"],
        comparison=row["comparison"],
        model=row["model"],
        origin=row["origin"],
        found_at=datetime.fromisoformat(row["found_at"]),
        verdict=Verdict(state, by, at, row["reason"] or "") if by and at else None,
    )


# In the order of the ids, so that two writers of the same pairs wait instead of deadlocking. What somebody
# decided stays, whoever finds the pair again.
PUT: LiteralString = """
    insert into match_pair (low_id, high_id, state, weight, comparison, model, origin, decided_at, decided_by,
                            reason)
    select low_id, high_id, state, weight, comparison, model, origin, decided_at, decided_by, reason
    from jsonb_to_recordset($1::jsonb)
        as r (low_id uuid, high_id uuid, state text, weight float8, comparison jsonb, model text, origin text,
              decided_at timestamptz, decided_by jsonb, reason text)
    order by low_id, high_id
    on conflict (low_id, high_id) do update
    set state = excluded.state, weight = excluded.weight, comparison = excluded.comparison,
        model = excluded.model, decided_at = excluded.decided_at, decided_by = excluded.decided_by,
        reason = excluded.reason
    where match_pair.state = 'open' or excluded.state <> 'open'
"""

_PAIR: LiteralString = """
    json_build_object('low_id', m.low_id, 'high_id', m.high_id, 'state', m.state, 'weight', m.weight,
        'comparison', m.comparison, 'model', m.model, 'origin', m.origin, 'found_at', m.found_at,
        'decided_at', m.decided_at, 'decided_by', m.decided_by, 'reason', m.reason)::text as pair
"""

PAGE: LiteralString = (
    "select"
    + _PAIR
    + """
    from match_pair m
    join patient low on low.id = m.low_id
    join patient high on high.id = m.high_id
    where m.state = $1
      and ($2::float8 is null or (m.weight, m.low_id, m.high_id) < ($2::float8, $3::uuid, $4::uuid))
      and ($5::uuid is null or m.low_id = $5::uuid or m.high_id = $5::uuid)
      and ($6::boolean or not (low.restricted or high.restricted))
      and (m.state <> 'open' or (low.survivor_id is null and high.survivor_id is null))
    order by m.weight desc, m.low_id desc, m.high_id desc
    limit $7::int
"""
)

ONE: LiteralString = "select" + _PAIR + "from match_pair m where low_id = $1::uuid and high_id = $2::uuid"

DECIDE: LiteralString = """
    update match_pair
    set state = $3, decided_at = $4::timestamptz, decided_by = $5::jsonb, reason = $6
    where low_id = $1::uuid and high_id = $2::uuid
"""

TALLIES: LiteralString = """
    select round(weight::numeric, 1)::float8 as weight, comparison ->> 'standing' as standing, state,
           count(*)::int as pairs
    from match_pair group by 1, 2, 3
"""

SIZE: LiteralString = """
    select greatest(reltuples, 0)::bigint as size from pg_class where oid = 'patient'::regclass
"""
