"""openEHR ITS-REST by EHR id, on the same use cases as the patient-centred API.

Served at `/openehr/v1`, and at `/ehrbase/rest/openehr/v1` for clients that build EHRbase's paths; links in
answers keep the base that the client used.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from openward_contracts.identifiers import VersionUid
from openward_servicekit.auth import Principal
from openward_servicekit.errors import Failure
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
    OfEhr,
    Preceding,
    Reader,
    SentDraft,
    Services,
)
from clinical.api.schemas import AqlQuery
from clinical.domain.aql import bound_ehr
from clinical.domain.composition import Format
from clinical.domain.errors import VersionRequired
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical
from clinical.service.compositions import Stored
from clinical.service.queries import Query

BASES = ("/openehr/v1", "/ehrbase/rest/openehr/v1")
REPRESENTATION = "return=representation"

Prefer = Annotated[str, Header(description="return=minimal | return=representation")]


def routers() -> list[APIRouter]:
    return [_router(base, documented=base == BASES[0]) for base in BASES]


def _router(base: str, *, documented: bool) -> APIRouter:
    router = api_router(base, tags=["openehr"])
    options: dict[str, Any] = {"include_in_schema": documented}
    ehr, compositions = "/ehr/{ehr_id}", "/ehr/{ehr_id}/composition"
    composition = compositions + "/{uid}"
    router.get(ehr, response_class=Response, **options)(openehr_read_ehr)
    router.post(compositions, status_code=204, openapi_extra=COMPOSITION_BODY, **options)(
        openehr_create_composition
    )
    router.get(composition, response_class=Response, **options)(openehr_read_composition)
    router.put(composition, status_code=204, openapi_extra=COMPOSITION_BODY, **options)(
        openehr_update_composition
    )
    router.delete(composition, status_code=204, **options)(openehr_delete_composition)
    router.post("/query/aql", response_class=Response, **options)(openehr_query)
    return router


async def openehr_read_ehr(caller: EhrReader, record: OfEhr, services: Services) -> Response:
    document = await services.compositions.ehr(caller, record)
    headers = {"ETag": f'"{record.target.ehr_id}"'}
    return Response(document.content, media_type=document.media_type, headers=headers)


async def openehr_create_composition(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Creator,
    record: OfEhr,
    draft: SentDraft,
    services: Services,
    request: Request,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = "",
) -> Response:
    stored = await services.compositions.create(caller, record, draft, idempotency_key)
    return await _written(_Answer(request, caller, record, services, draft.format, prefer, 201), stored)


async def openehr_read_composition(
    caller: Reader,
    record: OfEhr,
    uid: CompositionUid,
    services: Services,
    form: InFormat = Format.CANONICAL,
) -> Response:
    version_uid, document = await services.compositions.read(caller, record, uid, form)
    headers = {"ETag": f'"{version_uid}"'}
    return Response(document.content, media_type=document.media_type, headers=headers)


async def openehr_update_composition(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Corrector,
    record: OfEhr,
    preceding: Preceding,
    draft: SentDraft,
    services: Services,
    request: Request,
    prefer: Prefer = "",
) -> Response:
    stored = await services.compositions.correct(caller, record, draft, preceding)
    return await _written(_Answer(request, caller, record, services, draft.format, prefer, 200), stored)


async def openehr_delete_composition(
    caller: Deleter, record: OfEhr, uid: CompositionUid, services: Services
) -> Response:
    """The path names the version to delete (ITS-REST: `preceding_version_uid`)."""
    if not isinstance(uid, VersionUid):
        raise VersionRequired
    stored = await services.compositions.delete(caller, record, uid)
    return Response(status_code=204, headers={"ETag": f'"{stored.version_uid}"'})


async def openehr_query(caller: Asker, asked: AqlQuery, services: Services) -> Response:
    """The query names its one EHR itself: `FROM EHR e[ehr_id/value=$ehr_id]`."""
    record = await services.ehrs.by_id(bound_ehr(asked.q, asked.query_parameters))
    query = Query(asked.q, asked.query_parameters, asked.fetch, asked.offset)
    document = await services.queries.run_bound(caller, record, query)
    return Response(document.content, media_type=document.media_type)


@dataclass(frozen=True)
class _Answer:
    """How a write is answered: `status` with a representation, 204 without."""

    request: Request
    caller: Principal
    record: PatientRecord
    services: Clinical
    form: Format
    prefer: str
    status: int


async def _written(answer: _Answer, stored: Stored) -> Response:
    ehr, uid = stored.ehr, stored.version_uid
    template = answer.request.scope["route"].path  # the matched route, not what the client wrote
    base = next(base for base in BASES if template.startswith(base))
    headers = {
        "ETag": f'"{uid}"',
        "Location": f"{base}/ehr/{ehr.ehr_id}/composition/{uid.object_id}",
    }
    if REPRESENTATION in answer.prefer:
        # What cannot be shown is written all the same, and a preference may be ignored.
        with suppress(Failure):
            _, document = await answer.services.compositions.read(
                answer.caller, answer.record, uid, answer.form
            )
            return Response(document.content, answer.status, headers, document.media_type)
    return Response(status_code=204, headers=headers)
