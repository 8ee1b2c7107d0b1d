"""`GET /api/clinical/v1/events`: what happens in the record, as server-sent events (HTML, section 9.2)."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.errors import FieldError, Malformed
from openward_servicekit.openapi_answers import EventStream
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Exact, Reader, Services
from clinical.api.live_schemas import LiveEvent
from clinical.api.routes import PREFIX
from clinical.domain.live import KINDS, Notice
from clinical.service.listening import Wish

router = api_router(PREFIX + "/events", tags=["live events"], dependencies=[Exact])

_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
#: Milliseconds until a browser that was cut off comes again.
_RETRY: Final = "retry: 2000\n\n"
_MOST: Final = 2**63


async def wish(
    patient_id: Annotated[PatientId | None, Query(description="this person, as merged by now")] = None,
    kind: Annotated[
        list[str] | None, Query(description="any of these", json_schema_extra={"items": {"enum": [*KINDS]}})
    ] = None,
    template_id: Annotated[list[str] | None, Query(description="any of these", max_length=100)] = None,
    last_event_id: Annotated[str | None, Header(description="the `id` of the last event that came")] = None,
) -> Wish:
    """Raises Malformed."""
    if unknown := set(kind or ()) - set(KINDS):
        detail = f"{len(unknown)} of them are none of {', '.join(KINDS)}"
        raise Malformed(errors=(FieldError(path="kind", code="unknown-kind", detail=detail),))
    return Wish(patient_id, frozenset(kind or ()), frozenset(template_id or ()), _place(last_event_id))


@router.get(
    "",
    response_class=EventStream,
    responses={200: {"model": LiveEvent, "description": "one event a change, ids only"}},
)
async def listen(
    caller: Reader, wish: Annotated[Wish, Depends(wish)], request: Request, services: Services
) -> EventStream:
    """Changes of records that the caller may read, in the order of their commits: ids and no content.

    With `Last-Event-ID` it goes on after that event, without loss or repetition, as far back as the stream
    goes. A line `id` alone tells how far everything is known; a comment comes when nothing happens. It ends
    when the token does: come again with a new one.
    """
    watch = await services.live.admitted(caller, wish)

    async def again() -> Principal:
        principal: Principal = await request.app.state.authenticate(request.headers.get("authorization"))
        return principal

    told = services.live.notices(watch, wish, again)
    return EventStream(_lines(told), headers=_HEADERS)


async def _lines(told: AsyncIterator[tuple[int | None, Sequence[Notice]]]) -> AsyncIterator[str]:
    yield _RETRY
    known: int | None = None
    async for place, notices in told:
        events = [f"id: {n.sequence}\nevent: {n.kind}\ndata: {n.text}\n\n" for n in notices]
        if events and notices[-1].sequence == place:
            yield "".join(events)
        elif events or place != known:  # what lies between was not for this listener
            yield "".join((*events, f"id: {place}\n\n"))
        else:
            yield ":\n\n"
        known = place


def _place(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal() and int(text) < _MOST):
        problem = FieldError(path="last-event-id", code="not-an-event-id", detail="It is none of this list.")
        raise Malformed(errors=(problem,))
    return int(text)
