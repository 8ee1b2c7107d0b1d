"""What every `IdempotencyStore` does: PostgreSQL's, and the one that other tests use in its place."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from openward_servicekit.errors import Unavailable
from openward_servicekit.idempotency import Claim, Found, IdempotencyStore, StoredAnswer
from openward_servicekit.idempotency_postgres import PostgresIdempotency
from openward_testkit.idempotency import MemoryIdempotency
from openward_testkit.postgres import PostgresServer

TABLE = """
create table idempotency_key (
    actor text not null, key text not null, request_hash bytea not null,
    status int, headers jsonb, body bytea,
    created_at timestamptz not null default now(), expires_at timestamptz not null,
    primary key (actor, key)
)
"""
ANSWER = StoredAnswer(201, {"ETag": '"1"', "Location": "/things/ü"}, b"\x00\xff{}")
HASH, OTHER_HASH = b"\x01" * 32, b"\x02" * 32
SOON = timedelta(milliseconds=50)


@pytest.fixture
async def pool(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Pool]:
    async with (
        postgres_server.database(script=TABLE) as name,
        asyncpg.create_pool(postgres_server.of(name), min_size=1, max_size=4) as pool,
    ):
        yield pool


@pytest.fixture(params=["memory", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest) -> IdempotencyStore:
    if kind == "memory":
        return MemoryIdempotency()
    return PostgresIdempotency(request.getfixturevalue("pool"))


@pytest.fixture
def hasty(kind: str, request: pytest.FixtureRequest) -> IdempotencyStore:
    """A store for which a claim may be taken over, and is abandoned, after a twentieth of a second."""
    if kind == "memory":
        return MemoryIdempotency(abandoned_after=SOON, taken_over_after=SOON)
    return PostgresIdempotency(request.getfixturevalue("pool"), abandoned_after=SOON, taken_over_after=SOON)


@pytest.fixture
def generous(kind: str, request: pytest.FixtureRequest) -> IdempotencyStore:
    """A store for which a claim may soon be taken over, and is abandoned much later."""
    if kind == "memory":
        return MemoryIdempotency(taken_over_after=SOON)
    return PostgresIdempotency(request.getfixturevalue("pool"), taken_over_after=SOON)


@pytest.fixture
def forgetful(kind: str, request: pytest.FixtureRequest) -> IdempotencyStore:
    if kind == "memory":
        return MemoryIdempotency(kept=SOON)
    return PostgresIdempotency(request.getfixturevalue("pool"), kept=SOON)


async def claimed(store: IdempotencyStore, *, take_over: bool = False) -> Claim:
    claim = await store.claim("ada", "k", HASH, take_over=take_over)
    assert isinstance(claim, Claim)
    return claim


async def found(store: IdempotencyStore, *, take_over: bool = False) -> Found:
    there = await store.claim("ada", "k", HASH, take_over=take_over)
    assert isinstance(there, Found)
    return there


async def test_a_new_key_is_claimed_once(store: IdempotencyStore) -> None:
    await claimed(store)

    assert await found(store) == Found(HASH, None, abandoned=False)


async def test_of_many_at_once_one_claims(store: IdempotencyStore) -> None:
    results = await asyncio.gather(*(store.claim("ada", "k", HASH, take_over=True) for _ in range(20)))

    assert sum(isinstance(result, Claim) for result in results) == 1


async def test_an_answer_is_found_byte_for_byte(store: IdempotencyStore) -> None:
    await store.complete(await claimed(store), ANSWER)

    assert await found(store, take_over=True) == Found(HASH, ANSWER, abandoned=False)


async def test_the_first_requests_hash_is_found(store: IdempotencyStore) -> None:
    await claimed(store)

    there = await store.claim("ada", "k", OTHER_HASH, take_over=True)

    assert isinstance(there, Found)
    assert there.request_hash == HASH


async def test_a_key_is_its_actors_own(store: IdempotencyStore) -> None:
    await claimed(store)

    assert isinstance(await store.claim("eve", "k", HASH, take_over=False), Claim)


async def test_a_released_key_is_new(store: IdempotencyStore) -> None:
    await store.release(await claimed(store))

    await claimed(store)


async def test_an_abandoned_claim_is_taken_over_by_who_may(hasty: IdempotencyStore) -> None:
    await claimed(hasty)
    await asyncio.sleep(0.1)

    assert (await found(hasty)).abandoned
    await claimed(hasty, take_over=True)


async def test_a_claim_is_taken_over_before_it_counts_as_abandoned(generous: IdempotencyStore) -> None:
    await claimed(generous)
    await asyncio.sleep(0.1)

    assert await found(generous) == Found(HASH, None, abandoned=False)
    await claimed(generous, take_over=True)


async def test_an_abandoned_claim_is_not_taken_over_by_another_request(hasty: IdempotencyStore) -> None:
    await claimed(hasty)
    await asyncio.sleep(0.1)

    assert isinstance(await hasty.claim("ada", "k", OTHER_HASH, take_over=True), Found)


async def test_an_answer_is_never_taken_over(hasty: IdempotencyStore) -> None:
    await hasty.complete(await claimed(hasty), ANSWER)
    await asyncio.sleep(0.1)

    assert (await found(hasty, take_over=True)).answer == ANSWER


async def test_who_lost_its_claim_changes_nothing(hasty: IdempotencyStore) -> None:
    late = await claimed(hasty)
    await asyncio.sleep(0.1)
    current = await claimed(hasty, take_over=True)

    await hasty.complete(late, StoredAnswer(500, {}, b"late"))
    await hasty.release(late)
    await hasty.complete(current, ANSWER)

    assert (await found(hasty)).answer == ANSWER


async def test_an_expired_key_is_new_for_any_request(forgetful: IdempotencyStore) -> None:
    await forgetful.complete(await claimed(forgetful), ANSWER)
    await asyncio.sleep(0.1)

    assert isinstance(await forgetful.claim("ada", "k", OTHER_HASH, take_over=False), Claim)


async def test_expired_keys_are_deleted_in_time(pool: asyncpg.Pool) -> None:
    store = PostgresIdempotency(pool, kept=SOON)
    await store.complete(await claimed(store), ANSWER)
    await asyncio.sleep(0.1)

    await PostgresIdempotency(pool, _purged_at=float("-inf")).claim("ada", "other", HASH, take_over=False)

    assert await pool.fetchval("select array_agg(key) from idempotency_key") == ["other"]


async def test_without_a_database_nothing_is_claimed(pool: asyncpg.Pool) -> None:
    store = PostgresIdempotency(pool)
    await pool.close()

    with pytest.raises(Unavailable):
        await claimed(store)
