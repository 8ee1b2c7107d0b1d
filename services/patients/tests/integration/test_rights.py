from typing import Any
from uuid import uuid4

import pytest
from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/patients/v1/patients"


@pytest.mark.parametrize("family", ["Nguyễn", "王", "ibn Rušd", "van der Berg", "Ó Briain", "محمد", "Xu"])
async def test_names_survive(registry: Any, family: str) -> None:
    made = await registry.post({"names": [{"family": family}]})

    read = await registry.client.get(made.headers["location"], headers=registry.headers())

    assert read.json()["names"][0]["family"] == family


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"birth_date": "2999-01-01"}, "/birth_date"),
        ({"birth_date": "1980-02-30"}, "/birth_date"),
        ({"gender": "SECRET"}, "/gender"),
        ({"names": [{"family": "x" * 10_000}]}, "/names/0/family"),
        ({"names": [{"family": "a\u202eb"}]}, "/names/0/family"),
        ({"names": [{"family": "a\x07b"}]}, "/names/0/family"),
        ({"names": [{"family": "  "}]}, "/names/0/family"),
        ({"names": [{}]}, "/names/0"),
        ({"identifiers": [{"system": "not a uri", "value": "1"}]}, "/identifiers/0/system"),
        ({"ehr_id": "SECRET"}, "/ehr_id"),
        ({"names": [], "identifiers": []}, ""),
    ],
)
async def test_bad_input_names_the_field_and_not_the_value(
    registry: Any, person: dict[str, Any], change: dict[str, Any], pointer: str
) -> None:
    answer = await registry.post(person | change)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "SECRET" not in answer.text


async def test_without_a_token_nothing_is_answered(registry: Any, person: dict[str, Any]) -> None:
    for request in (
        registry.client.post(BASE, json=person),
        registry.client.get(f"{BASE}/{uuid4()}"),
        registry.client.post(f"{BASE}/_search", json={"name": "zoe"}),
    ):
        assert (await request).status_code == 401


async def test_role_and_scope_are_both_needed(registry: Any, person: dict[str, Any]) -> None:
    for role, scope in (("clinician", "user/Patient.cruds"), ("clerk", "user/Patient.r"), ("none", "")):
        answer = await registry.client.post(BASE, json=person, headers=registry.headers(role, scope))
        assert answer.status_code == 403


async def test_patients_see_themselves_only(registry: Any, person: dict[str, Any]) -> None:
    others = {"names": [{"family": "Stranger"}]}
    own, other = [(await registry.post(body)).json()["id"] for body in (person, others)]
    headers = registry.headers("patient", "patient/Patient.r", patient=own)

    assert (await registry.client.get(f"{BASE}/{own}", headers=headers)).status_code == 200
    for stranger in (other, str(uuid4())):
        assert (await registry.client.get(f"{BASE}/{stranger}", headers=headers)).status_code == 403


@pytest.mark.parametrize("path", ["nonsense", "{0}", "urn:uuid:{0}", "%7B{0}%7D"])
async def test_only_canonical_ids_name_a_patient(registry: Any, path: str) -> None:
    answer = await registry.client.get(f"{BASE}/{path.format(uuid4())}", headers=registry.headers())

    assert answer.status_code in (404, 422)


async def test_reading_searching_and_refusals_are_on_record(
    registry: Any, person: dict[str, Any], nats_server: NatsServer
) -> None:
    made = await registry.post(person)
    patient_id = made.json()["id"]
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await registry.client.get(made.headers["location"], headers=registry.headers())
        await registry.search({"identifier": person["identifiers"][0]})
        await registry.client.get(made.headers["location"], headers=registry.headers("none", ""))
        read = await catcher.wait_for(RecordRead, about(patient_id))
        queried = await catcher.wait_for(RecordQueried, about(patient_id))
        denied = await catcher.wait_for(RecordDenied, about(patient_id))

    assert (str(read.data.patient_id), read.envelope.authid) == (patient_id, "clerk-1")
    assert [str(found) for found in queried.data.patient_ids] == [patient_id]
    assert (str(denied.data.patient_id), denied.envelope.authid) == (patient_id, "none-1")
    assert person["identifiers"][0]["value"] not in str([event.body() for event in catcher.events])
