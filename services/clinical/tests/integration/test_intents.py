"""One suite for both implementations of the Intents port."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from clinical.adapters import postgres_intents
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.domain.intent import Claim, Intent, Kind
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_servicekit.context import bind
from openward_testkit.plugin import DatabaseFactory


@pytest.fixture
async def kept(database: DatabaseFactory) -> AsyncIterator[PostgresIntents]:
    login = (await database("clinical")).settings
    password = login["database_password"].get_secret_value()
    async with asyncpg.create_pool(login["database_url"], password=password, min_size=1, max_size=4) as pool:
        yield PostgresIntents(pool)


@pytest.fixture(params=["memory", "postgres"])
def intents(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("memory_intents" if request.param == "memory" else "kept")


def intent(uid: VersionUid, who: str = "ada", body: str = "a") -> Intent:
    actor = Actor(who, "web", ("clinician",), purpose="TREAT")
    digest = hashlib.sha256(body.encode()).digest()
    return Intent(uid, EhrId.new(), Kind.CREATE, actor, TemplateId("t"), digest)


@pytest.fixture
def uid() -> VersionUid:
    return VersionUid.of(uuid4(), "openward.local", 1)


async def test_the_first_claims_the_version(intents: Any, uid: VersionUid) -> None:
    assert await intents.claim(intent(uid)) is Claim.NEW
    assert not await intents.is_committed(intent(uid))


async def test_the_same_request_repeats_its_claim(intents: Any, uid: VersionUid) -> None:
    await intents.claim(intent(uid))

    assert await intents.claim(intent(uid)) is Claim.REPEATED


async def test_a_claim_is_the_requests_own_until_it_fails(intents: Any, uid: VersionUid) -> None:
    asked = [await intents.is_claimed(intent(uid))]
    await intents.claim(intent(uid))
    asked += [await intents.is_claimed(intent(uid)), await intents.is_claimed(intent(uid, "ben", "b"))]
    await intents.failed(intent(uid))
    asked.append(await intents.is_claimed(intent(uid)))
    await intents.committed(intent(uid))
    asked.append(await intents.is_claimed(intent(uid)))

    assert asked == [False, True, False, False, True]


@pytest.mark.parametrize(("who", "body"), [("ben", "a"), ("ada", "b")])
async def test_another_request_finds_it_taken(intents: Any, uid: VersionUid, who: str, body: str) -> None:
    await intents.claim(intent(uid))

    assert await intents.claim(intent(uid, who, body)) is Claim.TAKEN


async def test_a_failed_claim_is_free_for_anybody(intents: Any, uid: VersionUid) -> None:
    await intents.claim(intent(uid))
    await intents.failed(intent(uid))

    assert await intents.claim(intent(uid, "ben", "b")) is Claim.NEW


async def test_a_committed_version_stays_committed(intents: Any, uid: VersionUid) -> None:
    await intents.claim(intent(uid))
    await intents.committed(intent(uid))
    await intents.failed(intent(uid))

    assert await intents.is_committed(intent(uid))
    assert await intents.claim(intent(uid)) is Claim.REPEATED
    assert await intents.claim(intent(uid, "ben", "b")) is Claim.TAKEN


async def test_a_late_commit_outlives_a_failure(intents: Any, uid: VersionUid) -> None:
    await intents.claim(intent(uid))
    await intents.failed(intent(uid))
    await intents.committed(intent(uid))

    assert await intents.is_committed(intent(uid))


@pytest.mark.parametrize("outcome", ["committed", "failed"])
async def test_who_has_lost_a_claim_does_not_speak_for_the_next(
    intents: Any, uid: VersionUid, outcome: str
) -> None:
    await intents.claim(intent(uid))
    await intents.failed(intent(uid))
    await intents.claim(intent(uid, "ben", "b"))

    await getattr(intents, outcome)(intent(uid))

    assert not await intents.is_committed(intent(uid, "ben", "b"))
    assert await intents.claim(intent(uid, "ben", "b")) is Claim.REPEATED


async def test_what_is_lost_after_it_was_committed_is_free_for_anybody(
    intents: Any, uid: VersionUid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_intents, "SETTLED", timedelta())
    await intents.claim(intent(uid))
    assert not await intents.lost(intent(uid))
    await intents.committed(intent(uid))

    assert await intents.lost(intent(uid, "ben", "b"))
    assert not await intents.lost(intent(uid, "ben", "b"))
    assert await intents.claim(intent(uid, "ben", "b")) is Claim.NEW


async def test_a_shared_claim_is_not_freed_by_the_failure_of_one(intents: Any, uid: VersionUid) -> None:
    with bind(request_id="first"):
        await intents.claim(intent(uid))
        with bind(request_id="second"):
            await intents.claim(intent(uid))

        await intents.failed(intent(uid))

    assert await intents.claim(intent(uid, "ben", "b")) is Claim.TAKEN


async def test_an_abandoned_claim_is_the_requests_own_until_it_is_seen_to_have_written_nothing(
    kept: PostgresIntents, uid: VersionUid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late it is repeated: what its writer has left in EHRbase is the writer's."""
    await kept.claim(intent(uid))
    monkeypatch.setattr(postgres_intents, "ABANDONED", timedelta())

    assert await kept.claim(intent(uid, "ben", "b")) is Claim.TAKEN
    assert await kept.claim(intent(uid)) is Claim.REPEATED
    assert await kept.lost(intent(uid, "ben", "b"))
    assert await kept.claim(intent(uid, "ben", "b")) is Claim.NEW
