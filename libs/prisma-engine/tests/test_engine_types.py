"""What goes in through the Python client comes out as it was, and is in the database what it should be."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any

import asyncpg
import pytest

KOLKATA = timezone(timedelta(hours=5, minutes=30))
UUID_1, UUID_2 = "0b7c2f04-9a36-4c58-8d4f-2f8f1c6a1e01", "a3d1f9d2-57a1-4f0e-b1d8-6d7e1c0b2f02"
MOMENT = datetime(2026, 3, 29, 2, 30, 15, 123000, KOLKATA)

SCALARS = [
    ("text", ""),
    ("text", 'Zoë "quoted" \\ back\nnew ${x} 🩺 \u2028'),
    ("number", 0),
    ("number", -(2**31)),
    ("number", 2**31 - 1),
    ("big", 2**53 + 1),
    ("big", -(2**63)),
    ("big", 2**63 - 1),
    ("ratio", 1.0),
    ("ratio", 0.1 + 0.2),
    ("ratio", -1.7976931348623157e308),
    ("ratio", 5e-324),
    ("amount", Decimal("12345678901234567890.12345678901234567890")),
    ("amount", Decimal("-0.1")),
    ("amount", Decimal(700)),
    ("flag", True),
    ("flag", False),
    ("time", MOMENT),
    ("time", datetime(1066, 10, 14, tzinfo=UTC)),
    ("local", datetime(2026, 3, 29, 2, 30, 15, 123000, UTC)),
    ("day", datetime(1980, 2, 29, tzinfo=UTC)),
    ("colour", "GREEN"),
    ("uuid", UUID_1),
]
LISTS = [
    ("texts", ["", 'a"b', "{}", "NULL", "ä,b"]),
    ("numbers", [1, -2, 2**31 - 1]),
    ("bigs", [2**53 + 1, -(2**63)]),
    ("ratios", [1.0, 0.5]),
    ("amounts", [Decimal("1.10"), Decimal(3)]),
    ("flags", [True, False]),
    ("times", [MOMENT, MOMENT - timedelta(days=1)]),
    ("colours", ["RED", "GREEN"]),
    ("uuids", [UUID_1, UUID_2]),
]
DOCUMENTS = [
    {},
    [],
    {"nested": [{"a": None, "b": [1, 2.5, "x", True]}]},
    {"$type": "BigInt", "value": "1"},
    {"text": 'Zoë "quoted" \\ 🩺', "big": 2**60 + 1},
    "a bare string",
    '"',
    17,
    False,
    None,
]


@pytest.mark.parametrize(("field", "value"), SCALARS + LISTS)
async def test_a_value_comes_back_as_it_was(db: Any, field: str, value: object) -> None:
    made = await db.sample.create({field: value})
    found = await db.sample.find_unique_or_raise({"id": made.id})

    assert getattr(made, field) == value
    assert getattr(found, field) == value
    assert type(getattr(found, field)) is type(value) or field == "colour"


@pytest.mark.parametrize(("field", "value"), SCALARS)
async def test_a_value_can_be_looked_for(db: Any, field: str, value: object) -> None:
    made = await db.sample.create({field: value})
    assert (await db.sample.find_first_or_raise(where={field: value})).id == made.id


async def test_what_is_not_given_is_null(db: Any) -> None:
    made = await db.sample.create({})
    values = made.model_dump(exclude={"id"})
    assert {name: value for name, value in values.items() if value not in (None, [])} == {}


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_a_json_document_comes_back_as_it_was(
    db: Any, package: ModuleType, sql: asyncpg.Connection, document: object
) -> None:
    made = await db.sample.create({"document": package.Json(document)})
    found = await db.sample.find_unique_or_raise({"id": made.id})

    assert (made.document, found.document) == (document, document)
    assert await sql.fetchval("SELECT document = $1::jsonb FROM sample", json.dumps(document))


async def test_documents_in_a_list_come_back_as_they_were(db: Any, package: ModuleType) -> None:
    made = await db.sample.create({"documents": [package.Json(document) for document in DOCUMENTS]})
    assert (await db.sample.find_unique_or_raise({"id": made.id})).documents == DOCUMENTS


async def test_a_missing_document_is_not_the_json_null(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    await db.sample.create({"text": "null", "document": package.Json(None)})
    await db.sample.create({"text": "missing"})
    rows = await sql.fetch("SELECT text, document IS NULL AS missing FROM sample ORDER BY text")
    assert [tuple(row) for row in rows] == [("missing", True), ("null", False)]


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 3, bytes(range(256)) * 4096])
async def test_bytes_come_back_as_they_were(
    db: Any, package: ModuleType, sql: asyncpg.Connection, content: bytes
) -> None:
    made = await db.sample.create({"content": package.Base64.encode(content)})
    assert made.content.decode() == content
    assert await sql.fetchval("SELECT content FROM sample") == content


async def test_bytes_in_a_list_come_back_as_they_were(db: Any, package: ModuleType) -> None:
    contents = [package.Base64.encode(b"\x00"), package.Base64.encode(b"two")]
    assert (await db.sample.create({"contents": contents})).contents == contents


async def test_a_moment_is_stored_as_that_moment(db: Any, sql: asyncpg.Connection) -> None:
    await db.sample.create({"time": MOMENT})
    assert await sql.fetchval("SELECT time FROM sample") == MOMENT


async def test_a_time_without_a_zone_is_utc(db: Any, sql: asyncpg.Connection) -> None:
    await db.sample.create({"time": datetime(2026, 3, 29, 2, 30)})  # noqa: DTZ001  that is what is tested
    assert await sql.fetchval("SELECT time FROM sample") == datetime(2026, 3, 29, 2, 30, tzinfo=UTC)


async def test_times_are_written_with_milliseconds_and_read_with_all_they_have(
    db: Any, sql: asyncpg.Connection
) -> None:
    precise = datetime(2026, 1, 1, 0, 0, 0, 123456, UTC)
    made = await db.sample.create({"time": precise})
    assert made.time == precise.replace(microsecond=123000)

    await sql.execute("UPDATE sample SET time = $1", precise)
    assert (await db.sample.find_first_or_raise()).time == precise
