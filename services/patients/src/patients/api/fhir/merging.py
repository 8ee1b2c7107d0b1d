"""`Patient/$merge` as FHIR R5 has it (patient-operation-merge.html), done at once, on reversible merges."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.errors import FieldError
from openward_servicekit.fhir.answering import Wished, answers, encoded, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.fhir.outcome import issue, outcome
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.routing import api_router

from patients.api.dependencies import IdempotencyKey, Merger, Services, WhyChanged
from patients.api.fhir.bodies import PARAMETERS_SCHEMA, ResourceBody
from patients.api.fhir.conditions import SeveralMatches, of_identifier
from patients.api.fhir.incoming import ElementNotSupported, read_patient
from patients.api.fhir.outgoing import patient_resource
from patients.api.fhir.parameters import Given, missing, parameters
from patients.api.fhir.parts import Element
from patients.domain.errors import PatientNotFound
from patients.domain.merges.merge import MergeRequest
from patients.domain.patient import Patient
from patients.service.cross_referencing import Token
from patients.service.patients import Patients

router = api_router(BASE, tags=["fhir"])

MERGED = "Merged through FHIR's $merge."


@router.post("/Patient/$merge", responses=answers(PARAMETERS_SCHEMA, 200))
async def fhir_merge_patients(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Merger,
    resource: ResourceBody,
    services: Services,
    request: Request,
    wish: Wished,
    why: WhyChanged,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """source-patient, target-patient (or -identifier), preview. The same merge again is answered as before.

    No value is copied, so a result-patient is taken only if it is the target as it is.
    """
    given = Given(resource)
    source, target = [await _named(services, caller, given, role) for role in ("source", "target")]
    _check_result(given, target)

    async def perform() -> StoredAnswer:
        result = await _merged(services, caller, source, target, why.reason or MERGED)
        return StoredAnswer(200, {"Content-Type": wish.media_type}, encoded(_output(resource, result)))

    if given.one("preview", "valueBoolean", bool):
        found = await services.merges.preview(caller, source.id, target.id)
        doubts = [
            issue("warning", "business-rule", doubt.value, "See the registry's merge preview.")
            for doubt in found.doubts
        ]
        return resource_response(_output(resource, patient_resource(found.target), doubts), wish)
    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.url.path, request.url.query, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


async def _named(services: Patients, caller: Principal, given: Given, role: str) -> Patient:
    """By reference or by identifier. Raises PatientNotFound, SeveralMatches, ResourceInvalid."""
    reference = given.one(f"{role}-patient", "valueReference", dict)
    identifiers = [of_identifier(each) for each in given.all(f"{role}-patient-identifier", "valueIdentifier")]
    if (reference is None) == (not identifiers) or None in identifiers:
        raise missing(f"either {role}-patient or {role}-patient-identifier")
    if reference is not None:
        patient_id = _referenced(reference, services.fhir_base)
        return _one([*(await services.cross_references.named(caller, [patient_id])).values()])
    return await _with_all(services, caller, [each for each in identifiers if each])


async def _with_all(services: Patients, caller: Principal, identifiers: Sequence[Token]) -> Patient:
    """Several identifiers name one patient, who has them all (patient-operation-merge.html)."""
    first, *others = [await services.cross_references.holders(caller, each) for each in identifiers]
    shared = set.intersection({each.id for each in first}, *({each.id for each in more} for more in others))
    return _one([patient for patient in first if patient.id in shared])


def _one(found: Sequence[Patient]) -> Patient:
    if not found:
        raise PatientNotFound
    if len(found) > 1:
        raise SeveralMatches
    return found[0]


def _referenced(reference: Mapping[str, Any], base: str) -> PatientId:
    text = str(reference.get("reference", "")).removeprefix(f"{base}/").removeprefix("Patient/")
    try:
        return PatientId(text.partition("/_history/")[0])
    except ValueError:
        raise PatientNotFound from None


def _check_result(given: Given, target: Patient) -> None:
    result = given.one("result-patient", "resource", dict)
    if result is None:
        return
    incoming = read_patient(result, target, result.get("link", ()), strict=True)
    if incoming.record != target.record or result.get("id") != str(target.id):
        error = FieldError("not-supported", "a merge copies no values", pointer="/parameter")
        raise ElementNotSupported("The result of a merge is the target as it is.", errors=(error,))


async def _merged(
    services: Patients, caller: Principal, source: Patient, target: Patient, reason: str
) -> Element:
    request = MergeRequest(source.id, target.id, source.version, target.version, reason)
    await services.merges.execute(caller, request)
    survivor = await services.cross_references.released(caller, target.id)
    replaced = await services.cross_references.replaced(caller, [target.id])
    return patient_resource(survivor, replaced.get(target.id, ()))


def _output(given: Element, result: Element, doubts: Sequence[Mapping[str, Any]] = ()) -> Element:
    issues = doubts or [issue("information", "informational", "done")]
    return parameters(
        {"name": "input", "resource": given},
        {"name": "outcome", "resource": outcome(*issues)},
        {"name": "result", "resource": result},
    )
