"""Every kind of answer that the registry gives in FHIR: PDQm, PIXm, `$merge`, history, refusals."""

from typing import Any, Final
from uuid import uuid4

from openward_cli.demo import people

from openward_testkit.clinic import CLERK
from openward_testkit.fhir_answers import FHIR_JSON, Answers, Json

_V2: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
SYSTEM: Final = "urn:example:mrn"
#: Without a role.
NOBODY: Final = "norbert"
_UNKNOWN: Final = {
    "url": "http://hl7.org/fhir/StructureDefinition/patient-unknownIdentity",
    "valueCodeableConcept": {
        "coding": [{"system": "http://hl7.org/fhir/patient-unknownIdentity", "code": "unknown"}]
    },
}


_PERIOD: Final = {"start": "2001-05", "end": "2019-12-31"}
_TELECOM: Final = {"system": "phone", "value": "+43 1 5123456", "use": "mobile", "rank": 1, "period": _PERIOD}
_ADDRESS: Final = {
    "use": "home",
    "type": "both",
    "line": ["Lane 1"],
    "city": "Town",
    "district": "D",
    "state": "S",
    "postalCode": "12345",
    "country": "AT",
    "period": _PERIOD,
}


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


_CONTACT: Final = {
    "relationship": [_coded("http://terminology.hl7.org/CodeSystem/v2-0131", "N")],
    "name": {"family": "Ash"},
    "telecom": [_TELECOM],
    "address": _ADDRESS,
    "gender": "other",
    "period": _PERIOD,
}
_EXTENSIONS: Final = (
    {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "Ash"},
    {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
        "valueCodeableConcept": _coded("http://hl7.org/fhir/gender-identity", "female"),
    },
)


def patient(**more: Any) -> Json:
    """With every element that the registry keeps."""
    somebody = people.somebody()
    named = somebody["names"][0]
    name = {"use": "official", "family": named["family"], "given": named["given"], "prefix": ["Dr."]}
    identifier = {"use": "official", "system": SYSTEM, "value": uuid4().hex, "type": _coded(_V2, "MR")}
    return {
        "resourceType": "Patient",
        "meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}]},
        "extension": list(_EXTENSIONS),
        "identifier": [identifier | {"period": {"start": "2001"}, "assigner": {"display": "A hospital"}}],
        "name": [name | {"suffix": ["Jr."], "period": {"start": "2001-05-06"}}],
        "telecom": [_TELECOM, {"system": "email", "value": "a@example.org"}],
        "gender": "female",
        "birthDate": somebody["birth_date"],
        "deceasedDateTime": "2026-11-01T08:30:00+01:00",
        "address": [_ADDRESS],
        "multipleBirthInteger": 2,
        "maritalStatus": _coded("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M"),
        "contact": [_CONTACT],
        "communication": [{"language": _coded("urn:ietf:bcp:47", "de-AT"), "preferred": True}],
        "generalPractitioner": [
            {"identifier": {"system": "urn:example:gp", "value": "7"}, "display": "Dr. G"}
        ],
        **more,
    }


def parameters(*entries: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(entries)}


async def sweep(answers: Answers) -> tuple[Json, Json]:
    """Two patients, of whom the first is merged into the second at the end."""
    await answers.ask("", "/metadata")
    one = await answers.ask(CLERK, "/Patient", 201, method="POST", resource=patient())
    other = await answers.ask(CLERK, "/Patient", 201, method="POST", resource=patient())
    one = await _read_and_written(answers, one)
    await _searched(answers, one, other)
    await _refused(answers, one)
    await _merged(answers, one, other)
    return one, other


async def _read_and_written(answers: Answers, one: Json) -> Json:
    at = f"/Patient/{one['id']}"
    changed = one | {
        "gender": "other",
        "extension": [*one["extension"], {"url": "urn:x", "valueString": "?"}],
    }
    match = {"If-Match": 'W/"1"', "Prefer": "return=OperationOutcome"}
    await answers.ask(CLERK, at, method="PUT", resource=changed, headers=match)
    for path in (f"{at}/_history", f"{at}/_history/1", f"{at}/_history/2"):
        await answers.ask(CLERK, path)
    unknown = {"resourceType": "Patient", "extension": [_UNKNOWN], "gender": "unknown"}
    await answers.ask(CLERK, "/Patient", 201, method="POST", resource=unknown)
    identifier = one["identifier"][0]
    where = {"If-None-Exist": f"identifier={SYSTEM}|{identifier['value']}"}
    await answers.ask(
        CLERK, "/Patient", method="POST", resource=patient(identifier=[identifier]), headers=where
    )
    params = {"identifier": f"{SYSTEM}|{uuid4().hex}"}
    new = patient(identifier=[{"system": SYSTEM, "value": params["identifier"].partition("|")[2]}])
    await answers.ask(CLERK, "/Patient", 201, method="PUT", params=params, resource=new)
    return await answers.ask(CLERK, at)


async def _searched(answers: Answers, one: Json, other: Json) -> None:
    family, birth = one["name"][0]["family"], one["birthDate"]
    identifier = f"{SYSTEM}|{one['identifier'][0]['value']}"
    await answers.ask(CLERK, "/Patient", params={"identifier": identifier})
    await answers.ask(CLERK, "/Patient/_search", method="POST", data={"family": family, "birthdate": birth})
    await answers.pages(CLERK, "/Patient", _id=f"{one['id']},{other['id']}", _count="1")
    await answers.ask(CLERK, "/Patient", params={"identifier": identifier, "_count": "0"})
    await answers.ask(CLERK, "/Patient", params={"identifier": f"{SYSTEM}|nobody's"})
    await answers.ask(CLERK, "/Patient/$match", method="POST", resource=one)
    probe = {"name": "resource", "resource": patient()}
    certain = {"name": "onlyCertainMatches", "valueBoolean": True}
    await answers.ask(CLERK, "/Patient/$match", method="POST", resource=parameters(probe, certain))
    await answers.ask(CLERK, "/Patient/$ihe-pix", params={"sourceIdentifier": identifier})
    nothing = {"sourceIdentifier": identifier, "targetSystem": SYSTEM}
    await answers.ask(CLERK, "/Patient/$ihe-pix", params=nothing)


async def _merged(answers: Answers, one: Json, other: Json) -> None:
    named = [
        {"name": f"{role}-patient", "valueReference": {"reference": f"Patient/{each['id']}"}}
        for role, each in (("source", one), ("target", other))
    ]
    preview = parameters(*named, {"name": "preview", "valueBoolean": True})
    await answers.ask(CLERK, "/Patient/$merge", method="POST", resource=preview)
    await answers.ask(CLERK, "/Patient/$merge", method="POST", resource=parameters(*named))
    await answers.ask(CLERK, f"/Patient/{one['id']}")
    await answers.ask(CLERK, f"/Patient/{other['id']}")
    await answers.ask(CLERK, "/Patient", params={"identifier": f"{SYSTEM}|{one['identifier'][0]['value']}"})
    await answers.ask(CLERK, "/Patient", params={"_id": one["id"]})
    base = answers.base
    source = {"sourceIdentifier": f"{base}|Patient/{one['id']}"}
    await answers.ask(CLERK, "/Patient/$ihe-pix", params=source)


async def _refused(answers: Answers, one: Json) -> None:
    """Each kind of refusal once, by its status."""
    at, taken = f"/Patient/{one['id']}", patient(identifier=[one["identifier"][0]])
    ask = answers.ask
    await ask(CLERK, "/Patient", 400, params={"birthdate": "yesterday"})
    await ask(CLERK, "/Patient", 400, params={"colour": "red"}, headers={"Prefer": "handling=strict"})
    await ask(CLERK, "/Patient", 400, method="POST", content="{", headers={"Content-Type": FHIR_JSON})
    await ask("", at, 401)
    await ask(NOBODY, at, 403)
    await ask(CLERK, "/Practitioner", 404)
    await ask(CLERK, "/Patient/nobody", 404)
    await ask(CLERK, at, 405, method="DELETE")
    await ask(CLERK, at, 406, headers={"Accept": "application/fhir+xml"})
    await ask(CLERK, at, 406, params={"_format": "xml"})
    await ask(CLERK, "/Patient", 409, method="POST", resource=taken)
    await ask(CLERK, at, 412, method="PUT", resource=one, headers={"If-Match": 'W/"1"'})
    await ask(
        CLERK, "/Patient", 415, method="POST", content="<Patient/>", headers={"Content-Type": "text/xml"}
    )
    await ask(CLERK, "/Patient", 422, method="POST", resource=patient(gender="green", photo=[{"title": "x"}]))
    await ask(CLERK, at, 428, method="PUT", resource=one)
    await ask(CLERK, "/Patient/$ihe-pix", 400, params={"sourceIdentifier": "urn:x|1"})
    await ask(CLERK, "/Patient/$ihe-pix", 404, params={"sourceIdentifier": f"{SYSTEM}|nobody's"})
