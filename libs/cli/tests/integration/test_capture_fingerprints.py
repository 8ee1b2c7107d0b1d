"""An EHR's fingerprint changes with whatever becomes of its compositions, and with nothing else."""

import uuid

from openward_cli.demo import vital_signs
from openward_testkit.ehrbase import Cdr

FINGERPRINT = "select fingerprint from evt.ehr_fingerprints(array[$1::uuid])"


async def fingerprint(cdr: Cdr, ehr_id: str) -> str:
    found: str = await cdr.superuser.fetchval(FINGERPRINT, uuid.UUID(ehr_id))
    return found


async def versions(cdr: Cdr, ehr_id: str) -> list[tuple[int, bool, bool]]:
    """Each: version, whether it deletes, whether it is the latest."""
    rows = await cdr.superuser.fetch(
        "select sys_version, deleted, replaced_at is null from evt.ehr_versions($1) "
        "order by vo_id, sys_version",
        uuid.UUID(ehr_id),
    )
    return [tuple(row) for row in rows]


async def test_every_change_of_a_composition_gives_another_fingerprint(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    seen = [await fingerprint(cdr, ehr_id)]
    first = await cdr.write(ehr_id)
    seen.append(await fingerprint(cdr, ehr_id))
    second = await cdr.write(ehr_id, first)
    seen.append(await fingerprint(cdr, ehr_id))
    await cdr.send("DELETE", f"/openehr/v1/ehr/{ehr_id}/composition/{second}", 204)
    seen.append(await fingerprint(cdr, ehr_id))

    assert len(set(seen)) == 4
    assert await versions(cdr, ehr_id) == [(1, False, False), (2, False, False), (3, True, True)]


async def test_what_is_removed_for_good_changes_it_though_all_else_is_as_before(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    await cdr.write(ehr_id)
    before = await fingerprint(cdr, ehr_id)
    passing = (await cdr.write(ehr_id)).partition("::")[0]
    await cdr.send("DELETE", f"/admin/ehr/{ehr_id}/composition/{passing}", 204)

    assert await fingerprint(cdr, ehr_id) != before
    assert await versions(cdr, ehr_id) == [(1, False, True)]


async def test_the_same_uid_written_again_is_not_the_same(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    uid = await cdr.write(ehr_id)
    path = f"/openehr/v1/ehr/{ehr_id}/composition"
    content = await cdr.send("GET", f"{path}/{uid}", 200, params={"format": "JSON"})
    before = await fingerprint(cdr, ehr_id)
    await cdr.send("DELETE", f"/admin/ehr/{ehr_id}/composition/{uid.partition('::')[0]}", 204)
    await cdr.send("POST", path, 204, json=content.json())

    assert await fingerprint(cdr, ehr_id) != before


async def test_another_name_of_a_template_gives_another_fingerprint(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    for _ in range(3):
        await cdr.write(ehr_id)
    before = await fingerprint(cdr, ehr_id)
    rename = "update ehr.template_store set template_id = $2 where template_id = $1"
    await cdr.superuser.execute(rename, vital_signs.TEMPLATE_ID, "other.v1")
    renamed = await fingerprint(cdr, ehr_id)
    await cdr.superuser.execute(rename, "other.v1", vital_signs.TEMPLATE_ID)

    assert renamed != before
    assert await fingerprint(cdr, ehr_id) == before


async def test_clinicals_login_may_ask_for_many_at_once(cdr: Cdr) -> None:
    ehr_ids = [await cdr.create_ehr(), await cdr.create_ehr(), str(uuid.uuid4())]
    await cdr.write(ehr_ids[0])
    session = await cdr.session("clinical_evt")
    try:
        rows = await session.fetch(
            "select ehr_id, fingerprint from evt.ehr_fingerprints($1)", [uuid.UUID(each) for each in ehr_ids]
        )
    finally:
        await session.close()

    found = {str(row["ehr_id"]): row["fingerprint"] for row in rows}
    assert found.keys() == set(ehr_ids)
    assert found[ehr_ids[0]].startswith("1:")
    assert found[ehr_ids[1]] == found[ehr_ids[2]] == "0:0:0"
