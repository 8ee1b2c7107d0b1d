"""`/api/patients/v1/merges`: making one patient of two, and two of one again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from openward_contracts.identifiers import PatientId
from openward_contracts.page import Page
from openward_servicekit.errors import Malformed
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from patients.api.dependencies import IdempotencyKey, Merger, PatientPath, Reader, Services
from patients.api.merge_schemas import (
    EhrIndex,
    EhrSpan,
    LinksView,
    MergeBody,
    MergeView,
    Pair,
    PreviewView,
    ReviewView,
    UnmergeBody,
)
from patients.domain.merges.merge import Position

PREFIX = "/api/patients/v1"
router = api_router(PREFIX, tags=["merges"])

MergePath = Annotated[UUID, Path()]


@router.post("/merges/preview", response_model_exclude_none=True)
async def preview_merge(caller: Merger, pair: Pair, services: Services) -> PreviewView:
    """Both records side by side, warnings, and the versions to send back; nothing is stored."""
    return PreviewView.of(await services.merges.preview(caller, pair.source_id, pair.target_id))


@router.post(
    "/merges",
    status_code=201,
    response_model=MergeView,
    responses=sends("Location", status=201) | sends("Location", model=MergeView),
)
async def merge_patients(
    caller: Merger,
    body: MergeBody,
    services: Services,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """201 with the decision; 200 with the one there is when the two are merged already."""

    async def perform() -> StoredAnswer:
        merge, new = await services.merges.execute(caller, body.request())
        headers = {"Content-Type": "application/json", "Location": f"{PREFIX}/merges/{merge.id}"}
        return StoredAnswer(201 if new else 200, headers, MergeView.of(merge).body())

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.url.path, request.url.query, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("/merges", response_model_exclude_none=True)
async def list_merges(
    caller: Merger,
    services: Services,
    patient_id: Annotated[PatientId, Query()],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[
        str | None, Query(max_length=4096, description="`next_cursor` of the page before")
    ] = None,
) -> Page[MergeView]:
    """Of one patient, as source or target, newest first; those that were undone, too."""
    scope = f"merges {patient_id}"
    after = _position(services.cursors.read(cursor, caller, scope))
    found, further = await services.merge_records.of_patient(caller, patient_id, after, limit)
    position = [further[0].isoformat(), str(further[1])] if further else None
    return Page(
        items=[MergeView.of(merge) for merge in found],
        next_cursor=services.cursors.make(position, caller, scope),
    )


@router.get("/merges/{merge_id}", response_model_exclude_none=True)
async def read_merge(caller: Merger, merge_id: MergePath, services: Services) -> MergeView:
    return MergeView.of(await services.merge_records.read(caller, merge_id))


@router.post("/merges/{merge_id}/unmerge", response_model_exclude_none=True)
async def unmerge_patients(
    caller: Merger, merge_id: MergePath, body: UnmergeBody, services: Services
) -> MergeView:
    """At any later time. Both are what they would be without the merge; repeating changes nothing."""
    return MergeView.of(await services.merges.unmerge(caller, merge_id, body.reason))


@router.get("/merges/{merge_id}/review", response_model_exclude_none=True)
async def review_merge(caller: Merger, merge_id: MergePath, services: Services) -> ReviewView:
    """What was changed on the survivor while the merge held, each with whose it seems to be."""
    return ReviewView.of(*await services.merge_records.review(caller, merge_id))


@router.get("/patients/{patient_id}/links", response_model_exclude_none=True)
async def read_links(caller: Reader, patient_id: PatientPath, services: Services) -> LinksView:
    """Into whom the patient was merged, and who was merged into the patient."""
    return LinksView.of(await services.merge_records.links(caller, patient_id))


@router.get("/patients/{patient_id}/ehrs", response_model_exclude_none=True)
async def read_ehrs(
    caller: Reader,
    patient_id: PatientPath,
    services: Services,
    at: Annotated[datetime | None, Query(description="RFC 3339, with a zone; now if not given")] = None,
) -> EhrIndex:
    """Which EHRs were this person's at that time: of the survivor then, and of all merged into them."""
    if at is not None and at.tzinfo is None:
        raise Malformed("The time needs a zone.")
    return EhrIndex(
        items=[EhrSpan.of(each) for each in await services.merge_records.ehrs(caller, patient_id, at)]
    )


def _position(found: list[str] | None) -> Position | None:
    return (datetime.fromisoformat(found[0]), UUID(found[1])) if found else None
