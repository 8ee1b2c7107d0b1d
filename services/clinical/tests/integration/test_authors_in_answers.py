"""Who wrote is told in every answer that shows an audit, although EHRbase knows one login only."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from clinical.domain.audits import IDENTITY
from clinical.settings import Settings
from openward_cli.demo import vital_signs

SCOPE = "user/composition-*.cruds user/Patient.cruds"
BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
XML = {"Accept": "application/xml"}
LOGIN = "EHRbase Internal openward"
FOLDER = {
    "_type": "FOLDER",
    "name": {"_type": "DV_TEXT", "value": "root"},
    "archetype_node_id": "openEHR-EHR-FOLDER.generic.v1",
}


def coded(value: str, code: str) -> dict[str, Any]:
    phrase = {"_type": "CODE_PHRASE", "terminology_id": {"value": "openehr"}, "code_string": code}
    return {"_type": "DV_CODED_TEXT", "value": value, "defining_code": phrase}


def audit(description: str) -> dict[str, Any]:
    return {
        "_type": "AUDIT_DETAILS",
        "system_id": "elsewhere",
        "change_type": coded("creation", "249"),
        "description": {"_type": "DV_TEXT", "value": description},
        "committer": {"_type": "PARTY_IDENTIFIED", "name": "The Chief"},
    }


async def send(clinic: Any, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    who = clinic.headers(scope=SCOPE, sub="ada-1", roles=("clinician",), purpose_of_use="TREAT")
    answer: httpx.Response = await clinic.client.request(method, path, json=body, headers=who | headers)
    return answer


async def composition(clinic: Any, ehr_id: str, **headers: str) -> str:
    """The uid of a version that Ada writes."""
    answer = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
        json=vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"),
        headers=clinic.headers(scope=SCOPE, sub="ada-1") | headers,
    )
    assert answer.status_code == 204, answer.text
    return str(answer.headers["etag"].strip('"'))


def ehrbase(settings: Settings) -> httpx.AsyncClient:
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    return httpx.AsyncClient(timeout=60, auth=login, base_url=f"{settings.ehrbase_url}/rest/openehr/v1")


async def test_a_version_names_who_wrote_it_and_why(clinic: Any) -> None:
    _, ehr_id = await clinic.patient()
    said = {
        "openehr-audit-details": 'description.value="Admission",committer.name="The Chief"',
        "openehr-version": 'lifecycle_state.code_string="553"',
    }
    uid = await composition(clinic, ehr_id, **said)
    path = f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{uid.partition('::')[0]}"

    answers = [
        await send(clinic, "GET", f"{path}/version"),
        await send(clinic, "GET", f"{path}/version/{uid}"),
    ]
    contribution = answers[0].json()["contribution"]["uid"]["value"]
    whole = (await send(clinic, "GET", f"/openehr/v1/ehr/{ehr_id}/contribution/{contribution}")).json()
    (revision,) = (await send(clinic, "GET", f"{path}/revision_history")).json()

    for answer in answers:
        version = answer.json()
        audits = [
            version["commit_audit"],
            version["contribution"]["audit"],
            whole["audit"],
            *revision["audits"],
        ]
        assert version["data"]["archetype_details"]["template_id"]["value"] == vital_signs.TEMPLATE_ID
        assert version["lifecycle_state"]["value"] == "incomplete"
        assert answer.headers["etag"] == f'"{uid}"'
        for found in audits:
            assert found["committer"]["external_ref"]["id"]["value"] == "ada-1"
            assert found["committer"]["external_ref"]["namespace"] == IDENTITY
            assert found["description"]["value"] == "Admission"
            assert "Chief" not in str(found)


@pytest.mark.parametrize("base", BASES)
async def test_xml_names_the_same(clinic: Any, base: str) -> None:
    _, ehr_id = await clinic.patient()
    uid = await composition(clinic, ehr_id, **{"openehr-audit-details": 'description.value="<&>"'})
    path = f"{base}/ehr/{ehr_id}"

    version = parsed(
        await send(clinic, "GET", f"{path}/versioned_composition/{uid[:36]}/version/{uid}", **XML)
    )
    contribution = version.findtext("contribution/uid/value")
    whole = parsed(await send(clinic, "GET", f"{path}/contribution/{contribution}", **XML))

    for audit_at in (version.find("commit_audit"), version.find("contribution/audit"), whole.find("audit")):
        assert audit_at is not None
        assert audit_at.findtext("committer/name") == "ada-1"
        assert audit_at.findtext("description/value") == "<&>"
    assert version.find("data/archetype_details") is not None


def parsed(answer: httpx.Response) -> ET.Element:
    assert answer.headers["content-type"].startswith("application/xml"), answer.text
    return ET.fromstring(answer.content)  # noqa: S314  of the server under test


async def test_each_revision_of_a_status_has_its_own_author(clinic: Any) -> None:
    _, ehr_id = await clinic.patient()
    await composition(clinic, ehr_id)
    path = f"/openehr/v1/ehr/{ehr_id}"
    status = await send(clinic, "GET", f"{path}/ehr_status")
    body, match = {**status.json(), "is_queryable": False}, {"If-Match": status.headers["etag"]}
    why = {"openehr-audit-details": 'change_type.code_string="250",description.value="Consent withdrawn"'}
    await send(clinic, "PUT", f"{path}/ehr_status", body, **match, **why)

    history = await send(clinic, "GET", f"{path}/versioned_ehr_status/revision_history")
    audits = {item["version_id"]["value"][-1]: item["audits"][0] for item in history.json()}

    assert audits["1"]["committer"]["name"] == "service:clinical"
    assert audits["1"]["committer"]["external_ref"]["type"] == "AGENT"
    assert audits["2"]["committer"]["name"] == "ada-1"
    assert audits["2"]["description"]["value"] == "Consent withdrawn"
    assert audits["2"]["change_type"]["defining_code"]["code_string"] == "250"
    newest = max(audit["time_committed"]["value"] for audit in audits.values())
    assert parsedate_to_datetime(history.headers["last-modified"]).isoformat()[:19] == newest[:19]


async def test_who_made_an_ehr_of_nobody_has_written_its_first_status(clinic: Any) -> None:
    made = await send(clinic, "POST", "/openehr/v1/ehr", Prefer="return=representation")
    path = made.headers["location"]

    version = (await send(clinic, "GET", f"{path}/versioned_ehr_status/version")).json()
    contribution = version["contribution"]["uid"]["value"]
    whole = (await send(clinic, "GET", f"{path}/contribution/{contribution}")).json()

    assert version["commit_audit"]["committer"]["name"] == "ada-1"
    assert whole["audit"]["committer"]["name"] == "ada-1"
    assert made.headers["last-modified"] == (await send(clinic, "GET", path)).headers["last-modified"]
    assert parsedate_to_datetime(made.headers["last-modified"]).year > 2000


async def test_nobody_commits_a_contribution_in_another_name(clinic: Any, settings: Settings) -> None:
    """EHRbase keeps the real committer too; the client's own reasons stay."""
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    content = (await clinic.read(patient_id, uid, "CANONICAL")).json()
    del content["uid"]
    version = {
        "_type": "ORIGINAL_VERSION",
        "commit_audit": audit("of the version"),
        "lifecycle_state": coded("complete", "532"),
        "data": content,
    }
    body = {"_type": "CONTRIBUTION", "versions": [version], "audit": audit("of all")}
    path = f"/openehr/v1/ehr/{ehr_id}/contribution"

    made = await send(clinic, "POST", path, body, Prefer="return=representation")
    read = await send(clinic, "GET", made.headers["location"])
    new = made.json()["versions"][0]["id"]["value"]
    async with ehrbase(settings) as client:
        theirs = await client.get(f"/ehr/{ehr_id}/versioned_composition/{new[:36]}/version/{new}")

    assert made.status_code == 201, made.text
    for found in (made.json()["audit"], read.json()["audit"]):
        assert (found["committer"]["name"], found["description"]["value"]) == ("ada-1", "of all")
    found = theirs.json()["commit_audit"]
    assert (found["committer"]["name"], found["description"]["value"]) == ("ada-1", "of the version")
    assert made.headers["last-modified"] == read.headers["last-modified"]


async def test_what_was_written_past_this_service_keeps_ehrbases_committer(
    clinic: Any, settings: Settings
) -> None:
    made = await send(clinic, "POST", "/openehr/v1/ehr")
    ehr_id = made.headers["etag"].strip('"')
    async with ehrbase(settings) as client:
        past = await client.post(
            f"/ehr/{ehr_id}/composition",
            params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
            json=vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"),
        )
    uid = past.headers["etag"].strip('"')
    path = f"/openehr/v1/ehr/{ehr_id}/versioned_composition/{uid[:36]}"

    for version in (
        await send(clinic, "GET", f"{path}/version"),
        await send(clinic, "GET", f"{path}/version/{uid}"),
    ):
        assert version.json()["commit_audit"]["committer"]["name"] == LOGIN


async def test_a_directory_is_dated(clinic: Any) -> None:
    made = await send(clinic, "POST", "/openehr/v1/ehr")
    path = made.headers["location"]
    old = {"openEHR-AUDIT_DETAILS.description": 'value="Order"'}

    created = await send(clinic, "POST", f"{path}/directory", FOLDER, Prefer="return=representation", **old)
    read = await send(clinic, "GET", f"{path}/directory")

    assert created.status_code == 201, created.text
    told = [parsedate_to_datetime(answer.headers["last-modified"]) for answer in (created, read)]
    assert abs(told[0] - told[1]) <= timedelta(seconds=1)  # EHRbase takes the time twice


async def test_a_header_that_is_too_long_is_refused(clinic: Any) -> None:
    answer = await send(clinic, "POST", "/openehr/v1/ehr", **{"openehr-audit-details": "a" * 5000})

    assert answer.status_code == 400


async def test_who_deleted_is_told_as_well(clinic: Any) -> None:
    _, ehr_id = await clinic.patient()
    uid = await composition(clinic, ehr_id)
    path = f"/openehr/v1/ehr/{ehr_id}"
    deleted = await clinic.client.delete(
        f"{path}/composition/{uid}",
        headers=clinic.headers(scope=SCOPE, sub="ben-2")
        | {"openehr-audit-details": 'description.value="Wrong patient"'},
    )

    history = await send(clinic, "GET", f"{path}/versioned_composition/{uid[:36]}/revision_history")
    audits = {item["version_id"]["value"][-1]: item["audits"][0] for item in history.json()}

    assert deleted.status_code == 204, deleted.text
    assert audits["1"]["committer"]["name"] == "ada-1"
    assert audits["2"]["committer"]["name"] == "ben-2"
    assert audits["2"]["description"]["value"] == "Wrong patient"
