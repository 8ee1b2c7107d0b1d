"""What the Python client can say beside single values: relations, filters, many rows at once, raw SQL."""

import json
from decimal import Decimal
from types import ModuleType
from typing import Any

import asyncpg
import pytest

BEYOND_DOUBLE = 2**53 + 1


async def owner_with_pets(db: Any, name: str, *pets: tuple[str, int]) -> Any:
    return await db.owner.create(
        {"name": name, "pets": {"create": [{"name": pet, "weight": weight} for pet, weight in pets]}},
        include={"pets": {"order_by": {"id": "asc"}}},
    )


async def test_related_rows_are_created_and_read_together(db: Any) -> None:
    owner = await owner_with_pets(db, "Ada", ("Rex", 30), ("Tom", 4))

    assert [(pet.name, pet.owner_id) for pet in owner.pets] == [("Rex", owner.id), ("Tom", owner.id)]
    tom = await db.pet.find_first_or_raise(where={"name": "Tom"}, include={"owner": True})
    assert tom.owner.name == "Ada"


async def test_rows_are_found_by_their_relations(db: Any) -> None:
    await owner_with_pets(db, "Ada", ("Rex", 30), ("Tom", 4))
    await owner_with_pets(db, "Bob", ("Kit", 4))

    light_only = await db.owner.find_many(where={"pets": {"every": {"weight": {"lt": 10}}}})
    any_heavy = await db.owner.find_many(where={"pets": {"some": {"weight": {"gte": 10}}}})
    of_bob = await db.pet.find_many(where={"owner": {"is": {"name": "Bob"}}})

    assert [o.name for o in light_only] == ["Bob"]
    assert [o.name for o in any_heavy] == ["Ada"]
    assert [p.name for p in of_bob] == ["Kit"]


async def test_conditions_order_and_pages_combine(db: Any) -> None:
    await owner_with_pets(db, "Ada", *((f"pet {n}", n) for n in range(10)))
    found = await db.pet.find_many(
        where={
            "OR": [{"weight": {"gt": 6}}, {"weight": {"in": [1, 2]}}],
            "NOT": [{"name": {"endswith": "9"}}],
        },
        order={"weight": "desc"},
        skip=1,
        take=2,
    )
    assert [pet.weight for pet in found] == [7, 2]


async def test_an_existing_row_is_connected(db: Any) -> None:
    owner = await db.owner.create({"name": "Ada"})
    pet = await db.pet.create({"name": "Rex", "owner": {"connect": {"id": owner.id}}})
    assert pet.owner_id == owner.id


async def test_numbers_are_changed_where_they_are(db: Any) -> None:
    owner = await db.owner.create({"name": "Ada", "rank": 5})
    changed = await db.owner.update(where={"id": owner.id}, data={"rank": {"increment": 3}})
    assert changed.rank == 8


async def test_update_of_a_missing_row_gives_none(db: Any) -> None:
    assert await db.owner.update(where={"id": -1}, data={"name": "x"}) is None
    assert await db.owner.delete(where={"id": -1}) is None


async def test_upsert_creates_then_updates(db: Any) -> None:
    data = {"create": {"name": "Ada"}, "update": {"rank": {"increment": 1}}}
    first = await db.owner.upsert(where={"name": "Ada"}, data=data)
    second = await db.owner.upsert(where={"name": "Ada"}, data=data)
    assert (second.id, first.rank, second.rank) == (first.id, 0, 1)


async def test_many_rows_are_written_changed_counted_and_deleted(db: Any) -> None:
    rows = [{"name": f"owner {n}", "rank": n} for n in range(100)]

    assert await db.owner.create_many(data=rows) == 100
    assert await db.owner.create_many(data=rows, skip_duplicates=True) == 0
    assert await db.owner.update_many(where={"rank": {"lt": 10}}, data={"rank": -1}) == 10
    assert await db.owner.count(where={"rank": -1}) == 10
    assert await db.owner.delete_many(where={"rank": -1}) == 10
    assert await db.owner.count() == 90


async def test_groups_have_counts_and_float_averages(db: Any) -> None:
    await owner_with_pets(db, "Ada", ("a", 2), ("a", 4), ("b", 5))
    groups = await db.pet.group_by(["name"], avg={"weight": True}, count=True, order={"name": "asc"})

    assert groups == [
        {"name": "a", "_avg": {"weight": 3.0}, "_count": {"_all": 2}},
        {"name": "b", "_avg": {"weight": 5.0}, "_count": {"_all": 1}},
    ]
    assert isinstance(groups[0]["_avg"]["weight"], float)


async def test_documents_are_found_by_what_is_in_them(db: Any, package: ModuleType) -> None:
    document = {"kind": "note", "tags": ["a"]}
    made = await db.sample.create({"document": package.Json(document)})
    await db.sample.create({"document": package.Json({"kind": "other"})})

    whole = await db.sample.find_many(where={"document": {"equals": package.Json(document)}})
    part = await db.sample.find_many(
        where={"document": {"path": ["kind"], "equals": package.Json("note")}}  # as jsonb's #>
    )
    assert [row.id for row in whole] == [row.id for row in part] == [made.id]


async def test_documents_are_replaced_by_an_update(db: Any, package: ModuleType) -> None:
    made = await db.sample.create({"document": package.Json({"a": 1})})
    changed = await db.sample.update(where={"id": made.id}, data={"document": package.Json('"')})
    assert changed.document == '"'


async def test_lists_are_pushed_to_and_searched(db: Any) -> None:
    made = await db.sample.create({"texts": ["a", "b"]})
    await db.sample.update(where={"id": made.id}, data={"texts": {"push": ["c"]}})

    assert (await db.sample.find_first_or_raise(where={"texts": {"has_every": ["a", "c"]}})).texts == [
        "a",
        "b",
        "c",
    ]
    assert await db.sample.find_first(where={"texts": {"has": "d"}}) is None


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", 1),
        (f"{BEYOND_DOUBLE}::bigint", BEYOND_DOUBLE),
        (f"array[{BEYOND_DOUBLE}::bigint]", [BEYOND_DOUBLE]),
        ("7::float8", 7.0),
        ("array[7::float8]", [7.0]),
        ("1.50::numeric", 1.5),
        ("null", None),
        ("true", True),
        ("'ä'", "ä"),
        ("array['a', null, 'b']", ["a", None, "b"]),
        ("""'{"$type": "BigInt", "value": [1]}'::jsonb""", {"$type": "BigInt", "value": [1]}),
        ("decode('00ff', 'hex')", "AP8="),
        ("'2026-01-01 00:00:00.123456+09'::timestamptz", "2025-12-31T15:00:00.123456+00:00"),
        ("'2026-01-01'::date", "2026-01-01"),
        ("interval '1 day 2 hours'", "1 day 02:00:00"),
        ("current_schema()", "public"),
        ("'sample'::regclass", "sample"),
        ("""'"'::"char" """, '"'),
        ("pg_advisory_xact_lock(1)", ""),
    ],
)
async def test_a_raw_query_gives_values_of_the_right_type(db: Any, expression: str, value: object) -> None:
    [row] = await db.query_raw(f"SELECT {expression} AS value")
    assert row == {"value": value}
    assert type(row["value"]) is type(value)


async def test_raw_parameters_arrive_unchanged(db: Any) -> None:
    text = 'it\'s; "quoted" \\ $1 🩺 \u2028 12345678901234567890'
    [row] = await db.query_raw(
        "SELECT $1 AS text, $2::bigint AS big, $3::float8 AS ratio, $4::bool AS flag, $5::jsonb AS document,"
        " $6::numeric::text AS amount, $7::text IS NULL AS missing, $8::text[] AS texts, $9::int AS number",
        *(text, BEYOND_DOUBLE, 0.12345678901234567, True, json.dumps({"a": [1]})),
        *(Decimal("1.10"), None, ["a", "b"], -7),
    )
    assert row == {
        "text": text,
        "big": BEYOND_DOUBLE,
        "ratio": 0.12345678901234567,
        "flag": True,
        "document": {"a": [1]},
        "amount": "1.10",
        "missing": True,
        "texts": ["a", "b"],
        "number": -7,
    }


async def test_raw_rows_become_models(db: Any, package: ModuleType) -> None:
    await owner_with_pets(db, "Ada", ("Rex", 30))
    [pet] = await db.query_raw("SELECT * FROM pet", model=package.models.Pet)
    assert (pet.name, pet.weight) == ("Rex", 30)


async def test_execute_raw_gives_the_number_of_rows(db: Any, sql: asyncpg.Connection) -> None:
    await db.owner.create_many(data=[{"name": "a"}, {"name": "b"}])
    assert await db.execute_raw("UPDATE owner SET rank = $1", 4) == 2
    assert await sql.fetchval("SELECT sum(rank) FROM owner") == 8
