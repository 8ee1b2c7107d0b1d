"""`/api/clinical/v1`: what was recorded, by patient.

A patient who was merged into another may be named as before: the answer is that of the survivor, and says so
by `Link: <…/patients/{survivor_id}>; rel="canonical"` (RFC 6596).
"""

from typing import Annotated
from uuid import UUID

from fastapi import Query as Parameter
from fastapi import Response
from openward_contracts.composition_problem import ValidationReport
from openward_contracts.identifiers import VersionUid
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent, key_of
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.dependencies import (
    COMPOSITION_BODY,
    SHOWN,
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
    ToEncounter,
)
from clinical.api.openehr_versions import version_response
from clinical.api.problem_schemas import COMPOSITION_REFUSED, QUERY_REFUSED
from clinical.api.result_sets import shown
from clinical.api.schemas import AqlQuery, EhrView, MergeReview, ResultSetView, Written
from clinical.domain.composition import Format
from clinical.domain.querying import Query
from clinical.domain.record import PatientRecord
from clinical.service.compositions import Stored

PREFIX = "/api/clinical/v1"
router = api_router(PREFIX + "/patients/{patient_id}", tags=["clinical"])
merges = api_router(PREFIX + "/merges/{merge_id}", tags=["clinical"])


@router.get("/ehr", response_model_exclude_none=True, responses=sends("Link"))
async def read_ehr(caller: EhrReader, record: OfPatient, services: Services, response: Response) -> EhrView:
    await services.compositions.see(caller, record)
    response.headers.update(canonical(record))
    return EhrView.of(record)


@router.post(
    "/compositions",
    status_code=201,
    response_model=Written,
    response_model_exclude_none=True,
    responses=sends("ETag", "Location", "Link", status=201) | COMPOSITION_REFUSED,
    openapi_extra=COMPOSITION_BODY,
)
async def record_composition(
    caller: Creator,
    record: OfPatient,
    draft: SentDraft,
    services: Services,
    to: ToEncounter,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    await services.compositions.may_create(caller, record, draft)

    async def perform() -> StoredAnswer:
        stored = await services.compositions.create(caller, record, draft, key_of(idempotency_key), to)
        uid = stored.version_uid
        location = f"{PREFIX}/patients/{record.named_id}/compositions/{uid.object_id}"
        headers = {"ETag": f'"{uid}"', "Location": location, "Content-Type": "application/json"}
        headers |= canonical(record)
        return StoredAnswer(201, headers, _written(stored).model_dump_json(exclude_none=True).encode())

    into = (str(to),) if to else ()
    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint(str(record.named_id), draft.format, draft.template_id, draft.source, *into),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.post("/compositions/$validate", responses=sends("Link"), openapi_extra=COMPOSITION_BODY)
async def validate_composition(
    caller: Creator, record: OfPatient, draft: SentDraft, services: Services, response: Response
) -> ValidationReport:
    """What is wrong in it, as a refused write would say; 200 whether there is anything or not."""
    report = await services.compositions.check(caller, record, draft)
    response.headers.update(canonical(record))
    return report


@router.get("/compositions/{uid}", response_class=Response, responses=SHOWN)
async def read_composition(
    caller: Reader,
    record: OfPatient,
    uid: CompositionUid,
    services: Services,
    form: InFormat = Format.CANONICAL,
) -> Response:
    shown = await services.versions.read(caller, record, uid, form)
    return version_response(shown, {"ETag": f'"{shown.uid}"'} | canonical(record))


@router.put(
    "/compositions/{uid}",
    response_model_exclude_none=True,
    responses=sends("ETag", "Link") | COMPOSITION_REFUSED,
    openapi_extra=COMPOSITION_BODY,
)
async def correct_composition(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Corrector,
    record: OfPatient,
    preceding: Preceding,
    draft: SentDraft,
    services: Services,
    to: ToEncounter,
    response: Response,
) -> Written:
    stored = await services.compositions.correct(caller, record, draft, preceding, to)
    response.headers.update({"ETag": f'"{stored.version_uid}"'} | canonical(record))
    return _written(stored)


@router.delete("/compositions/{uid}", status_code=204, responses=sends("Link", status=204))
async def delete_composition(
    caller: Deleter, record: OfPatient, preceding: Preceding, services: Services, response: Response
) -> None:
    await services.compositions.delete(caller, record, preceding)
    response.headers.update(canonical(record))


@router.post("/query", response_class=Response, responses=sends("Link", model=ResultSetView) | QUERY_REFUSED)
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
    return Written(
        version_uid=stored.version_uid,
        ehr_id=stored.ehr.ehr_id,
        template_id=stored.template_id,
        encounter_id=stored.encounter_id,
    )
