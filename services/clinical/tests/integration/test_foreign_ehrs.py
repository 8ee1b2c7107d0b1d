"""EHRs that the registry does not know: made by clients of EHRbase, or in EHRbase from before."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordRead
from openward_contracts.clinical import CompositionCreated, EhrCreated
from openward_testkit.events import EventCatcher
from openward_testkit.nats import NatsServer

MAKER = "user/composition-*.crud user/aql-*.s user/Patient.cru"
FLAT = {"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"}


def status_for(subject_id: str, namespace: str = "hospital", **more: Any) -> dict[str, Any]:
    reference = {
        "_type": "PARTY_REF",
        "id": {"_type": "GENERIC_ID", "value": subject_id, "scheme": "x"},
        "namespace": namespace,
        "type": "PERSON",
    }
    return {
        "_type": "EHR_STATUS",
        "archetype_node_id": "openEHR-EHR-EHR_STATUS.generic.v1",
        "name": {"_type": "DV_TEXT", "value": "EHR Status"},
        "subject": {"_type": "PARTY_SELF", "external_ref": reference},
        "is_modifiable": True,
        "is_queryable": True,
        **more,
    }


async def make(clinic: Any, method: str = "POST", path: str = "/openehr/v1/ehr", **request: Any) -> Any:
    headers = clinic.headers(scope=MAKER) | request.pop("headers", {})
    return await clinic.client.request(method, path, headers=headers, **request)


async def write(clinic: Any, ehr_id: str) -> Any:
    return await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        params=FLAT,
        json=vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"),
        headers=clinic.headers(),
    )


@pytest.mark.parametrize("base", ["/openehr/v1", "/ehrbase/rest/openehr/v1"])
async def test_an_ehr_is_made_and_used_as_at_ehrbase(clinic: Any, base: str) -> None:
    made = await make(clinic, path=f"{base}/ehr")
    ehr_id = made.headers["etag"].strip('"')
    written = await write(clinic, ehr_id)
    read = await clinic.get(made.headers["location"])

    assert (made.status_code, made.content) == (201, b"")
    assert made.headers["location"] == f"{clinic.origin}{base}/ehr/{ehr_id}"
    assert written.status_code == 204, written.text
    assert read.json()["ehr_id"]["value"] == ehr_id


async def test_an_ehr_is_made_for_a_subject_and_found_by_it(clinic: Any) -> None:
    subject, ehr_id = uuid4().hex, str(uuid4())
    body = status_for(subject)
    shown = {"Prefer": "return=representation"}

    made = await make(clinic, "PUT", f"/openehr/v1/ehr/{ehr_id}", json=body, headers=shown)
    again = await make(clinic, "PUT", f"/openehr/v1/ehr/{ehr_id}", json=body)
    other = await make(clinic, json=body)
    params = {"subject_id": subject, "subject_namespace": "hospital"}
    found = await clinic.client.get("/openehr/v1/ehr", params=params, headers=clinic.headers())

    assert made.status_code == 201
    assert made.json()["ehr_id"]["value"] == ehr_id
    assert (again.status_code, other.status_code) == (409, 409)
    assert found.json()["ehr_id"]["value"] == ehr_id


async def test_the_same_key_makes_one_ehr(clinic: Any, key: dict[str, str]) -> None:
    first, second = [await make(clinic, headers=key) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["etag"] == second.headers["etag"]


async def test_the_same_key_is_answered_by_the_name_that_the_client_used(
    clinic: Any, key: dict[str, str]
) -> None:
    """Such as a client does that has lost one of our names and repeats by another."""
    first, second = [await make(clinic, headers={**key, "Host": host}) for host in ("a.test", "[::1]:8080")]

    ehr = f"/openehr/v1/ehr/{first.headers['etag'].strip(chr(34))}"
    assert first.headers["location"] == f"http://a.test{ehr}"
    assert second.headers["location"] == f"http://[::1]:8080{ehr}"


async def test_only_the_registry_says_whose_ehr_it_is(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    status = await clinic.get(f"/openehr/v1/ehr/{ehr_id}/ehr_status")
    stolen = {**status.json(), "subject": status_for(str(uuid4()), "openward")["subject"]}
    match = {"If-Match": status.headers["etag"]}

    answers = [
        await make(clinic, json=status_for(patient_id, "openward")),
        await make(clinic, json=status_for("whoever", "openward")),
        await make(clinic, "PUT", f"/openehr/v1/ehr/{uuid4()}", json=status_for(str(uuid4()), "openward")),
        await make(clinic, "PUT", f"/openehr/v1/ehr/{ehr_id}/ehr_status", json=stolen, headers=match),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert {answer.json()["code"] for answer in answers} == {"ehr-subject-reserved"}
    assert (await clinic.read(patient_id, uid)).status_code == 200


async def test_an_ehr_from_before_works_and_is_nobodys(
    clinic: Any, settings: Settings, nats_server: NatsServer
) -> None:
    ehr_id = await _ehr_behind_our_back(settings)
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as access,
        EventCatcher(nats, "CLINICAL").watching() as clinical,
    ):
        written = await write(clinic, ehr_id)
        read = await clinic.get(written.headers["location"])
        record = await access.wait_for(RecordRead, lambda e: str(e.data.ehr_id) == ehr_id)
        created = await clinical.wait_for(CompositionCreated, lambda e: str(e.data.ehr_id) == ehr_id)

    assert read.status_code == 200
    assert (record.data.patient_id, created.data.patient_id) == (None, None)
    assert created.envelope.authid == "clinician-1"


async def _ehr_behind_our_back(settings: Settings) -> str:
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    async with httpx.AsyncClient(auth=login, timeout=30) as ehrbase:
        made = await ehrbase.post(f"{settings.ehrbase_url}/rest/openehr/v1/ehr")
    assert made.is_success
    return made.headers["etag"].strip('"')


async def test_who_made_an_ehr_is_told(clinic: Any, nats_server: NatsServer) -> None:
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        ehr_id = (await make(clinic)).headers["etag"].strip('"')
        created = await catcher.wait_for(EhrCreated, lambda e: str(e.data.ehr_id) == ehr_id)

    assert created.envelope.authid == "clinician-1"
    assert created.data.patient_id is None


async def test_no_patient_reaches_an_ehr_of_nobody(clinic: Any) -> None:
    ehr_id = (await make(clinic)).headers["etag"].strip('"')
    uid = (await write(clinic, ehr_id)).headers["etag"].strip('"')
    mine, _ = await clinic.patient()
    patient = clinic.headers("patient", "patient/Patient.r patient/composition-*.r", patient=mine)
    narrow = clinic.headers("clinician", "patient/Patient.r patient/composition-*.r", patient=mine)

    for headers in (patient, narrow):
        for path in ("", "/ehr_status", f"/composition/{uid}"):
            assert (await clinic.get(f"/openehr/v1/ehr/{ehr_id}{path}", **headers)).status_code == 404


@pytest.mark.parametrize(
    ("role", "scope"),
    [("patient", "user/Patient.cru"), ("clerk", "user/Patient.cru"), ("clinician", "user/Patient.ru")],
)
async def test_making_an_ehr_needs_its_own_permission(clinic: Any, role: str, scope: str) -> None:
    answer = await clinic.client.post("/openehr/v1/ehr", headers=clinic.headers(role, scope))

    assert answer.status_code == 403
