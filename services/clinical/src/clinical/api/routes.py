"""`/api/clinical/v1`: what was recorded, by patient."""

from fastapi import Response
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.routing import api_router

from clinical.api.dependencies import (
    COMPOSITION_BODY,
    Asker,
    CompositionUid,
    Corrector,
    Creator,
    Deleter,
    EhrReader,
    IdempotencyKey,
    InFormat,
    PatientEhr,
    Preceding,
    Reader,
    SentDraft,
    Services,
)
from clinical.api.schemas import AqlQuery, EhrView, Written
from clinical.domain.composition import Format
from clinical.service.compositions import Stored
from clinical.service.queries import Query

PREFIX = "/api/clinical/v1"
router = api_router(PREFIX + "/patients/{patient_id}", tags=["clinical"])


@router.get("/ehr")
async def read_ehr(caller: EhrReader, ehr: PatientEhr, services: Services) -> EhrView:
    await services.compositions.see(caller, ehr)
    return EhrView(ehr_id=ehr.ehr_id, state="ready" if ehr.ready else "pending")


@router.post("/compositions", status_code=201, response_model=Written, openapi_extra=COMPOSITION_BODY)
async def record_composition(
    caller: Creator,
    ehr: PatientEhr,
    draft: SentDraft,
    services: Services,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    await services.compositions.may_create(caller, ehr, draft)

    async def perform() -> StoredAnswer:
        stored = await services.compositions.create(caller, ehr, draft, idempotency_key)
        uid = stored.version_uid
        location = f"{PREFIX}/patients/{ehr.patient_id}/compositions/{uid.object_id}"
        headers = {"ETag": f'"{uid}"', "Location": location, "Content-Type": "application/json"}
        return StoredAnswer(201, headers, _written(stored).model_dump_json().encode())

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint(str(ehr.patient_id), draft.format, draft.template_id, draft.source),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("/compositions/{uid}", response_class=Response)
async def read_composition(
    caller: Reader,
    ehr: PatientEhr,
    uid: CompositionUid,
    services: Services,
    form: InFormat = Format.CANONICAL,
) -> Response:
    version_uid, document = await services.compositions.read(caller, ehr, uid, form)
    headers = {"ETag": f'"{version_uid}"'}
    return Response(document.content, media_type=document.media_type, headers=headers)


@router.put("/compositions/{uid}", openapi_extra=COMPOSITION_BODY)
async def correct_composition(
    caller: Corrector,
    ehr: PatientEhr,
    preceding: Preceding,
    draft: SentDraft,
    services: Services,
    response: Response,
) -> Written:
    stored = await services.compositions.correct(caller, ehr, draft, preceding)
    response.headers["ETag"] = f'"{stored.version_uid}"'
    return _written(stored)


@router.delete("/compositions/{uid}", status_code=204)
async def delete_composition(
    caller: Deleter, ehr: PatientEhr, preceding: Preceding, services: Services
) -> None:
    await services.compositions.delete(caller, ehr, preceding)


@router.post("/query", response_class=Response)
async def run_query(caller: Asker, ehr: PatientEhr, asked: AqlQuery, services: Services) -> Response:
    query = Query(asked.q, asked.query_parameters, asked.fetch, asked.offset)
    document = await services.queries.run(caller, ehr, query)
    return Response(document.content, media_type=document.media_type)


def _written(stored: Stored) -> Written:
    return Written(version_uid=stored.version_uid, ehr_id=stored.ehr.ehr_id, template_id=stored.template_id)
