"""All or nothing, in time, and a pool that keeps its size, three, whatever goes wrong."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import asyncpg
import pytest

POOL = 3
TERMINATE = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def names(sql: asyncpg.Connection) -> list[str]:
    return [row["name"] for row in await sql.fetch("SELECT name FROM owner ORDER BY name")]


async def give_up(db: Any) -> None:
    async with db.tx() as tx:
        await tx.owner.create({"name": "Bob"})
        raise KeyError


async def test_what_a_transaction_did_is_seen_at_its_end(db: Any, sql: asyncpg.Connection) -> None:
    async with db.tx() as tx:
        await tx.owner.create({"name": "Ada"})
        assert await tx.owner.count() == 1
        assert await names(sql) == []
    assert await names(sql) == ["Ada"]


async def test_an_exception_undoes_a_transaction(db: Any, sql: asyncpg.Connection) -> None:
    with pytest.raises(KeyError):
        await give_up(db)
    assert await names(sql) == []


async def test_raw_statements_belong_to_the_transaction(db: Any, sql: asyncpg.Connection) -> None:
    async with db.tx() as tx:
        [locked] = await tx.query_raw("SELECT pg_try_advisory_xact_lock(4711) AS got")
        await tx.execute_raw("INSERT INTO owner (name) VALUES ($1)", "Ada")
        assert locked == {"got": True}
        assert not await sql.fetchval("SELECT pg_try_advisory_lock(4711)")
        assert await names(sql) == []
    assert await names(sql) == ["Ada"]


async def test_a_transaction_that_takes_too_long_is_undone(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    transaction = db.tx(timeout=timedelta(seconds=3))
    tx = await transaction.start()
    await tx.owner.create({"name": "Ada"})
    await asyncio.sleep(3.5)

    with pytest.raises(package.errors.TransactionExpiredError):
        await tx.owner.create({"name": "Bob"})
    with pytest.raises(package.errors.TransactionExpiredError):
        await transaction.commit()
    assert await names(sql) == []


async def test_after_an_error_nothing_of_the_transaction_remains(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    await sql.execute("INSERT INTO owner (name) VALUES ('Ada')")
    async with db.tx() as tx:
        await tx.owner.create({"name": "Bob"})
        with pytest.raises(package.errors.UniqueViolationError):
            await tx.owner.create({"name": "Ada"})
        with pytest.raises(package.errors.DataError) as caught:
            await tx.owner.create({"name": "Eve"})
    assert caught.value.meta == {"sqlstate": "25P02"}
    assert await names(sql) == ["Ada"]


async def test_a_conflict_between_transactions_has_the_code_to_try_again(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    await sql.execute("INSERT INTO owner (name) VALUES ('Ada')")
    async with db.tx() as tx:
        await tx.execute_raw("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ada = await tx.owner.find_first_or_raise()
        await sql.execute("UPDATE owner SET rank = 1")
        with pytest.raises(package.errors.DataError) as caught:
            await tx.owner.update(where={"id": ada.id}, data={"rank": 2})
    assert caught.value.code == "P2034"


async def test_a_batch_is_all_or_nothing(db: Any, package: ModuleType, sql: asyncpg.Connection) -> None:
    async with db.batch_() as batch:
        batch.owner.create({"name": "Ada"})
        batch.owner.create({"name": "Bob"})
        batch.execute_raw("UPDATE owner SET rank = 7")
    assert await names(sql) == ["Ada", "Bob"]
    assert await sql.fetchval("SELECT sum(rank) FROM owner") == 14

    failing = db.batch_()
    failing.owner.create({"name": "Eve"})
    failing.owner.create({"name": "Ada"})
    with pytest.raises(package.errors.UniqueViolationError):
        await failing.commit()
    assert await names(sql) == ["Ada", "Bob"]


async def test_a_batch_in_a_transaction_ends_with_it(db: Any, sql: asyncpg.Connection) -> None:
    async with db.tx() as tx:
        async with tx.batch_() as batch:
            batch.owner.create({"name": "Ada"})
        assert await names(sql) == []
    assert await names(sql) == ["Ada"]


async def test_a_nested_write_is_all_or_nothing(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    pets = [{"name": "Rex", "chip": "1"}, {"name": "Tom", "chip": "1"}]
    with pytest.raises(package.errors.UniqueViolationError):
        await db.owner.create({"name": "Ada", "pets": {"create": pets}})
    assert await names(sql) == []


async def test_with_no_connection_free_max_wait_is_kept(db: Any, package: ModuleType) -> None:
    busy = [db.tx() for _ in range(POOL)]
    for transaction in busy:
        await transaction.start()
    began = time.monotonic()
    with pytest.raises(package.errors.TransactionError, match="in the given time"):
        await db.tx(max_wait=timedelta(milliseconds=300)).start()
    waited = time.monotonic() - began
    for transaction in busy:
        await transaction.rollback()

    assert 0.3 <= waited < 5.5  # less than the pool's own timeout
    assert await db.owner.count() == 0


async def test_with_no_connection_free_a_query_gives_up_after_the_pool_timeout(
    db: Any, package: ModuleType
) -> None:
    busy = [db.tx(timeout=timedelta(seconds=20)) for _ in range(POOL)]
    for transaction in busy:
        await transaction.start()
    with pytest.raises(package.errors.DataError) as caught:
        await db.owner.count()
    for transaction in busy:
        await transaction.rollback()

    assert caught.value.code == "P2024"
    assert await db.owner.count() == 0


async def test_more_transactions_than_connections_take_turns(db: Any, sql: asyncpg.Connection) -> None:
    async def register(number: int) -> None:
        async with db.tx(max_wait=timedelta(seconds=20)) as tx:
            await tx.owner.create({"name": f"{number:02}"})
            await tx.owner.count()

    await asyncio.gather(*(register(number) for number in range(10 * POOL)))
    assert len(await names(sql)) == 10 * POOL


async def test_a_commit_that_fails_gives_its_connection_back(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    await sql.execute(
        "ALTER TABLE pet ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED;"
        "INSERT INTO owner (id, name) VALUES (-1, 'Ada');"
        "INSERT INTO pet (name, chip, owner_id) VALUES ('Rex', '1', -1)"
    )
    try:
        for _ in range(2 * POOL):
            transaction = db.tx()
            await (await transaction.start()).pet.create({"name": "Rex", "owner_id": -1})
            with pytest.raises(package.errors.UniqueViolationError):
                await transaction.commit()
        assert await db.pet.count() == 1
    finally:
        await sql.execute("ALTER TABLE pet DROP CONSTRAINT one_name")


async def test_connections_that_the_server_ends_in_a_transaction_are_replaced(
    db: Any, package: ModuleType, sql: asyncpg.Connection
) -> None:
    for _ in range(2 * POOL):
        transaction = db.tx()
        tx = await transaction.start()
        await sql.execute(TERMINATE)
        with pytest.raises(package.errors.DataError):
            await tx.owner.count()
        with pytest.raises(package.errors.DataError):
            await transaction.rollback()
    assert await asyncio.gather(*(db.owner.count() for _ in range(POOL))) == [0] * POOL


async def test_idle_connections_that_the_server_ends_are_replaced(db: Any, sql: asyncpg.Connection) -> None:
    await asyncio.gather(*(db.owner.count() for _ in range(POOL)))
    await sql.execute(TERMINATE)
    # the engine may hear of it only now
    await asyncio.gather(*(db.owner.count() for _ in range(POOL)), return_exceptions=True)
    assert await asyncio.gather(*(db.owner.count() for _ in range(POOL))) == [0] * POOL


async def test_a_query_that_the_server_ends_has_a_code(
    db: Any, package: ModuleType, sql: asyncpg.Connection, sleeping: Callable[[], Awaitable[None]]
) -> None:
    query = asyncio.create_task(db.query_raw("SELECT pg_sleep(30)"))
    await sleeping()
    await sql.execute(TERMINATE)
    with pytest.raises(package.errors.DataError) as caught:
        await query
    assert caught.value.code == "P1017" or caught.value.meta["code"] == "57P01"
