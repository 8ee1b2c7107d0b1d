"""`/fhir/r4/Patient`: reading, history, creating and updating."""

from typing import Annotated

from fastapi import Header, Request, Response
from openward_servicekit.errors import Malformed
from openward_servicekit.fhir.answering import BUNDLE_SCHEMA, NoBody, Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.routing import api_router

from patients.api.dependencies import (
    ExpectedVersion,
    IdempotencyKey,
    Reader,
    Registrar,
    Services,
    Updater,
    WhyChanged,
)
from patients.api.fhir.bodies import PATIENT_SCHEMA, PatientPath, ResourceBody
from patients.api.fhir.bundles import headers_of, history_bundle, written_answer
from patients.api.fhir.conditions import existing
from patients.api.fhir.incoming import read_patient
from patients.api.fhir.outgoing import links, patient_resource
from patients.api.versions import at_version
from patients.domain.errors import PatientNotFound

router = api_router(BASE, tags=["fhir"])

IfNoneExist = Annotated[
    str | None, Header(description="identifier=system|value: create only if nobody has it")
]


@router.get("/Patient/{patient_id}", responses=answers(PATIENT_SCHEMA, 200))
async def fhir_read_patient(
    caller: Reader,
    patient_id: PatientPath,
    services: Services,
    wish: Wished,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A merged patient is `active: false` with a link to the survivor. 304 if If-None-Match has the ETag."""
    patient = await services.registration.read(caller, patient_id)
    if if_none_match and f'"{patient.version}"' in if_none_match:
        return NoBody(status_code=304, headers=headers_of(patient))
    replaced = await services.cross_references.replaced(caller, [patient.id])
    element = patient_resource(patient, replaced.get(patient.id, ()))
    return resource_response(element, wish, headers=headers_of(patient))


@router.get("/Patient/{patient_id}/_history", responses=answers(BUNDLE_SCHEMA, 200))
async def fhir_read_history(
    caller: Reader, patient_id: PatientPath, services: Services, wish: Wished
) -> Response:
    """All versions, newest first, on one page."""
    patient = await services.registration.read(caller, patient_id)
    versions = await services.registration.history(caller, patient_id)
    bundle = history_bundle([at_version(patient, each) for each in versions], services.fhir_base)
    return resource_response(bundle, wish)


@router.get("/Patient/{patient_id}/_history/{version_id}", responses=answers(PATIENT_SCHEMA, 200))
async def fhir_read_version(
    caller: Reader, patient_id: PatientPath, version_id: str, services: Services, wish: Wished
) -> Response:
    patient = await services.registration.read(caller, patient_id)
    for version in await services.registration.history(caller, patient_id):
        if str(version.number) == version_id:
            then = at_version(patient, version)
            return resource_response(patient_resource(then), wish, headers=headers_of(then))
    raise PatientNotFound


@router.post("/Patient", status_code=201, responses=answers(PATIENT_SCHEMA, 200, 201))
async def fhir_create_patient(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Registrar,
    resource: ResourceBody,
    services: Services,
    request: Request,
    wish: Wished,
    why: WhyChanged,
    idempotency_key: IdempotencyKey = None,
    if_none_exist: IfNoneExist = None,
) -> Response:
    """Elements that the registry does not keep are refused. 200 with the one there is under If-None-Exist."""
    incoming = read_patient(resource, strict=wish.strict)

    async def perform() -> StoredAnswer:
        known = await existing(services, caller, if_none_exist) if if_none_exist is not None else None
        patient = known or await services.registration.register(caller, incoming.record, idempotency_key, why)
        ignored = () if known else incoming.ignored
        element = patient_resource(patient)
        answer = written_answer(patient, element, wish, services.fhir_base, ignored=ignored)
        return StoredAnswer(200 if known else 201, *answer)

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.url.path, request.url.query, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.put("/Patient/{patient_id}", responses=answers(PATIENT_SCHEMA, 200))
async def fhir_update_patient(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Updater,
    patient_id: PatientPath,
    version: ExpectedVersion,
    resource: ResourceBody,
    services: Services,
    wish: Wished,
    why: WhyChanged,
) -> Response:
    """Replaces the whole record; If-Match is needed (428, 412). It creates none: ids are ours to give."""
    if resource.get("id", str(patient_id)) != str(patient_id):
        raise Malformed("The resource has another id than the URL.")
    before = await services.registration.expect(caller, patient_id, version)
    replaced = (await services.cross_references.replaced(caller, [before.id])).get(before.id, ())
    incoming = read_patient(resource, before, links(before, replaced), strict=wish.strict)
    patient = await services.registration.update(caller, before, incoming.record, why)
    element = patient_resource(patient, replaced)
    headers, body = written_answer(patient, element, wish, services.fhir_base, ignored=incoming.ignored)
    return Response(body, 200, dict(headers))
