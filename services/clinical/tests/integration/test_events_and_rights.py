from typing import Any
from uuid import uuid4

import httpx
import pytest
from clinical.settings import Settings
from openward_cli.demo import vital_signs
from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_contracts.clinical import CompositionCreated, CompositionDeleted, CompositionUpdated, EhrCreated
from openward_testkit.events import EventCatcher, about
from openward_testkit.nats import NatsServer

BASE = "/api/clinical/v1/patients"
TIME = "2026-11-22T10:00:00Z"


async def test_every_commit_has_one_event_with_whoever_made_it(
    clinic: Any, settings: Settings, nats_server: NatsServer
) -> None:
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "CLINICAL").watching() as catcher,
    ):
        patient_id, ehr_id = await clinic.patient()
        written = await clinic.write(patient_id, vital_signs.flat(117.25, 80, TIME, composer="Ada"))
        uid = written.json()["version_uid"]
        await clinic.correct(patient_id, uid)
        last = await _delete_behind_our_back(settings, ehr_id, f"{uid[:-1]}2")
        created = await catcher.wait_for(EhrCreated, lambda e: str(e.data.ehr_id) == ehr_id)
        deleted = await catcher.wait_for(CompositionDeleted, lambda e: e.data.version_uid == last)
        own: list[Any] = [e for e in catcher.events if str(getattr(e.data, "ehr_id", "")) == ehr_id]

    assert [type(event.data) for event in own] == [
        EhrCreated,
        CompositionCreated,
        CompositionUpdated,
        CompositionDeleted,
    ]
    assert len({event.id for event in own}) == 4
    assert {str(event.data.patient_id) for event in own} == {patient_id}
    assert created.envelope.authid == "service:clinical"
    assert [event.envelope.authid for event in own[1:3]] == ["clinician-1", "clinician-1"]
    assert deleted.envelope.authid == "ehrbase:openward"
    assert own[1].data.template_id == vital_signs.TEMPLATE_ID
    assert "117.25" not in str([event.body() for event in own])


async def _delete_behind_our_back(settings: Settings, ehr_id: str, preceding: str) -> str:
    login = (settings.ehrbase_user, settings.ehrbase_password.get_secret_value())
    url = f"{settings.ehrbase_url}/rest/openehr/v1/ehr/{ehr_id}/composition/{preceding}"
    async with httpx.AsyncClient(timeout=60, auth=login) as ehrbase:
        assert (await ehrbase.delete(url)).status_code == 204
    return f"{preceding[:-1]}3"


async def test_reads_queries_and_refusals_are_on_record(clinic: Any, nats_server: NatsServer) -> None:
    patient_id, ehr_id = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    async with (
        await nats_server.connect("monitor") as nats,
        EventCatcher(nats, "ACCESS").watching() as catcher,
    ):
        await clinic.read(patient_id, uid)
        await clinic.query(patient_id, "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c")
        await clinic.read(patient_id, uid, **clinic.headers("clerk"))
        read = await catcher.wait_for(RecordRead, about(uid))
        queried = await catcher.wait_for(RecordQueried, about(ehr_id))
        denied = await catcher.wait_for(RecordDenied, about(patient_id))

    assert (read.data.version_uid, str(read.data.patient_id)) == (uid, patient_id)
    assert (queried.data.rows, [str(e) for e in queried.data.ehr_ids]) == (1, [ehr_id])
    assert (denied.data.resource, denied.data.action, str(denied.data.patient_id)) == (
        "composition",
        "read",
        patient_id,
    )
    assert denied.envelope.authid == "clerk-1"


async def test_a_composition_of_another_patient_is_not_found(clinic: Any) -> None:
    mine, _ = await clinic.patient()
    other, _ = await clinic.patient()
    uid = (await clinic.write(other)).json()["version_uid"]

    answers = [
        await clinic.read(mine, uid),
        await clinic.correct(mine, uid),
        await clinic.read(mine, str(uuid4())),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    problems = [answer.json() for answer in answers]
    assert len({(problem["code"], problem["detail"]) for problem in problems}) == 1


async def test_scopes_limit_by_template(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]
    other = clinic.headers(scope="user/composition-other.v1.crud")

    assert (await clinic.read(patient_id, uid, **other)).status_code == 404
    assert (await clinic.write(patient_id, **other)).status_code == 403
    assert (await clinic.correct(patient_id, uid, **other)).status_code == 403


async def test_a_correction_may_not_slip_into_another_template(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()
    uid = (await clinic.write(patient_id)).json()["version_uid"]

    answer = await clinic.client.put(
        f"{BASE}/{patient_id}/compositions/{uid.partition('::')[0]}",
        params={"template_id": "openward_vital_signs.v2", "format": "FLAT"},
        json={"vital_signs/a": 1},
        headers=clinic.headers(scope=f"user/composition-{vital_signs.TEMPLATE_ID}.crud") | {"If-Match": uid},
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")


async def test_a_write_that_may_not_be_shown_is_acknowledged(clinic: Any) -> None:
    patient_id, ehr_id = await clinic.patient()

    written = await clinic.client.post(
        f"/openehr/v1/ehr/{ehr_id}/composition",
        params={"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"},
        json=vital_signs.flat(111, 70, TIME, composer="Ada"),
        headers=clinic.headers(scope="user/composition-*.c") | {"Prefer": "return=representation"},
    )

    assert (written.status_code, written.content) == (204, b"")
    assert (await clinic.read(patient_id, written.headers["etag"].strip('"'))).status_code == 200


async def test_an_ehr_of_another_patient_is_not_found(clinic: Any) -> None:
    mine, _ = await clinic.patient()
    _, other_ehr = await clinic.patient()
    patient = clinic.headers("patient", "patient/Patient.r", patient=mine)

    answers = [
        await clinic.client.get(f"/openehr/v1/ehr/{ehr_id}", headers=patient)
        for ehr_id in (other_ehr, uuid4())
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({answer.json()["code"] for answer in answers}) == 1


async def test_a_query_sees_one_patient(clinic: Any) -> None:
    mine, my_ehr = await clinic.patient()
    other, other_ehr = await clinic.patient()
    uid = (await clinic.write(mine)).json()["version_uid"]
    await clinic.write(other)

    found = await clinic.query(mine, "SELECT c/uid/value, e/ehr_id/value FROM EHR e CONTAINS COMPOSITION c")
    foreign = await clinic.query(
        mine, f"SELECT c FROM EHR e[ehr_id/value='{other_ehr}'] CONTAINS COMPOSITION c"
    )
    hidden = await clinic.query(mine, "SELECT c/uid/value FROM COMPOSITION c-- CONTAINS EHR e")
    second = await clinic.query(mine, "SELECT c/uid/value FROM EHR e CONTAINS EHR f CONTAINS COMPOSITION c")

    assert found.json()["rows"] == [[uid, my_ehr]]
    assert foreign.json()["rows"] == []
    assert hidden.json()["rows"] == [[uid]]
    assert (second.status_code, second.json()["code"]) == (403, "query-not-bound")


async def test_what_is_wrong_with_a_query_has_a_line_and_a_column(clinic: Any) -> None:
    patient_id, _ = await clinic.patient()

    problem = (await clinic.query(patient_id, "SELECT c\nFROM EHR e WHERE")).json()

    assert (problem["code"], problem["line"], problem["column"]) == ("query-unreadable", 2, 17)


@pytest.mark.parametrize("q", ["SELECT", "SELECT c FROM EHR e CONTAINS COMPOSITION c WHERE (", "DROP TABLE"])
async def test_a_query_that_cannot_be_read_is_refused(clinic: Any, q: str) -> None:
    patient_id, _ = await clinic.patient()
    await clinic.write(patient_id)

    assert (await clinic.query(patient_id, q)).status_code in (400, 403)


@pytest.mark.parametrize("base", ["/openehr/v1", "/ehrbase/rest/openehr/v1"])
async def test_openehr_clients_find_their_paths(clinic: Any, base: str) -> None:
    patient_id, ehr_id = await clinic.patient()
    await clinic.write(patient_id)
    headers, params = clinic.headers(), {"format": "FLAT", "template_id": vital_signs.TEMPLATE_ID}
    body = vital_signs.flat(111, 70, TIME, composer="Ada")
    path = f"{base}/ehr/{ehr_id}/composition"

    ehr = await clinic.client.get(f"{base}/ehr/{ehr_id}", headers=headers)
    made = await clinic.client.post(path, params=params, json=body, headers=headers)
    read = await clinic.client.get(made.headers["location"], params=params, headers=headers)
    put = await clinic.client.put(
        made.headers["location"],
        params=params,
        json=body,
        headers=headers | {"If-Match": made.headers["etag"], "Prefer": "return=representation"},
    )
    asked = await clinic.client.post(
        f"{base}/query/aql",
        headers=headers,
        json={
            "q": "SELECT c/uid/value FROM EHR e[ehr_id/value=$e] CONTAINS COMPOSITION c",
            "query_parameters": {"e": ehr_id},
        },
    )
    everybody = await clinic.client.post(
        f"{base}/query/aql",
        headers=headers,
        json={"q": "SELECT c/uid/value FROM EHR e CONTAINS COMPOSITION c"},
    )
    deleted = await clinic.client.delete(f"{path}/{put.headers['etag'].strip(chr(34))}", headers=headers)

    assert ehr.json()["ehr_id"]["value"] == ehr_id
    assert made.status_code == 204
    assert made.headers["location"].startswith(f"{clinic.origin}{base}/")
    assert read.status_code == 200
    assert put.status_code == 200
    assert len(asked.json()["rows"]) == 2
    assert everybody.status_code == 200
    assert deleted.status_code == 204
