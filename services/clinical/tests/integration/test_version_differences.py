"""What changed in a composition from one version to another, told by labels."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import problem_list, vital_signs
from openward_contracts.access import RecordRead
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/clinical/v1/patients"
BLOOD_PRESSURE = "/content[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
SYSTOLIC = "/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value"


@pytest.fixture(scope="module")
async def problems(bring: Any) -> str:
    """The id of a template in English and German."""
    await bring(problem_list.opt())
    return problem_list.TEMPLATE_ID


async def asked(clinic: Any, patient_id: str, uid: str, language: str = "", **params: Any) -> httpx.Response:
    url = f"{BASE}/{patient_id}/compositions/{uid[:36]}/diff"
    headers = clinic.headers() | {"Accept-Language": language}
    answer: httpx.Response = await clinic.client.get(url, params=params, headers=headers)
    return answer


async def diff(clinic: Any, patient_id: str, uid: str, language: str = "", **params: Any) -> dict[str, Any]:
    answer = await asked(clinic, patient_id, uid, language, **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def versions(old: object, new: object) -> dict[str, Any]:
    return {"from": old, "to": new}


def brief(change: Mapping[str, Any]) -> tuple[str, str, str | None, str | None]:
    before, after = (change.get(side, {}).get("text") for side in ("before", "after"))
    return change["kind"], change["label"], before, after


async def test_the_latest_version_is_compared_with_the_one_before(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    first = (await clinic.write(patient_id)).json()["version_uid"]
    second = (await clinic.correct(patient_id, first)).json()["version_uid"]

    body = await diff(clinic, patient_id, first)

    assert (body["from"]["version_uid"], body["to"]["version_uid"]) == (first, second)
    assert (body["template_id"], body["language"]) == (vital_signs.TEMPLATE_ID, "en")
    assert body["to"]["committer"]["sub"] == "clinician-1"
    (change,) = body["changes"]
    assert brief(change) == ("changed", "Systolic", "120 mm[Hg]", "130 mm[Hg]")
    assert (change["entry"]["label"], change["within"]) == ("Blood pressure", ["Any event"])
    assert (change["before"]["magnitude"], change["after"]["magnitude"]) == (120.0, 130.0)
    assert change["node"] == SYSTOLIC
    assert change["after"]["path"] == BLOOD_PRESSURE + SYSTOLIC


async def test_both_versions_that_are_read_are_on_record(clinic: Any, nats_server: NatsServer) -> None:
    patient_id, _ = await clinic.patient()
    first = (await clinic.write(patient_id)).json()["version_uid"]
    second = (await clinic.correct(patient_id, first)).json()["version_uid"]
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await diff(clinic, patient_id, first)
        records = [await catcher.wait_for(RecordRead, about(uid)) for uid in (first, second)]
    assert [(str(each.data.patient_id), each.data.resource) for each in records] == [
        (patient_id, "composition"),
        (patient_id, "composition"),
    ]


async def test_any_two_versions_can_be_compared(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    first = (await clinic.write(patient_id)).json()["version_uid"]
    second = (await clinic.correct(patient_id, first)).json()["version_uid"]
    back = vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada")
    await clinic.correct(patient_id, second, back)

    assert (await diff(clinic, patient_id, first, **versions(1, 3)))["changes"] == []
    named = await diff(clinic, patient_id, first, **versions(first, second))
    assert [brief(each)[1] for each in named["changes"]] == ["Systolic"]
    assert (await diff(clinic, patient_id, first, **versions(2, 2)))["changes"] == []
    assert (await diff(clinic, patient_id, first, to=2))["from"]["version"] == 1


async def test_of_the_first_version_everything_was_added_and_of_a_deletion_removed(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    added = await diff(clinic, patient_id, uid)
    assert "from" not in added
    assert {each["kind"] for each in added["changes"]} == {"added"}
    headers = clinic.headers() | {"If-Match": f'"{uid}"'}
    url = f"{BASE}/{patient_id}/compositions/{uid[:36]}"
    assert (await clinic.client.delete(url, headers=headers)).status_code == 204

    removed = await diff(clinic, patient_id, uid)

    assert (removed["from"]["version"], removed["to"]["version"], removed["to"]["deleted"]) == (1, 2, True)
    assert removed["template_id"] == vital_signs.TEMPLATE_ID
    assert {each["kind"] for each in removed["changes"]} == {"removed"}
    assert [each["node"] for each in removed["changes"]] == [each["node"] for each in added["changes"]]
    assert removed["changes"][-1]["entry"]["label"]


@pytest.mark.parametrize(
    ("language", "spoken", "words"),
    [
        ("de-AT, en;q=0.5", "de", ("Problem", "Diabetes Typ 2", "Mittel")),
        ("fr", "en", ("Problem", "Type 2 diabetes", "Moderate")),
    ],
)
async def test_changes_are_told_in_the_language_of_the_caller(
    clinic: Any, problems: str, language: str, spoken: str, words: tuple[str, ...]
) -> None:
    patient_id, _ = await clinic.patient()
    sent = [
        problem_list.flat(codes, "2026-11-22T10:00:00Z", composer="Ada")
        for codes in (["38341003"], ["44054006", "38341003"])
    ]
    url, params = f"{BASE}/{patient_id}/compositions", {"template_id": problems, "format": "FLAT"}
    written = await clinic.client.post(url, params=params, json=sent[0], headers=clinic.headers())
    assert written.status_code == 201, written.text
    uid = written.json()["version_uid"]
    corrected = await clinic.client.put(
        f"{url}/{uid[:36]}", params=params, json=sent[1], headers=clinic.headers() | {"If-Match": f'"{uid}"'}
    )
    assert corrected.status_code == 200, corrected.text

    answer = await asked(clinic, patient_id, uid, language)

    assert (answer.headers["content-language"], answer.headers["vary"]) == (spoken, "Accept-Language")
    changes = answer.json()["changes"]
    assert {each["kind"] for each in changes} == {"added"}
    texts = {each["after"]["text"] for each in changes}
    assert {changes[0]["entry"]["label"], *texts} >= set(words)


@pytest.mark.parametrize(
    ("params", "status", "code", "pointer"),
    [
        ({"to": "3"}, 404, "version-not-found", "to"),
        ({"from": "7", "to": "2"}, 404, "version-not-found", "from"),
        ({"from": f"{uuid4()}::openward.local::1"}, 404, "version-not-found", "from"),
        ({"from": "2", "to": "1"}, 400, "versions-reversed", "to"),
        ({"from": "0"}, 400, "version-malformed", "from"),
        ({"to": "latest"}, 400, "version-malformed", "to"),
    ],
)
async def test_versions_that_are_not_there_are_problems(
    clinic: Any, params: dict[str, str], status: int, code: str, pointer: str
) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    await clinic.correct(patient_id, uid)
    refused = await asked(clinic, patient_id, uid, **params)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["errors"][0]["path"] == pointer


async def test_who_may_not_read_the_composition_does_not_learn_what_changed(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    other, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    url = f"{BASE}/{patient_id}/compositions/{uid[:36]}/diff"
    hidden = await clinic.client.get(url, headers=clinic.headers(scope="user/composition-labs.r"))
    assert (hidden.status_code, hidden.json()["code"]) == (404, "composition-not-found")
    assert (await clinic.client.get(url, headers=clinic.headers("clerk"))).status_code == 403
    for name in (uid, str(uuid4()), "x"):
        assert (await asked(clinic, other, name)).status_code == 404


async def test_a_merged_patient_is_answered_for_by_the_survivor(clinic: Any) -> None:
    source, survivor = await clinic.patient(), await clinic.patient()
    uid = (await clinic.write(source[0])).json()["version_uid"]
    await clinic.correct(source[0], uid)
    await clinic.merge(source, survivor)
    async with asyncio.timeout(60):
        while (await asked(clinic, survivor[0], uid)).status_code != 200:
            await asyncio.sleep(0.1)
    answer = await asked(clinic, source[0], uid)
    assert [brief(each)[1] for each in answer.json()["changes"]] == ["Systolic"]
    assert answer.headers["link"] == f'<{BASE}/{survivor[0]}>; rel="canonical"'
