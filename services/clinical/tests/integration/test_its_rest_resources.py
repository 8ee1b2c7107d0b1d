"""Every resource that is read by EHR id, as EHRbase has it, under either base."""

from typing import Any
from uuid import uuid4

import pytest
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordRead
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
FOLDER = {"_type": "FOLDER", "name": {"_type": "DV_TEXT", "value": "root"}, "archetype_node_id": "at0001"}


async def has_a_record(clinic: Any) -> tuple[str, str]:
    """EHR id and the uid of a composition in it."""
    patient_id, ehr_id = await clinic.patient()
    return ehr_id, (await clinic.write(patient_id)).json()["version_uid"]


@pytest.mark.parametrize("base", BASES)
async def test_versions_of_a_composition_can_be_read(clinic: Any, base: str) -> None:
    ehr_id, uid = await has_a_record(clinic)
    path = f"{base}/ehr/{ehr_id}/versioned_composition/{uid.partition('::')[0]}"

    whole = await clinic.get(path)
    history = await clinic.get(f"{path}/revision_history")
    latest = await clinic.get(f"{path}/version")
    named = await clinic.get(f"{path}/version/{uid}")

    assert [answer.status_code for answer in (whole, history, latest, named)] == [200] * 4
    assert whole.json()["owner_id"]["id"]["value"] == ehr_id
    assert uid in history.text
    assert latest.json()["uid"]["value"] == uid
    assert named.json()["data"]["archetype_details"]["template_id"]["value"] == vital_signs.TEMPLATE_ID
    assert all("1970" not in answer.headers.get("last-modified", "") for answer in (whole, named))


async def test_a_composition_can_be_read_as_it_was(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    first = (await clinic.write(patient_id)).json()["version_uid"]
    object_id = first.partition("::")[0]
    version = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{object_id}/version/{first}")
    at = version.json()["commit_audit"]["time_committed"]["value"]
    await clinic.correct(patient_id, first)
    path = f"/openehr/v1/ehr/{ehr_id}/composition/{object_id}"

    then = await clinic.client.get(path, params={"version_at_time": at}, headers=clinic.headers())
    now = await clinic.get(path)

    assert (then.status_code, then.json()["uid"]["value"]) == (200, first)
    assert now.json()["uid"]["value"] == f"{first[:-1]}2"


async def test_a_version_of_another_composition_is_not_found_under_this_one(clinic: Any) -> None:
    ehr_id, uid = await has_a_record(clinic)
    other_ehr, other = await has_a_record(clinic)
    mine = f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{uid.partition('::')[0]}"

    answers = [
        await clinic.get(f"{mine}/version/{other}"),
        await clinic.get(f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{other.partition('::')[0]}"),
        await clinic.get(f"/openehr/v1/ehr/{other_ehr}/versioned_composition/{uid.partition('::')[0]}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


async def test_the_status_of_an_ehr_can_be_read_in_every_way(clinic: Any) -> None:
    ehr_id, _ = await has_a_record(clinic)
    ehr = f"/openehr/v1/ehr/{ehr_id}"

    status = await clinic.get(f"{ehr}/ehr_status")
    uid = status.headers["etag"].strip('"')
    answers = [
        await clinic.get(f"{ehr}/{path}")
        for path in (
            f"ehr_status/{uid}",
            "versioned_ehr_status",
            "versioned_ehr_status/revision_history",
            "versioned_ehr_status/version",
            f"versioned_ehr_status/version/{uid}",
            "ehr_status?version_at_time=2100-01-01T00:00:00Z",
        )
    ]

    assert status.json()["is_modifiable"] is True
    assert [answer.status_code for answer in answers] == [200] * 6, [a.text for a in answers]
    assert "1970" not in status.headers.get("last-modified", "")


async def test_a_status_of_another_ehr_is_not_found_under_this_one(clinic: Any) -> None:
    ehr_id, _ = await has_a_record(clinic)
    other_ehr, _ = await has_a_record(clinic)
    uid = (await clinic.get(f"/openehr/v1/ehr/{other_ehr}/ehr_status")).headers["etag"].strip('"')

    for path in (f"ehr_status/{uid}", f"versioned_ehr_status/version/{uid}"):
        assert (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/{path}")).status_code in (400, 404)


@pytest.mark.parametrize("base", BASES)
async def test_a_patients_ehr_is_found_by_its_subject(clinic: Any, base: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)
    params = {"subject_id": patient_id, "subject_namespace": "openward"}
    other = {**params, "subject_id": str(uuid4())}

    found = await clinic.client.get(f"{base}/ehr", params=params, headers=clinic.headers())
    missing = await clinic.client.get(f"{base}/ehr", params=other, headers=clinic.headers())

    assert found.json()["ehr_id"]["value"] == ehr_id
    assert found.headers["location"] == f"{clinic.origin}{base}/ehr/{ehr_id}"
    assert missing.status_code == 404


async def test_a_reader_is_on_record_with_what_was_read(clinic: Any, nats_server: NatsServer) -> None:
    ehr_id, uid = await has_a_record(clinic)
    own = about(ehr_id)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")
        object_id = uid.partition("::")[0]
        await clinic.get(f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{object_id}/version/{uid}")
        status = await catcher.wait_for(RecordRead, lambda e: e.data.resource == "ehr_status" and own(e))
        version = await catcher.wait_for(RecordRead, lambda e: e.data.resource == "composition" and own(e))

    assert str(status.data.ehr_id) == ehr_id
    assert version.data.template_id == vital_signs.TEMPLATE_ID


async def test_a_patient_reads_their_own_and_no_other(clinic: Any) -> None:
    mine, my_ehr = await clinic.patient()
    uid = (await clinic.write(mine)).json()["version_uid"]
    other_ehr, _ = await has_a_record(clinic)
    own = clinic.headers("patient", "patient/Patient.r patient/composition-*.r", patient=mine)
    path = f"versioned_composition/{uid.partition('::')[0]}"

    read = await clinic.get(f"/openehr/v1/ehr/{my_ehr}/{path}", **own)
    foreign = await clinic.get(f"/openehr/v1/ehr/{other_ehr}/ehr_status", **own)
    other_template = clinic.headers(scope="user/composition-other.v1.r")
    hidden = await clinic.get(f"/openehr/v1/ehr/{my_ehr}/{path}", **other_template)

    assert read.status_code == 200
    assert (foreign.status_code, hidden.status_code) == (404, 404)


@pytest.mark.parametrize("base", BASES)
async def test_xml_goes_in_and_out(clinic: Any, base: str) -> None:
    ehr_id, uid = await has_a_record(clinic)
    path, xml = f"{base}/ehr/{ehr_id}/composition", {"Accept": "application/xml"}

    source = await clinic.get(f"{path}/{uid}", **xml)
    made = await clinic.client.post(
        path,
        content=source.content,
        headers=clinic.headers()
        | xml
        | {"Content-Type": "application/xml", "Prefer": "return=representation"},
    )
    new = made.headers["etag"].strip('"')
    changed = await clinic.client.put(
        f"{path}/{new.partition('::')[0]}",
        content=made.content,
        headers=clinic.headers() | {"Content-Type": "application/xml", "If-Match": made.headers["etag"]},
    )

    assert source.headers["content-type"].startswith("application/xml")
    assert made.status_code == 201, made.text
    assert new != uid
    assert new in made.text
    assert changed.status_code == 204, changed.text


@pytest.mark.parametrize(
    ("media_type", "key"),
    [
        ("application/openehr.wt.flat+json", "vital_signs/category|code"),
        ("application/openehr.wt.structured+json", "vital_signs"),
        ("application/openehr.wt.flat.schema+json", "vital_signs/category|code"),
    ],
)
async def test_simplified_formats_have_media_types(clinic: Any, media_type: str, key: str) -> None:
    ehr_id, uid = await has_a_record(clinic)

    read = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/composition/{uid}", Accept=media_type)

    assert read.headers["content-type"].partition(";")[0] == media_type
    assert key in read.json()


async def test_a_flat_composition_names_its_template_in_a_header(clinic: Any) -> None:
    ehr_id, _ = await has_a_record(clinic)

    made = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        json=vital_signs.flat(111, 70, "2026-11-22T10:00:00Z", composer="Ada"),
        headers=clinic.headers()
        | {
            "Content-Type": "application/openehr.wt.flat+json",
            "openehr-template-id": vital_signs.TEMPLATE_ID,
            "Prefer": "return=identifier",
        },
    )

    assert made.status_code == 201, made.text
    assert made.json() == {"uid": made.headers["etag"].strip('"')}
    assert made.headers["preference-applied"] == "return=identifier"


@pytest.mark.parametrize("accept", ["text/html", "application/pdf;q=1", "application/json;q=0"])
async def test_a_representation_that_there_is_not_is_406(clinic: Any, accept: str) -> None:
    ehr_id, uid = await has_a_record(clinic)

    for path in ("ehr_status", f"composition/{uid}"):
        assert (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/{path}", Accept=accept)).status_code == 406


async def test_a_deleted_composition_is_204(clinic: Any) -> None:
    ehr_id, uid = await has_a_record(clinic)
    path = f"/openehr/v1/ehr/{ehr_id}/composition"

    deleted = await clinic.client.delete(f"{path}/{uid}", headers=clinic.headers())
    gone = await clinic.get(f"{path}/{uid.partition('::')[0]}")
    before = await clinic.get(f"{path}/{uid}")

    assert deleted.headers["etag"] == f'"{uid[:-1]}2"'
    assert (deleted.status_code, gone.status_code, before.status_code) == (204, 204, 200)
