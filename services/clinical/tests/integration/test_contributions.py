"""A contribution is no way round what its versions would need if they came alone."""

import asyncio
import copy
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openward_cli.demo import vital_signs
from openward_contracts.clinical import CompositionCreated
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

SCOPE = "user/composition-*.cruds user/Patient.cruds"
LONG_AGO = {"_type": "DV_DATE_TIME", "value": "2020-11-22T10:00:00Z"}
_CODES = {"creation": "249", "modification": "251", "deleted": "523"}


def coded(value: str, code: str) -> dict[str, Any]:
    terminology = {"_type": "TERMINOLOGY_ID", "value": "openehr"}
    phrase = {"_type": "CODE_PHRASE", "terminology_id": terminology, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase}


def audit(word: str) -> dict[str, Any]:
    return {
        "_type": "AUDIT_DETAILS",
        "system_id": "elsewhere",
        "change_type": coded(word, _CODES[word]),
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "Ada"},
    }


def version(word: str, data: Any = None, preceding: str | None = None) -> dict[str, Any]:
    made = {
        "_type": "ORIGINAL_VERSION",
        "commit_audit": audit(word),
        "lifecycle_state": coded("complete", "532"),
    }
    if data is not None:
        made["data"] = {name: value for name, value in data.items() if name != "uid"}
    if preceding:
        made["preceding_version_uid"] = {"_type": "OBJECT_VERSION_ID", "value": preceding}
    return made


def contribution(*versions: dict[str, Any]) -> dict[str, Any]:
    return {"_type": "CONTRIBUTION", "versions": list(versions), "audit": audit("creation")}


async def commit(clinic: Any, ehr_id: str, body: Any, scope: str = SCOPE, **headers: str) -> httpx.Response:
    answer: httpx.Response = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/contribution", json=body, headers=clinic.headers(scope=scope) | headers
    )
    return answer


async def prepared(clinic: Any) -> tuple[str, str, dict[str, Any]]:
    """EHR id, the uid of a composition in it, and that composition in canonical JSON."""
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    return ehr_id, uid, (await clinic.read(patient_id, uid, "CANONICAL")).json()


async def versions_in(clinic: Any, location: str) -> list[str]:
    answer = await clinic.get(location)
    assert answer.status_code == 200, answer.text
    return [reference["id"]["value"] for reference in answer.json()["versions"]]


async def test_several_versions_are_committed_at_once(clinic: Any, nats_server: NatsServer) -> None:
    ehr_id, uid, content = await prepared(clinic)
    body = contribution(version("creation", content), version("modification", content, uid))
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        made = await commit(clinic, ehr_id, body, Prefer="return=representation")
        created = await catcher.wait_for(
            CompositionCreated, lambda e: str(e.data.ehr_id) == ehr_id and e.data.version_uid != uid
        )
    found = await versions_in(clinic, made.headers["location"])

    assert made.status_code == 201, made.text
    assert f"{uid[:-1]}2" in found
    assert created.data.version_uid in found
    assert created.envelope.authid == "clinician-1"


async def test_the_same_key_commits_once(clinic: Any, key: dict[str, str]) -> None:
    ehr_id, _, content = await prepared(clinic)
    body = contribution(version("creation", content))

    answers = [await commit(clinic, ehr_id, body, **key) for _ in range(2)]
    everything = await clinic.client.post(
        "/openehr/v1/query/aql",
        json={
            "q": "SELECT c/uid/value FROM EHR e[ehr_id/value=$e] CONTAINS COMPOSITION c",
            "query_parameters": {"e": ehr_id},
        },
        headers=clinic.headers(),
    )

    assert [answer.status_code for answer in answers] == [204, 204], [a.text for a in answers]
    assert answers[0].headers["etag"] == answers[1].headers["etag"]
    assert len(everything.json()["rows"]) == 2


@pytest.mark.parametrize("said", [{}, {"system_id": "elsewhere", "time_committed": LONG_AGO}])
async def test_what_is_the_servers_to_say_in_an_audit_need_not_be_said(
    clinic: Any, said: dict[str, Any]
) -> None:
    ehr_id, _, content = await prepared(clinic)
    made = version("creation", content)
    made["commit_audit"] = {"_type": "AUDIT_DETAILS", "change_type": coded("creation", "249"), **said}

    answer = await commit(clinic, ehr_id, {"_type": "CONTRIBUTION", "versions": [made]})

    assert answer.is_success, answer.text
    [uid] = await versions_in(clinic, answer.headers["location"])
    read = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{uid[:36]}/version/{uid}")
    kept = read.json()["commit_audit"]
    assert kept["system_id"] == uid.split("::")[1]
    assert kept["time_committed"] != LONG_AGO


async def test_a_composition_is_deleted_by_its_uid_alone(clinic: Any) -> None:
    ehr_id, uid, _ = await prepared(clinic)

    deleted = await commit(clinic, ehr_id, contribution(version("deleted", None, uid)))
    gone = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/composition/{uid.partition('::')[0]}")

    assert (deleted.status_code, gone.status_code) == (204, 204), deleted.text


@pytest.mark.parametrize(
    "scope", ["user/composition-other.v1.crud", f"user/composition-{vital_signs.TEMPLATE_ID}.r"]
)
async def test_every_version_needs_its_own_right(clinic: Any, scope: str) -> None:
    ehr_id, uid, content = await prepared(clinic)

    answers = [
        await commit(clinic, ehr_id, contribution(one), scope)
        for one in (
            version("creation", content),
            version("modification", content, uid),
            version("deleted", None, uid),
        )
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


async def test_the_right_to_one_kind_of_change_is_none_to_another(clinic: Any) -> None:
    ehr_id, uid, content = await prepared(clinic)
    status = (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")).json()
    only_new = "user/composition-*.c user/Patient.r"

    answers = [
        await commit(clinic, ehr_id, contribution(version("creation", content), one), only_new)
        for one in (
            version("modification", content, uid),
            version("deleted", None, uid),
            version("modification", status, status["uid"]["value"]),
        )
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


async def test_a_version_of_another_ehr_is_not_found(clinic: Any) -> None:
    ehr_id, _, _ = await prepared(clinic)
    _, foreign, content = await prepared(clinic)

    for one in (version("modification", content, foreign), version("deleted", None, foreign)):
        assert (await commit(clinic, ehr_id, contribution(one))).status_code == 404


async def test_the_subject_of_a_patients_ehr_cannot_be_changed_in_one(clinic: Any) -> None:
    ehr_id, _, _ = await prepared(clinic)
    status = (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")).json()
    stolen = {**status, "subject": {"_type": "PARTY_SELF"}}

    answer = await commit(
        clinic, ehr_id, contribution(version("modification", stolen, status["uid"]["value"]))
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "ehr-subject-reserved")


async def test_of_two_contributions_to_one_version_one_wins(clinic: Any) -> None:
    ehr_id, uid, content = await prepared(clinic)
    bodies = [
        contribution(version("modification", {**content, "name": {"_type": "DV_TEXT", "value": name}}, uid))
        for name in (content["name"]["value"], content["name"]["value"] + " ")
    ]

    answers = await asyncio.gather(*(commit(clinic, ehr_id, body) for body in bodies))

    assert min(answer.status_code for answer in answers) == 204
    assert {answer.status_code for answer in answers} <= {204, 409, 412, 422, 400}
    assert (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/composition/{uid[:-1]}3")).status_code == 404


@pytest.mark.parametrize("body", [{}, [], {"versions": []}, {"versions": [{"data": {}}]}])
async def test_a_contribution_that_cannot_be_understood_is_400(clinic: Any, body: Any) -> None:
    ehr_id, _, _ = await prepared(clinic)

    assert (await commit(clinic, ehr_id, body)).status_code == 400


async def test_a_contribution_in_xml_is_refused_as_ehrbase_cannot_read_it(clinic: Any) -> None:
    ehr_id, _, _ = await prepared(clinic)

    answer = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/contribution",
        content=b"<contribution/>",
        headers=clinic.headers(scope=SCOPE) | {"Content-Type": "application/xml"},
    )

    assert answer.status_code == 406
    assert (await clinic.get(f"/openehr/v1/ehr/{ehr_id}/contribution/{uuid4()}")).status_code == 404


async def test_what_is_wrong_in_its_compositions_is_told_at_its_place(clinic: Any) -> None:
    ehr_id, _, composition = await prepared(clinic)
    broken = copy.deepcopy(composition)
    broken["content"][0]["data"]["events"][0]["data"]["items"][0]["value"]["magnitude"] = 4711.0

    refused = await commit(
        clinic, ehr_id, contribution(version("creation", composition), version("creation", broken))
    )

    assert refused.status_code in (400, 422)
    value = "/versions/1/data/content/0/data/events/0/data/items/0/value/magnitude"
    assert [(each["code"], each["path"]) for each in refused.json()["problems"]] == [("out-of-range", value)]
    assert [each["pointer"] for each in refused.json()["errors"]] == [value]
    assert refused.json()["message"]
