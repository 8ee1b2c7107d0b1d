"""What a timeline shows of corrections, deletions, merges and changes behind our back, and to whom."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from openward_cli.demo import vital_signs
from openward_contracts.access import RecordRead
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/clinical/v1/patients"
BLOOD_PRESSURE = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
SYSTOLIC = "/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value"


def at(hour: int, systolic: float = 120) -> dict[str, Any]:
    return vital_signs.flat(systolic, 80, f"2026-11-20T{hour:02}:00:00Z", composer="Ada")


def uids(body: dict[str, Any]) -> list[str]:
    return [item["version_uid"] for item in body["items"]]


def systolics(body: dict[str, Any]) -> list[float]:
    found = (value for item in body["items"] for value in item["values"] if value["node"] == SYSTOLIC)
    return [value["magnitude"] for value in found if value.get("units") == "mm[Hg]"]


async def test_what_was_known_at_each_moment_is_shown(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    before = datetime.now(UTC)
    first = await reading.write(patient_id, at(9, 111))
    recorded = datetime.now(UTC)
    corrected = (await reading.clinic.correct(patient_id, first, at(9, 122))).json()["version_uid"]
    changed = datetime.now(UTC)
    await reading.delete(patient_id, corrected)

    async def known(moment: datetime | None) -> list[float]:
        params = {"as_of": moment.isoformat()} if moment else {}
        body = await reading.read(patient_id, total=True, **params)
        assert body["total"] == len(body["items"])
        return systolics(body)

    assert [await known(moment) for moment in (before, recorded, changed, None)] == [[], [111], [122], []]
    then = await reading.read(patient_id, as_of=recorded.isoformat(), archetype=BLOOD_PRESSURE)
    assert uids(then) == [first]
    assert then["items"][0]["replaced_at"]
    assert "aql" not in then["items"][0]["values"][0]


async def test_what_was_written_behind_our_back_is_there_at_once(reading: Any) -> None:
    patient_id, ehr_id = await reading.clinic.patient()
    await reading.write(patient_id, at(9, 111))
    assert systolics(await reading.read(patient_id)) == [111]
    answer = await reading.ehrbase.post(
        f"rest/openehr/v1/ehr/{ehr_id}/composition",
        params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
        json=at(10, 133),
    )
    assert answer.status_code in (201, 204), answer.text

    body = await reading.read(patient_id, archetype=BLOOD_PRESSURE)

    assert systolics(body) == [133, 111]
    assert "committer" not in body["items"][0]


async def test_what_was_deleted_behind_our_back_is_gone_at_once(reading: Any) -> None:
    patient_id, ehr_id = await reading.clinic.patient()
    uid = await reading.write(patient_id, at(9, 111))
    assert systolics(await reading.read(patient_id)) == [111]
    answer = await reading.ehrbase.delete(f"rest/openehr/v1/ehr/{ehr_id}/composition/{uid}")
    assert answer.status_code == 204, answer.text
    assert await reading.read(patient_id) == {"items": []}


async def test_entries_are_told_and_found_with_their_encounter(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    headers = reading.clinic.headers(scope="user/composition-*.crud user/Encounter.cruds")
    opened = await reading.clinic.client.post(
        f"{BASE}/{patient_id}/encounters", json={"encounter_class": "AMB"}, headers=headers
    )
    encounter_id = opened.json()["encounter_id"]
    await reading.write(patient_id, at(9, 111))
    inside = await reading.clinic.client.post(
        f"{BASE}/{patient_id}/compositions",
        params={"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT", "encounter_id": encounter_id},
        json=at(10, 122),
        headers=headers,
    )
    assert inside.status_code == 201, inside.text

    body = await reading.read(patient_id, total=True)
    found = await reading.read(patient_id, encounter_id=encounter_id, total=True)

    assert {item.get("encounter_id") for item in body["items"]} == {None, encounter_id}
    assert (systolics(found), found["total"]) == ([122], 5)
    other, _ = await reading.clinic.patient()
    assert (await reading.read(other, encounter_id=encounter_id))["items"] == []


async def test_merged_patients_have_one_timeline(reading: Any) -> None:
    source, survivor = await reading.clinic.patient(), await reading.clinic.patient()
    lost = await reading.write(source[0], at(9, 111))
    kept = await reading.write(survivor[0], at(8, 112))
    await reading.clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while systolics(await reading.read(survivor[0])) != [111, 112]:
            await asyncio.sleep(0.1)
    for patient_id in (source[0], survivor[0]):
        one = await reading.read(patient_id, limit=7, total=True)
        two = await reading.read(patient_id, limit=7, cursor=one["next_cursor"])
        assert (one["total"], uids(one) + uids(two)) == (10, [lost] * 5 + [kept] * 5)
    answer = await reading.ask(source[0])
    assert answer.headers["link"] == f'<{BASE}/{survivor[0]}>; rel="canonical"'


async def test_what_the_caller_may_not_read_is_left_out(reading: Any) -> None:
    patient_id, _ = await reading.clinic.patient()
    await reading.write(patient_id)
    labs = reading.clinic.headers(scope="user/composition-labs.r")
    assert await reading.read(patient_id, labs, total=True) == {"items": [], "total": 0}
    vitals = reading.clinic.headers(scope=f"user/composition-{vital_signs.TEMPLATE_ID}.r")
    assert len((await reading.read(patient_id, vitals))["items"]) == 5
    assert (await reading.ask(patient_id, reading.clinic.headers("clerk"))).status_code == 403
    assert (await reading.ask(patient_id, {"Authorization": "Bearer x"})).status_code == 401


async def test_patients_see_their_own_timeline_and_no_other(reading: Any) -> None:
    (own, _), (other, _) = await reading.clinic.patient(), await reading.clinic.patient()
    for each in (own, other):
        await reading.write(each)
    headers = reading.clinic.headers("patient", "patient/composition-*.r", patient=own)
    assert len((await reading.read(own, headers))["items"]) == 5
    assert (await reading.ask(other, headers)).status_code == 403


async def test_what_is_shown_is_on_record(reading: Any, nats_server: NatsServer) -> None:
    patient_id, ehr_id = await reading.clinic.patient()
    await reading.write(patient_id)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await reading.read(patient_id, limit=3)
        read = await catcher.wait_for(RecordRead, about(ehr_id))
    assert (read.data.resource, read.data.count) == ("timeline", 3)
    assert str(read.data.patient_id) == patient_id
