"""How the facade answers: media types, outcomes, and capabilities that are true."""

import json
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from fastapi.routing import APIRoute
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from openward_contracts.fhir_view import read_view
from openward_contracts.problem import FieldProblem, Problem, problem_type
from openward_servicekit.fhir.media import FormatNotSupported, media_type
from patients.api import fhir
from patients.api.fhir.capability import capability_statement
from patients.api.fhir.criteria import asked
from patients.api.fhir.moments import date_time
from patients.api.fhir.names import fhir_path

FHIR_JSON, JSON = "application/fhir+json", "application/json"


@pytest.mark.parametrize(
    ("accept", "wanted", "chosen"),
    [
        (None, None, FHIR_JSON),
        ("*/*", None, FHIR_JSON),
        ("application/json", None, JSON),
        ("application/json, application/fhir+json;q=0.9", None, FHIR_JSON),
        ("application/fhir+json; fhirVersion=4.0", None, FHIR_JSON),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", None, FHIR_JSON),
        ("application/xml", "json", FHIR_JSON),
        (None, "application/fhir json", FHIR_JSON),
    ],
)
def test_json_is_answered_under_the_name_that_was_asked_for(
    accept: str | None, wanted: str | None, chosen: str
) -> None:
    assert media_type(accept, wanted) == chosen


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/fhir+xml", None),
        ("text/html", None),
        (None, "xml"),
        ("application/json", "application/fhir+xml"),
        ("application/fhir+json; fhirVersion=3.0", None),
        ("application/json;q=0", None),
    ],
)
def test_nothing_else_is(accept: str | None, wanted: str | None) -> None:
    with pytest.raises(FormatNotSupported):
        media_type(accept, wanted)


def rendered(status: int, code: str, *errors: FieldProblem, **more: Any) -> Any:
    problem = Problem(
        type=problem_type(code), title="x", status=status, code=code, detail="Said.", errors=errors, **more
    )
    outcome = json.loads(fhir.RENDERING.body(problem))
    assert fhirkit.validate(outcome) == []
    return outcome["issue"]


@pytest.mark.parametrize(
    ("status", "slug", "code"),
    [
        (401, "token-missing", "login"),
        (403, "permission-denied", "forbidden"),
        (404, "patient-not-found", "not-found"),
        (409, "identifier-taken", "duplicate"),
        (412, "version-mismatch", "conflict"),
        (412, "several-matches", "multiple-matches"),
        (422, "resource-invalid", "processing"),
        (428, "if-match-required", "required"),
        (500, "internal-error", "exception"),
        (503, "registry-busy", "transient"),
    ],
)
def test_a_problem_is_an_issue_of_its_kind(status: int, slug: str, code: str) -> None:
    (issue,) = rendered(status, slug)

    assert (issue["severity"], issue["code"], issue["diagnostics"]) == ("error", code, "Said.")
    assert issue["details"]["coding"] == [{"system": "urn:openward:problem", "code": slug}]


def test_each_field_is_an_issue_with_its_place() -> None:
    _, body, query = rendered(
        422,
        "resource-invalid",
        FieldProblem(pointer="/identifiers/0/value", code="check-digit", detail="x"),
        FieldProblem(path="birthdate", code="value", detail="x"),
    )

    assert (body["code"], body["expression"]) == ("business-rule", ["Patient.identifier[0].value"])
    assert query["expression"] == ["http.birthdate"]


def test_candidates_are_ids_with_their_grades() -> None:
    candidate = {"patient_id": "3f0e7c1a-52a5-4e8e-9c07-5b3a1e9d7f10", "mrn": "13", "grade": "probable"}

    _, issue = rendered(409, "possible-duplicate", candidates=[candidate])

    assert [each["code"] for each in issue["details"]["coding"]] == [
        "urn:uuid:3f0e7c1a-52a5-4e8e-9c07-5b3a1e9d7f10",
        "probable",
    ]


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("", "Patient"),
        ("/names/0/family", "Patient.name[0].family"),
        ("/address/1/line/0", "Patient.address[1].line[0]"),
        ("/address/0/postal_code", "Patient.address[0].postalCode"),
        ("/name/0/Zoë O'Neill/x", "Patient.name[0]"),
    ],
)
def test_a_place_is_fhirpath_as_far_as_it_has_names(pointer: str, path: str) -> None:
    assert fhir_path(pointer) == path


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1980-02", "1980-02"),
        ("2020-01-01T10:00:00+01:00", "2020-01-01T10:00:00+01:00"),
        ("2020-01-01T10:00+01:00", "2020-01-01T09:00:00+00:00"),
    ],
)
def test_times_have_seconds_in_fhir(text: str, written: str) -> None:
    assert date_time(text) == written


STATEMENT = capability_statement("https://openward.test/fhir/r4", read_view())
PATIENT = STATEMENT["rest"][0]["resource"][0]
ROUTES = {
    (method, route.path.removeprefix("/fhir/r4"))
    for router in fhir.routers()
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}


def test_the_capability_statement_is_one() -> None:
    assert fhirkit.validate(STATEMENT) == []
    CapabilityStatement.model_validate(STATEMENT)


def test_it_names_every_interaction_and_operation_that_there_is_and_no_other() -> None:
    interactions = {
        "read": ("GET", "/Patient/{patient_id}"),
        "vread": ("GET", "/Patient/{patient_id}/_history/{version_id}"),
        "history-instance": ("GET", "/Patient/{patient_id}/_history"),
        "update": ("PUT", "/Patient/{patient_id}"),
        "create": ("POST", "/Patient"),
        "search-type": ("GET", "/Patient"),
    }
    told = {interactions[each["code"]] for each in PATIENT["interaction"]}
    told |= {("POST", f"/Patient/${each['name']}") for each in PATIENT["operation"]}
    conditional = {("PUT", "/Patient")}
    other = {("GET", "/metadata"), ("POST", "/Patient/_search"), ("GET", "/Patient/$ihe-pix")}

    assert told | conditional | other == ROUTES


def test_it_names_the_search_parameters_that_are_understood() -> None:
    values = {"active": "true", "gender": "male", "birthdate": "1980", "telecom": "1"}
    pairs = [(each["name"], values.get(each["name"], "x")) for each in PATIENT["searchParam"]]

    assert asked(pairs).unknown == ()
    assert {name for name, _ in pairs} >= {
        "_id", "active", "family", "given", "identifier", "telecom", "birthdate", "address", "address-city",
        "address-country", "address-postalcode", "address-state", "gender", "mothersMaidenName",
    }  # fmt: skip


def test_it_tells_what_the_mapping_file_shows_of_the_clinical_record(tmp_path: Path) -> None:
    kinds = [each["type"] for each in STATEMENT["rest"][0]["resource"]]
    assert kinds == ["Patient", "Observation", "Encounter"]
    other = tmp_path / "view.toml"
    other.write_text("")
    observation = capability_statement("https://x.test/fhir/r4", read_view(other))["rest"][0]["resource"][1]
    assert "supportedProfile" not in observation


def test_it_does_not_promise_xml_or_deletion() -> None:
    assert STATEMENT["format"] == ["json", "application/fhir+json"]
    assert PATIENT["conditionalDelete"] == "not-supported"
