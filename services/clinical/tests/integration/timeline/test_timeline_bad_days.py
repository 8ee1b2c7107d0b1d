"""Timelines while EHRbase, or what keeps the access records, is away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest


@pytest.fixture
async def alone(reading: Any, settings: Any) -> AsyncIterator[Any]:
    """A second process of the service, which reaches EHRbase's database but not EHRbase."""
    async with reading.clinic.beside(settings, port=1) as beside:
        yield replace(reading, clinic=beside)


@pytest.fixture
async def admin(settings: Any, postgres_admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The superuser in the service's database."""
    connection = await asyncpg.connect(postgres_admin_url, database=settings.database_url.rpartition("/")[2])
    yield connection
    await connection.close()


async def test_without_ehrbase_what_is_kept_is_shown_in_its_authors_words(
    reading: Any, alone: Any, one_patient: str
) -> None:
    before = (await reading.read(one_patient, total=True))["items"]

    body = await alone.read(one_patient, total=True)

    assert body["total"] == len(before)
    assert [item["version_uid"] for item in body["items"]] == [item["version_uid"] for item in before]
    assert [item["label"] for item in body["items"]] == [item["label"] for item in before]


async def test_what_is_kept_may_be_thrown_away_and_is_not_shown_in_part(
    reading: Any, alone: Any, admin: asyncpg.Connection, one_patient: str
) -> None:
    before = await reading.read(one_patient, total=True)
    await admin.execute("truncate recorded_ehr, recorded_version, recorded_entry, recorded_value")

    refused = await alone.ask(one_patient)

    assert refused.status_code == 503
    assert refused.headers["retry-after"].isdecimal()
    assert await reading.read(one_patient, total=True) == before
    assert (await alone.ask(one_patient)).status_code == 200


async def test_nothing_is_shown_without_its_access_record(
    reading: Any, admin: asyncpg.Connection, one_patient: str
) -> None:
    await admin.execute("revoke insert on outbox_event from clinical")
    try:
        refused = await reading.ask(one_patient)
    finally:
        await admin.execute("grant insert on outbox_event to clinical")
    assert refused.status_code == 503
    assert "Systolic" not in refused.text
    assert (await reading.ask(one_patient)).status_code == 200
