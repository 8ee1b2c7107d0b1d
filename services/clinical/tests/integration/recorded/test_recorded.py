"""What compositions say is kept as EHRbase has it, whatever was done to it and by whom."""

import asyncio
import json
import random
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
from clinical.service.recording import Recorder
from openward_contracts.identifiers import EhrId
from openward_servicekit.errors import Unavailable
from openward_servicekit.http import AsyncClient, make_client
from openward_servicekit.ports import free_port
from openward_testkit.postgres import PostgresServer

BLOOD_PRESSURE: Final = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
SYSTOLIC: Final = f"{BLOOD_PRESSURE}/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value"
CHANGES: Final = 14


def nowhere() -> AsyncClient:
    """An EHRbase that is away."""
    return make_client(f"http://127.0.0.1:{free_port()}")


def object_of(uid: str) -> UUID:
    return UUID(uid.partition("::")[0])


async def test_what_a_composition_says_is_found_by_node_word_and_code(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id, 142)
    await recorder.up_to_date([ehr_id])

    value = await shelf.own.fetchrow(
        "select magnitude, units, text, at::text from recorded_value where ehr_id = $1 and node = $2",
        ehr_id,
        SYSTOLIC,
    )
    entry = await shelf.own.fetchrow(
        "select values, position from recorded_entry "
        "where ehr_id = $1 and words like '%142 mm[hg]%' and 'local::at1001' = any (codes)",
        ehr_id,
    )
    assert tuple(value) == (142.0, "mm[Hg]", "142 mm[Hg]", "2026-11-22 10:00:00+00")
    assert json.loads(entry["values"])[0]["content"]["magnitude"] == 142.0


async def test_a_correction_takes_the_place_of_what_it_corrects(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()
    first = await archive.write(ehr_id)
    await recorder.up_to_date([ehr_id])
    await archive.correct(ehr_id, first, 130)
    await recorder.up_to_date([ehr_id])

    rows = await shelf.own.fetch(
        "select version, magnitude, replaced_at from recorded_value where ehr_id = $1 and node = $2 "
        "order by version",
        ehr_id,
        SYSTOLIC,
    )
    second = await shelf.own.fetchval(
        "select committed_at from recorded_version where ehr_id = $1 and version = 2", ehr_id
    )
    assert [tuple(row) for row in rows] == [(1, 120.0, second), (2, 130.0, None)]


async def test_a_deletion_is_a_version_without_entries(archive: Any, shelf: Any, recorder: Recorder) -> None:
    ehr_id = await archive.ehr()
    uid = await archive.write(ehr_id)
    await recorder.up_to_date([ehr_id])
    await archive.delete(ehr_id, uid)
    await recorder.up_to_date([ehr_id])

    assert await shelf.versions(ehr_id) == [
        (object_of(uid), 1, False, False, False),
        (object_of(uid), 2, True, True, False),
    ]
    committed, replaced, deleted = await shelf.own.fetchrow(
        "select v.committed_at, v.replaced_at, d.committed_at from recorded_version v "
        "join recorded_version d using (object_id) where object_id = $1 and v.version = 1 and d.version = 2",
        object_of(uid),
    )
    assert committed < replaced == deleted
    holding = "select count(*) from recorded_entry where ehr_id = $1 and replaced_at is null"
    assert await shelf.own.fetchval(holding, ehr_id) == 0


async def test_what_was_removed_for_good_is_kept_no_more(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()
    erased, other = await archive.write(ehr_id), await archive.write(ehr_id)
    await archive.correct(ehr_id, erased)
    await recorder.up_to_date([ehr_id])
    await archive.erase(ehr_id, erased)
    await recorder.up_to_date([ehr_id])

    assert [row[0] for row in await shelf.versions(ehr_id)] == [object_of(other)]


async def test_what_is_put_in_the_place_of_what_was_removed_is_read(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    """Under the same uid, which clients may choose."""
    ehr_id = await archive.ehr()
    uid = await archive.write(ehr_id, 111)
    path = f"rest/openehr/v1/ehr/{ehr_id}/composition"
    content = (await archive.api.get(f"{path}/{uid}", params={"format": "JSON"})).text
    await recorder.up_to_date([ehr_id])
    await archive.erase(ehr_id, uid)
    again = await archive.api.post(
        path, content=content.replace("111.0", "222.0"), headers={"Content-Type": "application/json"}
    )
    assert again.is_success, again.text
    await recorder.up_to_date([ehr_id])

    systolic = "select magnitude from recorded_value where ehr_id = $1 and node = $2"
    assert await shelf.own.fetchval(systolic, ehr_id, SYSTOLIC) == 222.0


async def test_an_ehr_that_allows_no_queries_is_kept_all_the_same(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    """Its own readers may read compositions; who may query is decided elsewhere."""
    ehr_id = await archive.ehr()
    path = f"rest/openehr/v1/ehr/{ehr_id}/ehr_status"
    status = await archive.api.get(path)
    closed = status.json() | {"is_queryable": False}
    changed = await archive.api.put(path, json=closed, headers={"If-Match": status.json()["uid"]["value"]})
    assert changed.is_success, changed.text
    await archive.write(ehr_id)
    await recorder.up_to_date([ehr_id])

    assert [row[1:] for row in await shelf.versions(ehr_id)] == [(1, False, True, False)]


async def test_of_what_is_kept_ehrbase_is_not_asked(archive: Any, shelf: Any, recorder: Recorder) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    await recorder.up_to_date([ehr_id])
    async with nowhere() as away:
        await shelf.recorder(away).up_to_date([ehr_id, await archive.ehr()])


async def test_while_ehrbase_is_away_what_is_not_kept_cannot_be_read(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    async with nowhere() as away:
        with pytest.raises(Unavailable):
            await shelf.recorder(away).up_to_date([ehr_id])
    await recorder.up_to_date([ehr_id])

    assert [row[1:] for row in await shelf.versions(ehr_id)] == [(1, False, True, False)]


async def test_one_composition_that_ehrbase_cannot_give_out_does_not_hide_the_others(
    archive: Any, shelf: Any, recorder: Recorder, postgres_server: PostgresServer
) -> None:
    ehr_id = await archive.ehr()
    broken, whole = await archive.write(ehr_id), await archive.write(ehr_id)
    tables = await asyncpg.connect(postgres_server.of("ehrbase"))
    damage = 'update ehr.comp_data set data = \'{"T": "XX"}\' where vo_id = $1'
    await tables.execute(damage, object_of(broken))
    await tables.close()
    await recorder.up_to_date([ehr_id])
    await archive.erase(ehr_id, broken)  # it would be in the way of others

    unreadable = {row[0]: row[4] for row in await shelf.versions(ehr_id)}
    assert unreadable == {object_of(broken): True, object_of(whole): False}
    systolic = "select magnitude from recorded_value where ehr_id = $1 and node = $2"
    assert await shelf.own.fetchval(systolic, ehr_id, SYSTOLIC) == 120.0


async def test_what_was_read_in_another_way_is_read_again(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()
    await archive.write(ehr_id)
    await recorder.up_to_date([ehr_id])
    before = await shelf.rows(ehr_id)
    await shelf.own.execute("update recorded_value set magnitude = 0 where ehr_id = $1", ehr_id)
    older = "update recorded_ehr set fingerprint = '0:' || split_part(fingerprint, ':', 2) where ehr_id = $1"
    await shelf.own.execute(older, ehr_id)
    await recorder.up_to_date([ehr_id])

    assert await shelf.rows(ehr_id) == before


@pytest.mark.parametrize("seed", range(6))
async def test_after_any_changes_what_is_kept_is_what_is_made_afresh(
    archive: Any, shelf: Any, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  repeats what failed
    ehr_id: EhrId = await archive.ehr()
    heads: list[str] = []
    for _ in range(CHANGES):
        await archive.anything(ehr_id, chance, heads)
        if chance.random() < 0.5:
            await shelf.recorder(archive.api, page=chance.choice((1, 3))).up_to_date([ehr_id])
    await shelf.recorder(archive.api).up_to_date([ehr_id])

    kept = await shelf.rows(ehr_id)
    assert kept == await shelf.afresh(ehr_id, archive.api)
    assert sum(row[3] and not row[2] for row in await shelf.versions(ehr_id)) == len(heads)


async def test_readers_while_others_write_find_all_that_was_there_before_they_asked(
    archive: Any, shelf: Any, recorder: Recorder
) -> None:
    ehr_id = await archive.ehr()

    async def write_and_read() -> None:
        for _ in range(3):
            uid = await archive.write(ehr_id)
            await recorder.up_to_date([ehr_id])
            assert object_of(uid) in {row[0] for row in await shelf.versions(ehr_id)}

    await asyncio.gather(*(write_and_read() for _ in range(5)))
    kept = await shelf.rows(ehr_id)
    assert kept == await shelf.afresh(ehr_id, archive.api)
