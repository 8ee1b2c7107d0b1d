"""`/api/clinical/v1/patients/{patient_id}/timeline`: everything recorded about a patient."""

from asyncio import to_thread
from collections.abc import Collection, Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Query, Response
from openward_servicekit.auth import Principal
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.bodies import in_body
from clinical.api.dependencies import AcceptLanguage, Exact, OfPatient, Reader, Services
from clinical.api.routes import PREFIX, canonical
from clinical.api.telling import told
from clinical.api.timeline_asking import TextInAddress, TimelineListing, TimelineSearch
from clinical.api.timeline_schemas import TimelinePage, written
from clinical.domain.languages import wanted_languages
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical
from clinical.service.timeline import Page

router = api_router(PREFIX + "/patients/{patient_id}/timeline", tags=["timeline"], dependencies=[Exact])

#: Values; to write more than that would keep other requests waiting.
_LONG: Final = 1_000


async def without_text(text: Annotated[str | None, Query(include_in_schema=False)] = None) -> None:
    """Raises TextInAddress."""
    if text is not None:
        raise TextInAddress


@router.get(
    "",
    response_model=TimelinePage,
    response_model_exclude_none=True,
    responses=sends("Link", "Content-Language"),
    dependencies=[Depends(without_text)],
)
async def read_timeline(
    caller: Reader,
    record: OfPatient,
    asked: Annotated[TimelineListing, Query()],
    services: Services,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Entries, the newest first; merged patients have theirs together. By words: `POST …/timeline/_search`.

    Templates that the caller may not read are left out. `as_of` shows what was known at a time. Labels are in
    the language that is wanted most of those that their template has, else in that of the composition.
    """
    return await _answer(services, caller, record, asked, accept_language)


@router.post(
    "/_search",
    response_model=TimelinePage,
    response_model_exclude_none=True,
    responses=sends("Link", "Content-Language"),
)
async def search_timeline(
    caller: Reader,
    record: OfPatient,
    asked: TimelineSearch,
    services: Services,
    accept_language: AcceptLanguage = "",
) -> Response:
    """As the timeline, also by words, which travel in bodies only."""
    with in_body():
        return await _answer(services, caller, record, asked, accept_language)


async def _answer(
    services: Clinical,
    caller: Principal,
    record: PatientRecord,
    asked: TimelineListing,
    accept_language: str,
) -> Response:
    sought = asked.sought()
    question = "timeline", record.named_id, sought
    after = services.cursors.read(asked.cursor, caller, *question)
    page = await services.timeline.page(caller, record, sought, after, asked.limit, counted=asked.total)
    next_cursor = services.cursors.make(page.next, caller, *question)
    writing = partial(_written, page, next_cursor, wanted_languages(accept_language))
    content, languages = await to_thread(writing) if _is_long(page) else writing()
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"} | canonical(record)
    if languages:
        headers["Content-Language"] = ", ".join(languages)
    return Response(content, media_type="application/json", headers=headers)


def _written(page: Page, next_cursor: str | None, languages: Sequence[str]) -> tuple[bytes, Collection[str]]:
    """JSON, and the languages of its labels."""
    items = told(page.items, page.labels, languages)
    spoken = dict.fromkeys(item.language for item in items if item.language)
    shown = TimelinePage(
        items=items, next_cursor=next_cursor, total=page.total, unreadable=page.unreadable or None
    )
    return written(shown), spoken.keys()


def _is_long(page: Page) -> bool:
    return sum(len(item.row.entry.values) for item in page.items) > _LONG
