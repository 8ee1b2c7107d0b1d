"""`/api/patients/v1`: who."""

from typing import Annotated, Any

from fastapi import Body, Request, Response
from openward_contracts.page import Page
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.routing import api_router
from openward_servicekit.validation import invalid_body
from pydantic import ValidationError

from patients.api.dependencies import (
    ExpectedVersion,
    IdempotencyKey,
    PatientPath,
    Reader,
    Registrar,
    Searcher,
    Services,
    Updater,
)
from patients.api.schemas import PatientIn, PatientSearch, PatientView
from patients.domain.errors import SearchAmbiguous
from patients.domain.patient import Identifier, Patient, merge_patch

PREFIX = "/api/patients/v1"
router = api_router(PREFIX, tags=["patients"])

MergePatch = Annotated[
    dict[str, Any], Body(media_type="application/merge-patch+json", description="RFC 7396")
]


@router.post("/patients", status_code=201, response_model=PatientView)
async def register_patient(
    caller: Registrar,
    sent: PatientIn,
    services: Services,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    async def perform() -> StoredAnswer:
        patient = await services.registry.register(caller, sent.demographics(), idempotency_key)
        location = f"{PREFIX}/patients/{patient.id}"
        headers = {"ETag": _etag(patient), "Location": location, "Content-Type": "application/json"}
        return StoredAnswer(201, headers, PatientView.of(patient).model_dump_json().encode())

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.scope["route"].path, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("/patients/{patient_id}")
async def read_patient(
    caller: Reader, patient_id: PatientPath, services: Services, response: Response
) -> PatientView:
    return _view(await services.registry.read(caller, patient_id), response)


@router.patch("/patients/{patient_id}")
async def update_patient(
    caller: Updater,
    patient_id: PatientPath,
    version: ExpectedVersion,
    patch: MergePatch,
    services: Services,
    response: Response,
) -> PatientView:
    current = await services.registry.current(caller, patient_id)
    try:
        sent = PatientIn.model_validate(merge_patch(PatientIn.document(current.demographics), patch))
    except ValidationError as error:
        raise invalid_body(error) from None
    patient = await services.registry.update(caller, patient_id, version, sent.demographics())
    return _view(patient, response)


@router.post("/patients/_search")
async def search_patients(caller: Searcher, asked: PatientSearch, services: Services) -> Page[PatientView]:
    if (asked.identifier is None) == (asked.name is None):
        raise SearchAmbiguous
    if asked.identifier is not None:
        identifier = Identifier(asked.identifier.system, asked.identifier.value)
        found = await services.registry.find_by_identifier(caller, identifier)
    else:
        after = services.cursors.read(asked.cursor, caller, asked.name or "")
        found = await services.registry.find_by_name(caller, asked.name or "", after, asked.limit)
    views = [PatientView.of(patient) for patient in found.patients]
    return Page(items=views, next_cursor=services.cursors.make(found.next, caller, asked.name or ""))


def _view(patient: Patient, response: Response) -> PatientView:
    response.headers["ETag"] = _etag(patient)
    return PatientView.of(patient)


def _etag(patient: Patient) -> str:
    return f'"{patient.version}"'
