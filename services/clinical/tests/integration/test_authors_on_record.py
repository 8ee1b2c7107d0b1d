"""The author of a version is whoever has claimed it, unless EHRbase has refused that."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from clinical.adapters.postgres_authors import PostgresAuthors
from clinical.adapters.postgres_intents import PostgresIntents
from clinical.domain.audits import Author
from clinical.domain.intent import Intent, Kind
from clinical.domain.stated import Stated
from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, TemplateId, VersionUid
from openward_testkit.plugin import DatabaseFactory

ADA = Actor("ada-1", "web", ("clinician", "admin"), "ben-2", "TREAT")
SAID = Stated("Wrong unit", "250", "553", "x-1 The Chief")


@pytest.fixture
async def pool(database: DatabaseFactory) -> AsyncIterator[asyncpg.Pool]:
    login = (await database("clinical")).settings
    password = login["database_password"].get_secret_value()
    async with asyncpg.create_pool(login["database_url"], password=password, min_size=1, max_size=2) as pool:
        yield pool


def intent(stated: Stated = SAID) -> Intent:
    uid = VersionUid.of(uuid4(), "openward.local", 1)
    digest = hashlib.sha256(uid.encode()).digest()
    return Intent(uid, EhrId.new(), Kind.CREATE, ADA, TemplateId("t"), digest, stated=stated)


async def test_many_versions_have_their_authors_with_what_they_said(pool: asyncpg.Pool) -> None:
    intents, silent, talkative = PostgresIntents(pool), intent(Stated()), intent()
    for each in (silent, talkative):
        await intents.claim(each)
    await intents.committed(talkative)

    found = await PostgresAuthors(pool).of({silent.version_uid, talkative.version_uid, "somebody else's"})

    assert found == {
        silent.version_uid: Author(ADA),
        talkative.version_uid: Author(ADA, SAID),
    }


async def test_who_was_refused_has_written_nothing(pool: asyncpg.Pool) -> None:
    intents, refused = PostgresIntents(pool), intent()
    await intents.claim(refused)
    await intents.failed(refused)

    assert await PostgresAuthors(pool).of({refused.version_uid}) == {}

    await intents.claim(replace(intent(Stated("Again")), version_uid=refused.version_uid))
    found = await PostgresAuthors(pool).of({refused.version_uid})
    assert found[refused.version_uid].stated == Stated("Again")
