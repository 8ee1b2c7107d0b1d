"""Observations and Encounters in FHIR R4, on a real EHRbase: what is shown, to whom, and what is not."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import fhirkit
import httpx
import pytest
from clinical.settings import Settings
from fhir.resources.R4B.bundle import Bundle
from openward_cli.demo import vital_signs

BASE = "/api/clinical/v1/patients"
FHIR = "/fhir/r4"
SCOPE = "user/composition-*.crud user/Encounter.cruds user/Observation.rs"
LOINC = "http://loinc.org"
AT = "2026-11-22T10:00:00Z"
_FLAT = {"template_id": vital_signs.TEMPLATE_ID, "format": "FLAT"}


class Viewer:
    """Who records about one patient, and reads it as FHIR."""

    def __init__(self, clinic: Any, patient: tuple[str, str], *, headers: Any = None) -> None:
        self.clinic, (self.patient_id, self.ehr_id) = clinic, patient
        self.client: httpx.AsyncClient = clinic.client
        self.headers = headers or clinic.headers(scope=SCOPE)

    async def write(
        self, at: str = AT, *, encounter: str | None = None, values: Mapping[str, Any] | None = None
    ) -> str:
        body = {**vital_signs.flat(120, 80, at, composer="Ada"), **(values or {})}
        answer = await self.client.post(
            f"{BASE}/{self.patient_id}/compositions",
            params=_FLAT | ({"encounter_id": encounter} if encounter else {}),
            json=body,
            headers=self.headers,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["version_uid"])

    async def open(self, **body: Any) -> str:
        url = f"{BASE}/{self.patient_id}/encounters"
        answer = await self.client.post(url, json={"encounter_class": "AMB", **body}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["encounter_id"])

    async def ask(self, path: str, expected: int = 200, /, **params: Any) -> Any:
        more = params.pop("headers", {})
        answer = await self.client.get(f"{FHIR}/{path}", params=params, headers=self.headers | more)
        assert answer.status_code == expected, answer.text
        assert answer.headers["content-type"] == "application/fhir+json"
        resource = answer.json()
        assert fhirkit.validate(resource) == []
        return resource

    async def found(self, kind: str = "Observation", **params: Any) -> list[dict[str, Any]]:
        bundle = await self.ask(kind, patient=self.patient_id, **params)
        Bundle.model_validate(bundle)
        return [entry["resource"] for entry in bundle.get("entry", ())]

    async def codes(self, **params: Any) -> list[str]:
        return [each["code"]["coding"][0]["code"] for each in await self.found(**params)]


@pytest.fixture
async def viewer(clinic: Any) -> Viewer:
    return Viewer(clinic, await clinic.patient())


def issues(outcome: Any) -> list[tuple[str, str]]:
    assert outcome["resourceType"] == "OperationOutcome"
    return [(each["code"], each["details"]["coding"][0]["code"]) for each in outcome["issue"]]


def check_vital_sign(resource: dict[str, Any]) -> None:
    """What the vital signs profile of R4 asks for (StructureDefinition/vitalsigns and those of it)."""
    assert resource["status"] in {"registered", "preliminary", "final", "amended"}
    categories = {(c["system"], c["code"]) for each in resource["category"] for c in each["coding"]}
    assert ("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs") in categories
    assert any(coding["system"] == LOINC for coding in resource["code"]["coding"])
    assert resource["subject"]["reference"].startswith("Patient/")
    assert "T" in resource["effectiveDateTime"]
    for part in resource.get("component", [resource]):
        assert "dataAbsentReason" in part or any(name.startswith("value") for name in part)
        if quantity := part.get("valueQuantity"):
            assert quantity["system"] == "http://unitsofmeasure.org"
            assert quantity["code"] in {"mm[Hg]", "/min", "Cel", "[degF]", "%", "kg", "g", "cm"}
            assert quantity["unit"]


async def test_vital_signs_are_observations_of_their_profiles(viewer: Viewer) -> None:
    visit = await viewer.open()
    uid = await viewer.write(encounter=visit)
    found = await viewer.found()

    assert [each["meta"]["profile"][0].rpartition("/")[2] for each in found] == [
        *("bp", "heartrate", "bodytemp", "resprate", "oxygensat")
    ]
    for each in found:
        check_vital_sign(each)
        assert each["subject"] == {"reference": f"Patient/{viewer.patient_id}"}
        assert each["encounter"] == {"reference": f"Encounter/{visit}"}
        assert each["identifier"] == [{"system": "urn:openward:composition-version", "value": uid}]
        assert datetime.fromisoformat(each["effectiveDateTime"]) == datetime.fromisoformat(AT)
        assert each["meta"]["versionId"].startswith("1-")
    pressure, pulse, temperature, _, oxygen = found
    components = {each["code"]["coding"][0]["code"]: each for each in pressure["component"]}
    quantity = {"unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    for code, number in (("8480-6", 120), ("8462-4", 80)):
        assert components[code]["valueQuantity"] == {"value": number} | quantity
    assert pressure["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "33586001"
    assert pulse["valueQuantity"]["value"] == 72
    assert (temperature["valueQuantity"]["value"], temperature["valueQuantity"]["code"]) == (36.8, "Cel")
    assert {coding["code"] for coding in oxygen["code"]["coding"]} == {"2708-6", "59408-5"}
    assert (oxygen["valueQuantity"]["value"], oxygen["valueQuantity"]["code"]) == (98, "%")


async def test_an_observation_is_read_by_its_id_and_changes_with_its_composition(viewer: Viewer) -> None:
    uid = await viewer.write()
    pressure = (await viewer.found(code="85354-9"))[0]
    assert await viewer.ask(f"Observation/{pressure['id']}") == pressure
    answer = await viewer.client.get(f"{FHIR}/Observation/{pressure['id']}", headers=viewer.headers)
    assert answer.headers["etag"] == f'W/"{pressure["meta"]["versionId"]}"'
    assert answer.headers["cache-control"] == "no-store"
    known = viewer.headers | {"If-None-Match": answer.headers["etag"]}
    again = await viewer.client.get(f"{FHIR}/Observation/{pressure['id']}", headers=known)
    assert (again.status_code, again.content) == (304, b"")

    visit = await viewer.open()
    place = f"{BASE}/{viewer.patient_id}/encounters/{visit}/compositions/{uid[:36]}"
    await viewer.client.put(place, headers=viewer.headers)
    moved = await viewer.client.get(f"{FHIR}/Observation/{pressure['id']}", headers=known)
    assert moved.json()["encounter"] == {"reference": f"Encounter/{visit}"}

    await viewer.client.put(
        f"{BASE}/{viewer.patient_id}/compositions/{uid[:36]}",
        params=_FLAT,
        json=vital_signs.flat(133, 80, AT, composer="Ada"),
        headers=viewer.headers | {"If-Match": f'"{uid}"'},
    )
    corrected = await viewer.ask(f"Observation/{pressure['id']}")
    assert corrected["meta"]["versionId"].startswith("2-")
    assert corrected["component"][0]["valueQuantity"]["value"] == 133

    last = viewer.headers | {"If-Match": f'"{uid[:-1]}2"'}
    await viewer.client.delete(f"{BASE}/{viewer.patient_id}/compositions/{uid[:36]}", headers=last)
    assert issues(await viewer.ask(f"Observation/{pressure['id']}", 404)) == [
        ("not-found", "observation-not-found")
    ]
    assert await viewer.found() == []


async def test_searches_narrow_by_what_they_say(viewer: Viewer) -> None:
    visit = await viewer.open()
    await viewer.write("2026-11-20T08:30:00Z")
    await viewer.write("2026-11-21T08:30:00Z", encounter=visit)
    codes = viewer.codes
    assert await codes(code="8867-4") == ["8867-4"] * 2
    assert await codes(code=f"{LOINC}|8867-4,{LOINC}|8310-5", date="2026-11-21") == ["8867-4", "8310-5"]
    assert await codes(code="|8867-4") == []
    assert await codes(code="http://snomed.info/sct|8867-4") == []
    assert await codes(code=["8867-4", "8310-5"]) == []
    assert len(await codes(category="vital-signs")) == 10
    assert await codes(category="laboratory") == []
    assert len(await codes(status="final")) == 10
    assert await codes(status="amended") == []
    assert len(await codes(encounter=f"Encounter/{visit}")) == 5
    assert await codes(encounter=str(uuid4())) == []
    pulse = {"code": "8867-4"}
    for date, count in {
        "2026-11": 2,
        "ge2026-11-21": 1,
        "gt2026-11-20": 1,
        "lt2026-11-21": 1,
        "le2026-11-21": 2,
        "sa2026-11-20T08:30": 1,
        "eb2026-11-21T08:30:00Z": 1,
        "2026-11-20T09:30:00+01:00": 1,
        "2027": 0,
    }.items():
        assert len(await codes(**pulse, date=date)) == count, date
    assert len(await codes(**pulse, date=["ge2026-11-20", "lt2026-11-21"])) == 1
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    assert len(await codes(_lastUpdated=f"ge{hour_ago}")) == 10
    assert await codes(_lastUpdated=f"lt{hour_ago}") == []
    ids = [each["id"] for each in await viewer.found(**pulse)]
    assert [each["id"] for each in await viewer.found(_id=",".join(ids))] == ids
    [entry] = (await viewer.ask("Observation", _id=ids[1]))["entry"]
    assert entry["resource"]["id"] == ids[1]


async def test_bundles_come_page_by_page(viewer: Viewer) -> None:
    for day in (20, 21, 22):
        await viewer.write(f"2026-11-{day}T08:00:00Z")
    whole = await viewer.ask("Observation", subject=f"Patient/{viewer.patient_id}")
    assert whole["total"] == 15
    seen: list[str] = []
    url = f"http://openward.test{FHIR}/Observation?patient={viewer.patient_id}&_count=4"
    sizes = []
    while url:
        answer = await viewer.client.get(url.removeprefix("http://openward.test"), headers=viewer.headers)
        bundle = answer.json()
        assert fhirkit.validate(bundle) == []
        sizes.append(len(bundle["entry"]))
        seen += [entry["fullUrl"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert sizes == [4, 4, 4, 3]
    assert seen == [entry["fullUrl"] for entry in whole["entry"]]
    assert seen[0].startswith(f"http://openward.test{FHIR}/Observation/")
    for only in ({"_count": 0}, {"_summary": "count", "headers": {"Prefer": "handling=strict"}}):
        counted = await viewer.ask("Observation", patient=viewer.patient_id, **only)
        assert (counted["total"], len(counted["link"]), counted.get("entry")) == (15, 1, None)


async def test_what_loses_something_is_not_shown(viewer: Viewer) -> None:
    root = "vital_signs"
    await viewer.write(
        values={
            f"{root}/body_temperature/any_event:0/temperature|magnitude_status": "~",
            f"{root}/respiration/any_event:0/rate|magnitude_status": ">",
            f"{root}/pulse_oximetry/any_event:0/spo2|normal_status": "L",
        }
    )
    found = {each["code"]["coding"][0]["code"]: each for each in await viewer.found()}
    assert found.keys() == {"85354-9", "8867-4", "9279-1", "2708-6"}
    assert found["9279-1"]["valueQuantity"]["comparator"] == ">"
    assert found["2708-6"]["interpretation"][0]["coding"][0]["code"] == "L"


async def test_every_event_is_an_observation(viewer: Viewer) -> None:
    root = "vital_signs/pulse/any_event:1"
    await viewer.write(
        values={
            f"{root}/rate|magnitude": 90,
            f"{root}/rate|unit": "/min",
            f"{root}/time": "2026-11-22T11:00:00Z",
        }
    )
    found = await viewer.found(code="8867-4")
    assert [each["valueQuantity"]["value"] for each in found] == [72, 90]
    assert len({each["id"] for each in found}) == 2
    assert [each["effectiveDateTime"][11:13] for each in found] == ["10", "11"]


async def test_a_version_that_is_not_complete_is_preliminary(viewer: Viewer) -> None:
    answer = await viewer.client.post(
        f"/openehr/v1/ehr/{viewer.ehr_id}/composition",
        params={"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"},
        json=vital_signs.flat(120, 80, AT, composer="Ada"),
        headers=viewer.headers | {"openehr-version": 'lifecycle_state.code_string="553"'},
    )
    assert answer.status_code == 204, answer.text
    assert {each["status"] for each in await viewer.found()} == {"preliminary"}
    assert await viewer.found(status="final") == []


async def test_a_version_written_past_this_service_is_unknown(viewer: Viewer, settings: Settings) -> None:
    await viewer.write()
    login = settings.ehrbase_user, settings.ehrbase_password.get_secret_value()
    body = vital_signs.flat(121, 80, AT, composer="Ben")
    url = f"{settings.ehrbase_url}/rest/openehr/v1/ehr/{viewer.ehr_id}/composition"
    params = {"templateId": vital_signs.TEMPLATE_ID, "format": "FLAT"}
    async with httpx.AsyncClient(auth=login, timeout=60) as ehrbase:
        assert (await ehrbase.post(url, params=params, json=body)).is_success
    statuses = [each["status"] for each in await viewer.found(code="85354-9")]
    assert sorted(statuses) == ["final", "unknown"]


async def test_encounters_are_told_with_all_that_they_hold(viewer: Viewer) -> None:
    start = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    one = await viewer.open(
        encounter_class="IMP",
        at=start.isoformat(),
        reason={"text": "chest pain", "code": "29857009", "system": "http://snomed.info/sct"},
        participants=[{"type": "ATND", "id": "dr-7", "display": "Dr. Ito"}],
        location={"id": "3b", "display": "Ward 3"},
    )
    planned = await viewer.open(status="planned", at=(start + timedelta(days=9)).isoformat())
    encounter = await viewer.ask(f"Encounter/{one}")
    assert datetime.fromisoformat(encounter["period"]["start"]) == start
    assert encounter["participant"][0]["individual"] == {
        "identifier": {"value": "dr-7"},
        "display": "Dr. Ito",
    }
    assert encounter["location"] == [{"location": {"identifier": {"value": "3b"}, "display": "Ward 3"}}]
    assert encounter["class"]["code"] == "IMP"
    assert encounter["reasonCode"][0]["coding"][0]["code"] == "29857009"
    later = (await viewer.ask(f"Encounter/{planned}"))["period"]
    assert datetime.fromisoformat(later["start"]) == start + timedelta(days=9)

    async def ids(**params: Any) -> set[str]:
        return {each["id"] for each in await viewer.found("Encounter", **params)}

    assert await ids() == {one, planned}
    assert await ids(status="planned") == {planned}
    assert await ids(status="http://hl7.org/fhir/encounter-status|in-progress,finished") == {one}
    assert await ids(**{"class": "IMP"}) == {one}
    assert await ids(**{"class": "nonsense"}) == set()
    assert await ids(date=f"ge{(start + timedelta(days=5)).date()}", status="planned") == {planned}
    assert await ids(date=f"lt{start.date()}") == set()
    assert await ids(_id=f"{one},{uuid4()}") == {one}
    match = viewer.headers | {"If-Match": '"1"'}
    await viewer.client.post(f"{BASE}/{viewer.patient_id}/encounters/{one}/close", json={}, headers=match)
    closed = await viewer.ask(f"Encounter/{one}")
    assert (closed["status"], closed["meta"]["versionId"][:2]) == ("finished", "2-")
    assert closed["meta"]["lastUpdated"] > encounter["meta"]["lastUpdated"]


async def test_merged_patients_are_one_subject(clinic: Any) -> None:
    source, survivor = Viewer(clinic, await clinic.patient()), Viewer(clinic, await clinic.patient())
    visit = await source.open()
    await source.write(encounter=visit)
    await survivor.write("2026-11-21T10:00:00Z")
    people = (source.patient_id, source.ehr_id), (survivor.patient_id, survivor.ehr_id)
    await clinic.merge(*people)
    async with asyncio.timeout(60):
        while len(await survivor.found(code="8867-4")) < 2:
            await asyncio.sleep(0.1)
    subject = {"reference": f"Patient/{survivor.patient_id}"}
    for viewer in (source, survivor):
        found = [*await viewer.found(), *await viewer.found("Encounter")]
        assert len(found) == 11
        assert all(each["subject"] == subject for each in found)
    assert (await survivor.ask(f"Encounter/{visit}"))["subject"] == subject


@pytest.mark.parametrize(
    ("path", "params", "status", "code", "slug"),
    [
        ("Observation", {}, 400, "required", "parameter-invalid"),
        ("Observation", {"patient": "a,b", "date": "yesterday"}, 400, "invalid", "parameter-invalid"),
        ("Observation", {"patient:Patient": "x"}, 400, "invalid", "parameter-invalid"),
        ("Observation", {"patient.name": "x"}, 400, "invalid", "parameter-invalid"),
        ("Observation", {"patient": "x", "_count": "-1"}, 400, "invalid", "parameter-invalid"),
        ("Observation", {"patient": "x", "_sort": "code"}, 400, "invalid", "parameter-invalid"),
        ("Observation", {"patient": str(uuid4()), "_cursor": "x"}, 400, "invalid", "cursor-invalid"),
        ("Observation/x", {}, 404, "not-found", "observation-not-found"),
        ("Observation/x/y", {}, 404, "not-found", "not-found"),
        (f"Observation/{UUID(int=1)}.0.0", {}, 404, "not-found", "observation-not-found"),
        ("Encounter/x", {}, 404, "not-found", "encounter-not-found"),
        (f"Encounter/{UUID(int=1)}", {}, 404, "not-found", "encounter-not-found"),
        ("Encounter", {"date": "2026-13"}, 400, "invalid", "parameter-invalid"),
        ("Encounter", {"_format": "xml"}, 406, "not-supported", "format-not-supported"),
    ],
)
async def test_what_cannot_be_is_an_outcome(
    viewer: Viewer, path: str, params: dict[str, str], status: int, code: str, slug: str
) -> None:
    first, *rest = issues(await viewer.ask(path, status, **params))
    assert first[1] == slug
    assert code in {first[0], *(each[0] for each in rest)}


async def test_unknown_parameters_are_ignored_unless_handling_is_strict(viewer: Viewer) -> None:
    await viewer.write()
    bundle = await viewer.ask("Observation", patient=viewer.patient_id, colour="red")
    assert (len(bundle["entry"]), "colour" in bundle["link"][0]["url"]) == (5, False)
    strict = {"Prefer": "handling=strict"}
    refused = await viewer.ask("Observation", 400, patient=viewer.patient_id, colour="red", headers=strict)
    assert issues(refused)[0] == ("invalid", "parameter-unknown")
    assert await viewer.found(headers=strict) == await viewer.found()
    assert (await viewer.ask("Observation", patient=str(uuid4())))["total"] == 0


async def test_forms_keep_parameters_out_of_addresses(viewer: Viewer) -> None:
    await viewer.write()
    for kind, count in (("Observation", 5), ("Encounter", 0)):
        answer = await viewer.client.post(
            f"{FHIR}/{kind}/_search", data={"patient": viewer.patient_id}, headers=viewer.headers
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == count


async def test_only_who_may_sees_anything(viewer: Viewer, clinic: Any) -> None:
    await viewer.write()
    observation, visit = (await viewer.found())[0]["id"], await viewer.open()
    person = viewer.patient_id, viewer.ehr_id
    other_template = clinic.headers(scope="user/composition-labs.r user/Observation.rs")
    labs = Viewer(clinic, person, headers=other_template)
    assert await labs.found() == []
    await labs.ask(f"Observation/{observation}", 404)
    no_scope = Viewer(clinic, person, headers=clinic.headers(scope="user/composition-*.crud"))
    for path in ("Observation", "Encounter", f"Observation/{observation}", f"Encounter/{visit}"):
        assert issues(await no_scope.ask(path, 403, patient=viewer.patient_id))[0][0] == "forbidden"
    scope = "patient/composition-*.r patient/Observation.rs patient/Encounter.rs"
    own = Viewer(clinic, person, headers=clinic.headers("patient", scope, patient=viewer.patient_id))
    assert len(await own.found()) == 5
    assert len(await own.found("Encounter")) == 1
    await own.ask("Encounter", 403)
    foreign = Viewer(clinic, person, headers=clinic.headers("patient", scope, patient=str(uuid4())))
    await foreign.ask("Observation", 403, patient=viewer.patient_id)
    for path in (f"Observation/{observation}", f"Encounter/{visit}"):
        await foreign.ask(path, 404)
