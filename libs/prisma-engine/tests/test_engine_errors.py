"""What the database refuses is the Python client's own exception, with a code for programs."""

from types import ModuleType
from typing import Any

import asyncpg
import pytest


async def test_a_second_row_with_a_unique_value_is_a_unique_violation(db: Any, package: ModuleType) -> None:
    await db.owner.create({"name": "Ada"})
    with pytest.raises(package.errors.UniqueViolationError) as caught:
        await db.owner.create({"name": "Ada"})
    assert caught.value.code == "P2002"
    assert caught.value.meta == {"sqlstate": "23505", "target": ["name"]}


async def test_a_reference_to_nothing_is_a_foreign_key_violation(db: Any, package: ModuleType) -> None:
    with pytest.raises(package.errors.ForeignKeyViolationError) as caught:
        await db.pet.create({"name": "Rex", "owner_id": -1})
    assert caught.value.code == "P2003"


async def test_deleting_what_is_referred_to_is_a_foreign_key_violation(db: Any, package: ModuleType) -> None:
    owner = await db.owner.create({"name": "Ada", "pets": {"create": [{"name": "Rex"}]}})
    with pytest.raises(package.errors.ForeignKeyViolationError) as caught:
        await db.owner.delete(where={"id": owner.id})
    assert caught.value.meta["sqlstate"] == "23001"  # PostgreSQL 18's own for RESTRICT


async def test_what_is_not_there_can_be_an_error(db: Any, package: ModuleType) -> None:
    with pytest.raises(package.errors.RecordNotFoundError):
        await db.owner.find_unique_or_raise(where={"id": -1})


async def test_a_missing_value_is_told_before_anything_is_run(db: Any, package: ModuleType) -> None:
    with pytest.raises(package.errors.MissingRequiredValueError):
        await db.owner.create({"rank": 1})


async def test_an_unknown_field_is_told(db: Any, package: ModuleType) -> None:
    with pytest.raises(package.errors.FieldNotFoundError):
        await db.owner.create({"name": "Ada", "unknown": 1})


async def test_a_raw_query_fails_with_the_sqlstate(db: Any, package: ModuleType) -> None:
    with pytest.raises(package.errors.RawQueryError) as caught:
        await db.query_raw("SELECT * FROM nothing")
    assert caught.value.meta == {
        "sqlstate": "42P01",
        "code": "42P01",
        "message": 'relation "nothing" does not exist',
    }


@pytest.mark.parametrize(
    ("constraint", "weight"), [("CHECK (weight > 0)", -1), ("EXCLUDE (weight WITH =)", 7)]
)
async def test_other_constraints_have_a_code(
    db: Any, package: ModuleType, sql: asyncpg.Connection, constraint: str, weight: int
) -> None:
    owner = await db.owner.create({"name": "Ada", "pets": {"create": [{"name": "Rex", "weight": 7}]}})
    await sql.execute(f"ALTER TABLE pet ADD CONSTRAINT tried {constraint}")
    try:
        with pytest.raises(package.errors.DataError) as caught:
            await db.pet.create({"name": "Tom", "weight": weight, "owner_id": owner.id})
        assert caught.value.code == "P2004"
    finally:
        await sql.execute("ALTER TABLE pet DROP CONSTRAINT tried")


async def test_an_error_that_a_trigger_raises_keeps_its_words(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    await sql.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE 'not today' USING ERRCODE = 'RG001'; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT ON owner FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    try:
        with pytest.raises(package.errors.DataError, match="not today") as caught:
            await db.owner.create({"name": "Ada"})
        assert caught.value.meta == {"sqlstate": "RG001"}
    finally:
        await sql.execute("DROP FUNCTION refuse CASCADE")


async def test_a_statement_that_takes_too_long_has_a_code(db: Any, package: ModuleType) -> None:
    async with db.tx() as tx:
        await tx.execute_raw("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(package.errors.RawQueryError) as caught:
            await tx.query_raw("SELECT pg_sleep(5)")
    assert caught.value.meta["code"] == "57014"


async def test_a_lock_that_does_not_come_has_a_code(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    owner = await db.owner.create({"name": "Ada"})
    async with sql.transaction(), db.tx() as tx:
        await sql.execute("SELECT FROM owner FOR UPDATE")
        await tx.execute_raw("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(package.errors.DataError) as caught:
            await tx.owner.update(where={"id": owner.id}, data={"rank": 1})
    assert caught.value.code == "P1008"
