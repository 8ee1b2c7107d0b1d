"""A service whose change capture cannot be relied on is not ready, and says what is wrong with it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from openward_testkit.postgres import PostgresServer

TRIGGERS = [
    ("comp_version", "evt_version"),
    ("comp_version_history", "evt_deleted"),
    ("ehr_status_version", "evt_lost_head"),
    ("ehr_folder_version_history", "evt_lost_history"),
]
#: Longer than an answer of `/readyz` is kept.
FRESH_SECONDS = 1.1


@pytest.fixture
async def superuser(postgres_server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """In EHRbase's database."""
    connection = await asyncpg.connect(postgres_server.of("ehrbase"))
    yield connection
    await connection.close()


async def readiness(clinic: Any) -> tuple[int, str, dict[str, str]]:
    """The status, the state in a word, and why each dependency that is down is so."""
    await asyncio.sleep(FRESH_SECONDS)
    answer = await clinic.client.get("/readyz")
    body = answer.json()
    reasons = {name: state["why"] for name, state in body["dependencies"].items() if "why" in state}
    return answer.status_code, body["status"], reasons


async def test_with_its_capture_in_place_the_service_is_ready(clinic: Any) -> None:
    status, state, reasons = await readiness(clinic)

    assert (status, state, reasons.get("change capture")) == (200, "ready", None)


@pytest.mark.parametrize(("table", "trigger"), TRIGGERS)
@pytest.mark.parametrize("how", ["disabled", "for replicas only", "dropped"])
async def test_without_a_trigger_the_service_is_not_ready_and_names_it(
    clinic: Any, superuser: asyncpg.Connection, table: str, trigger: str, how: str
) -> None:
    definition = await superuser.fetchval(
        "select pg_get_triggerdef(oid) from pg_trigger where tgrelid = $1::regclass and tgname = $2",
        f"ehr.{table}",
        trigger,
    )
    change = {
        "disabled": f"alter table ehr.{table} disable trigger {trigger}",
        "for replicas only": f"alter table ehr.{table} enable replica trigger {trigger}",
        "dropped": f"drop trigger {trigger} on ehr.{table}",
    }[how]
    back = definition if how == "dropped" else f"alter table ehr.{table} enable trigger {trigger}"
    await superuser.execute(change)
    try:
        status, state, reasons = await readiness(clinic)
    finally:
        await superuser.execute(back)

    assert (status, state) == (503, "unready")
    assert reasons["change capture"] == f"triggers missing: {table}.{trigger}"
    assert (await readiness(clinic))[0] == 200


@pytest.mark.parametrize("change", ["version = '28'", "success = false"])
async def test_with_another_schema_of_ehrbase_the_service_is_not_ready_and_names_it(
    clinic: Any, superuser: asyncpg.Connection, change: str
) -> None:
    latest = await superuser.fetchrow(
        "select installed_rank, version, success from ehr.flyway_schema_history"
        " where version is not null order by installed_rank desc limit 1"
    )
    assert latest is not None
    update = "update ehr.flyway_schema_history set {} where installed_rank = $1"
    await superuser.execute(update.format(change), latest["installed_rank"])
    try:
        status, state, reasons = await readiness(clinic)
    finally:
        values = f"version = '{latest['version']}', success = {latest['success']}"
        await superuser.execute(update.format(values), latest["installed_rank"])

    assert (status, state) == (503, "unready")
    assert reasons["change capture"].startswith("schema version 2")
    assert reasons["change capture"].endswith("of EHRbase is not tested")
