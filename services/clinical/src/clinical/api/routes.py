"""`/api/clinical/v1`: what was recorded, by patient.

A patient who was merged into another may be named as before: the answer is that of the survivor, and says so
by `Link: <…/patients/{survivor_id}>; rel="canonical"` (RFC 6596).
"""

from typing import Annotated
from uuid import UUID

from fastapi import Query as Parameter
from fastapi import Response
from openward_contracts.identifiers import VersionUid
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
    OfPatient,
    Preceding,
    Reader,
    Reviewer,
    SentDraft,
    Services,
)
from clinical.api.openehr_versions import version_response
from clinical.api.result_sets import shown
from clinical.api.schemas import AqlQuery, EhrView, MergeReview, Written
from clinical.domain.composition import Format
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.service.compositions import Stored

PREFIX = "/api/clinical/v1"
router = api_router(PREFIX + "/patients/{patient_id}", tags=["clinical"])
merges = api_router(PREFIX + "/merges/{merge_id}", tags=["clinical"])


@router.get("/ehr", response_model_exclude_none=True)
async def read_ehr(caller: EhrReader, record: OfPatient, services: Services, response: Response) -> EhrView:
    await services.compositions.see(caller, record)
    response.headers.update(canonical(record))
    return EhrView.of(record)


@router.post("/compositions", status_code=201, response_model=Written, openapi_extra=COMPOSITION_BODY)
async def record_composition(
    caller: Creator,
    record: OfPatient,
    draft: SentDraft,
    services: Services,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    await services.compositions.may_create(caller, record, draft)

    async def perform() -> StoredAnswer:
        stored = await services.compositions.create(caller, record, draft, idempotency_key)
        uid = stored.version_uid
        location = f"{PREFIX}/patients/{record.named_id}/compositions/{uid.object_id}"
        headers = {"ETag": f'"{uid}"', "Location": location, "Content-Type": "application/json"}
        headers |= canonical(record)
        return StoredAnswer(201, headers, _written(stored).model_dump_json().encode())

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint(str(record.named_id), draft.format, draft.template_id, draft.source),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("/compositions/{uid}", response_class=Response)
async def read_composition(
    caller: Reader,
    record: OfPatient,
    uid: CompositionUid,
    services: Services,
    form: InFormat = Format.CANONICAL,
) -> Response:
    shown = await services.versions.read(caller, record, uid, form)
    return version_response(shown, {"ETag": f'"{shown.uid}"'} | canonical(record))


@router.put("/compositions/{uid}", openapi_extra=COMPOSITION_BODY)
async def correct_composition(
    caller: Corrector,
    record: OfPatient,
    preceding: Preceding,
    draft: SentDraft,
    services: Services,
    response: Response,
) -> Written:
    stored = await services.compositions.correct(caller, record, draft, preceding)
    response.headers.update({"ETag": f'"{stored.version_uid}"'} | canonical(record))
    return _written(stored)


@router.delete("/compositions/{uid}", status_code=204)
async def delete_composition(
    caller: Deleter, record: OfPatient, preceding: Preceding, services: Services, response: Response
) -> None:
    await services.compositions.delete(caller, record, preceding)
    response.headers.update(canonical(record))


@router.post("/query", response_class=Response)
async def run_query(caller: Asker, record: OfPatient, asked: AqlQuery, services: Services) -> Response:
    limits, offset = services.queries.limits, asked.offset or None
    fetch = asked.fetch or (limits.default if offset else None)
    query = Query(asked.q, asked.query_parameters, fetch, offset)
    found = await services.queries.run(caller, query, record=record)
    return shown(found, limits, headers=canonical(record))


@merges.get("/review")
async def review_merge(
    caller: Reviewer,
    merge_id: UUID,
    services: Services,
    after: Annotated[VersionUid | None, Parameter(description="`next_after` of the page before")] = None,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
) -> MergeReview:
    return MergeReview.of(await services.reviews.review(caller, merge_id, after, limit))


def canonical(record: PatientRecord) -> dict[str, str]:
    """The header that leads from a merged patient to the survivor."""
    if record.survivor_id is None:
        return {}
    return {"Link": f'<{PREFIX}/patients/{record.survivor_id}>; rel="canonical"'}


def _written(stored: Stored) -> Written:
    return Written(version_uid=stored.version_uid, ehr_id=stored.ehr.ehr_id, template_id=stored.template_id)
