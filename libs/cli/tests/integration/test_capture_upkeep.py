"""Who may do what with the change capture, and what provisioning does about one that is not in order."""

from datetime import timedelta

import asyncpg
import pytest
from openward_cli.failure import Failure
from openward_cli.provision.capture import provision_capture
from openward_testkit.ehrbase import Cdr


@pytest.mark.parametrize(
    "statement",
    [
        "select * from ehr.comp_version",
        "select * from ehr.comp_data",
        "select * from ehr.ehr_status_data",
        "select * from ehr.users",
        "select ext.uuid_generate_v4()",
        "insert into evt.ehr_event (op) values ('version')",
        "update evt.ehr_event set op = 'deleted'",
        "truncate evt.ehr_event",
        "update evt.ehr_event_sent set stream = ''",
        "delete from evt.ehr_event_sent",
        "select * from evt.tested_flyway",
        "insert into evt.tested_flyway values (99)",
        "select evt.append('version', 'comp', null, 1, null, null, null, null, null)",
        "create table evt.mine (i int)",
        "set role evt_owner",
    ],
)
async def test_clinicals_login_touches_nothing_else_there(cdr: Cdr, statement: str) -> None:
    clinical = await cdr.session("clinical_evt")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await clinical.execute(statement)
    finally:
        await clinical.close()


async def test_ehrbases_login_sees_nothing_of_the_outbox(cdr: Cdr) -> None:
    connection = await cdr.session("ehrbase_restricted")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("delete from evt.ehr_event")
    await connection.close()


ARCHIVE = """
with gone as (delete from evt.ehr_event where id = any($1) returning *)
insert into evt.ehr_event_sent (id, event_id, subject, stream, stream_seq, headers, payload, op, vo_kind,
                                vo_id, sys_version, ehr_id, contribution_id, created_at, sent_at)
select id, gen_random_uuid(), 'clinical.ehr.created.v1', 'CLINICAL', id, '{}', '', op, vo_kind, vo_id,
       sys_version, ehr_id, contribution_id, captured_at, now() - $2::interval
from gone
"""


async def test_the_relay_moves_rows_and_forgets_none_younger_than_a_day(cdr: Cdr) -> None:
    clinical = await cdr.session("clinical_evt")
    young, old = [(await cdr.captured(await cdr.create_ehr()))[0]["id"] for _ in range(2)]
    await clinical.execute(ARCHIVE, [young], timedelta(hours=23))
    await clinical.execute(ARCHIVE, [old], timedelta(hours=25))

    assert await clinical.fetchval("select evt.purge_sent($1, 1000)", timedelta(hours=48)) == 0
    assert await clinical.fetchval("select evt.purge_sent($1, 1000)", timedelta(0)) == 1
    kept = await clinical.fetch("select id from evt.ehr_event_sent where id = any($1)", [young, old])
    assert [row["id"] for row in kept] == [young]
    assert not await clinical.fetch("select from evt.ehr_event where id = any($1)", [young, old])
    await clinical.close()


async def test_a_switched_off_trigger_is_seen_and_mended(cdr: Cdr) -> None:
    clinical = await cdr.session("clinical_evt")
    state = "select flyway_version, tested, missing from evt.trigger_state()"
    await cdr.superuser.execute("alter table ehr.comp_version disable trigger evt_version")
    await cdr.superuser.execute("drop trigger evt_deleted on ehr.comp_version_history")
    broken = await clinical.fetchrow(state)
    await provision_capture(cdr.target, cdr.database)
    mended = await clinical.fetchrow(state)

    assert tuple(broken or ()) == (20, True, ["comp_version.evt_version", "comp_version_history.evt_deleted"])
    assert tuple(mended or ()) == (20, True, [])
    await clinical.close()


async def test_a_schema_that_was_not_tested_is_refused(cdr: Cdr) -> None:
    await cdr.superuser.execute("update ehr.flyway_schema_history set version = '26' where version = '20'")
    try:
        with pytest.raises(Failure, match="not tested with version 26"):
            await provision_capture(cdr.target, cdr.database)
    finally:
        await cdr.superuser.execute(
            "update ehr.flyway_schema_history set version = '20' where version = '26'"
        )


async def test_a_later_release_is_not_overwritten(cdr: Cdr) -> None:
    await cdr.superuser.execute("insert into evt.installed values (99, 'later')")
    try:
        with pytest.raises(Failure, match="later release"):
            await provision_capture(cdr.target, cdr.database)
    finally:
        await cdr.superuser.execute("delete from evt.installed where version = 99")


async def test_a_database_without_ehrbases_tables_is_waited_for(cdr: Cdr) -> None:
    impatient = cdr.target.model_copy(update={"wait_seconds": 0})
    with pytest.raises(Failure, match="has no tables: start EHRbase"):
        await provision_capture(impatient, "patients")
