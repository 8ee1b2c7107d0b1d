"""On a real EHRbase: every change has one row in `evt.ehr_event`, whoever makes it and however."""

import uuid
from typing import Any

import pytest
from openward_cli.demo import vital_signs
from openward_testkit.ehrbase import Cdr

FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "directory"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
}


def coded(value: str, code: str) -> dict[str, Any]:
    phrase = {"_type": "CODE_PHRASE", "terminology_id": {"value": "openehr"}, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase}


def audit(committer: str) -> dict[str, Any]:
    return {
        "_type": "AUDIT_DETAILS",
        "system_id": "openward.local",
        "change_type": coded("creation", "249"),
        "committer": {"_type": "PARTY_IDENTIFIED", "name": committer},
    }


async def test_an_ehr_and_its_status_have_one_row_each_time(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    path = f"/openehr/v1/ehr/{ehr_id}/ehr_status"
    status = await cdr.send("GET", path, 200)
    await cdr.send(
        "PUT", path, 204, json=status.json(), headers={"If-Match": status.headers["ETag"].strip('"')}
    )

    rows = await cdr.captured(ehr_id)
    assert [(r["op"], r["vo_kind"], r["sys_version"], r["committer"]) for r in rows] == [
        ("version", "ehr_status", 1, "openward"),
        ("version", "ehr_status", 2, "openward"),
    ]


async def test_a_composition_has_one_row_each_time(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    first = await cdr.write(ehr_id)
    second = await cdr.write(ehr_id, first)
    await cdr.send("DELETE", f"/openehr/v1/ehr/{ehr_id}/composition/{second}", 204)

    rows = (await cdr.captured(ehr_id))[1:]
    assert [(r["op"], r["vo_kind"], r["sys_version"]) for r in rows] == [
        ("version", "comp", 1),
        ("version", "comp", 2),
        ("deleted", "comp", 3),
    ]
    assert {r["template_id"] for r in rows} == {vital_signs.TEMPLATE_ID}
    assert {str(r["vo_id"]) for r in rows} == {first.partition("::")[0]}
    assert [r["committed_at"] for r in rows] == sorted(r["committed_at"] for r in rows)


async def test_a_contribution_has_a_row_for_each_of_its_versions(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    uid = await cdr.write(ehr_id)
    path = f"/openehr/v1/ehr/{ehr_id}/composition/{uid}"
    composition = (await cdr.send("GET", path, 200, headers={"Accept": "application/json"})).json()
    del composition["uid"]
    version = {
        "_type": "ORIGINAL_VERSION",
        "lifecycle_state": coded("complete", "532"),
        "commit_audit": audit("Nurse"),
        "data": composition,
    }
    contribution = {"_type": "CONTRIBUTION", "versions": [version, version], "audit": audit("Doctor")}
    await cdr.send("POST", f"/openehr/v1/ehr/{ehr_id}/contribution", 204, json=contribution)

    rows = (await cdr.captured(ehr_id))[2:]
    assert [(r["op"], r["vo_kind"], r["sys_version"], r["committer"]) for r in rows] == [
        ("version", "comp", 1, "Nurse"),
        ("version", "comp", 1, "Nurse"),
    ]
    assert len({r["vo_id"] for r in rows}) == 2
    assert len({r["contribution_id"] for r in rows}) == 1


async def test_a_directory_has_one_row_each_time(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    path = f"/openehr/v1/ehr/{ehr_id}/directory"
    created = await cdr.send("POST", path, 201, json=FOLDER, headers={"Prefer": "return=representation"})
    uid = created.headers["ETag"].strip('"')
    await cdr.send("DELETE", path, 204, headers={"If-Match": uid})

    rows = (await cdr.captured(ehr_id))[1:]
    assert [(r["op"], r["vo_kind"], r["sys_version"], r["folder_index"]) for r in rows] == [
        ("version", "ehr_folder", 1, 1),
        ("deleted", "ehr_folder", 2, 1),
    ]


async def test_a_refused_write_has_no_row(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    first = await cdr.write(ehr_id)
    await cdr.write(ehr_id, first)
    with pytest.raises(AssertionError, match=r"version|If-Match"):
        await cdr.write(ehr_id, first)

    assert len(await cdr.captured(ehr_id)) == 3


async def test_erasing_a_composition_has_one_row_for_each_version(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    uid = await cdr.write(ehr_id, await cdr.write(ehr_id))
    await cdr.send("DELETE", f"/admin/ehr/{ehr_id}/composition/{uid.partition('::')[0]}", 204)

    rows = (await cdr.captured(ehr_id))[3:]
    assert [(r["op"], r["sys_version"], r["template_id"], r["committer"]) for r in rows] == [
        ("physical_delete", 1, vital_signs.TEMPLATE_ID, None),
        ("physical_delete", 2, vital_signs.TEMPLATE_ID, None),
    ]


async def test_erasing_an_ehr_has_one_row_for_each_version(cdr: Cdr) -> None:
    ehr_id = await cdr.create_ehr()
    await cdr.write(ehr_id)
    await cdr.send("POST", f"/openehr/v1/ehr/{ehr_id}/directory", 204, json=FOLDER)
    before = len(await cdr.captured(ehr_id))
    await cdr.send("DELETE", f"/admin/ehr/{ehr_id}", 204)

    rows = (await cdr.captured(ehr_id))[before:]
    assert sorted((r["op"], r["vo_kind"], r["sys_version"]) for r in rows) == [
        ("physical_delete", "comp", 1),
        ("physical_delete", "ehr_folder", 1),
        ("physical_delete", "ehr_status", 1),
    ]


async def test_the_head_of_a_composition_is_its_latest_version(cdr: Cdr) -> None:
    clinical = await cdr.session("clinical_evt")
    ehr_id = await cdr.create_ehr()
    heads, made = [], []
    first = await cdr.write(ehr_id)
    object_id = uuid.UUID(first.partition("::")[0])
    for change in ("created", "updated", "deleted", "erased"):
        if change == "updated":
            first = await cdr.write(ehr_id, first)
        if change == "deleted":
            await cdr.send("DELETE", f"/openehr/v1/ehr/{ehr_id}/composition/{first}", 204)
        if change == "erased":
            await cdr.send("DELETE", f"/admin/ehr/{ehr_id}/composition/{object_id}", 204)
        rows = await clinical.fetch(
            "select * from evt.composition_heads($1, $2) order by asked nulls first",
            [object_id, object_id, uuid.uuid4()],
            [None, 1, 1],
        )
        heads.append([tuple(row)[1:6] for row in rows])
        made.append([(row["contribution_id"], row["committed_at"]) for row in rows])
    known = (uuid.UUID(ehr_id), vital_signs.TEMPLATE_ID)

    def both(version: int, *, deleted: bool) -> list[tuple[object, ...]]:
        return [(asked, *known, version, deleted) for asked in (None, 1)]

    assert heads == [both(1, deleted=False), both(2, deleted=False), both(3, deleted=True), []]
    latest, original = zip(*made[:3], strict=True)
    assert original == (latest[0],) * 3, "the first version stays as it was made"
    assert len(set(latest)) == 3
    assert all(contribution and at for contribution, at in latest)
    await clinical.close()


async def test_a_version_that_is_not_there_was_made_by_no_contribution(cdr: Cdr) -> None:
    clinical = await cdr.session("clinical_evt")
    object_id = uuid.UUID((await cdr.write(await cdr.create_ehr())).partition("::")[0])
    rows = await clinical.fetch("select * from evt.composition_heads($1, $2)", [object_id], [2])
    assert [(row["sys_version"], row["contribution_id"], row["committed_at"]) for row in rows] == [
        (1, None, None)
    ]
    await clinical.close()
