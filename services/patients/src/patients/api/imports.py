"""`/api/patients/v1/imports`: patients by the million."""

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import Malformed
from openward_servicekit.openapi_answers import EventStream, sends
from openward_servicekit.routing import api_router, streamed

from patients.api.dependencies import IdempotencyKey, Services
from patients.api.import_views import Completion, ImportView, ProblemPage
from patients.domain.imports.job import Import, ImportSettings, State
from patients.domain.permissions import IMPORT

PREFIX: Final = "/api/patients/v1/imports"
router = api_router("/api/patients/v1", tags=["imports"])

Importer = Annotated[Principal, Depends(require(IMPORT))]
ImportPath = Annotated[UUID, Path(description="chosen by the caller, or given by POST")]

_LINES: Final = {"requestBody": {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}
_QUIET_SECONDS: Final = 15
_LONGEST_SECONDS: Final = 3600
_POSITION: Final = re.compile(r"(\d{1,15})\.(\d{1,4})", re.ASCII)


@router.post("/imports", status_code=201, responses=sends("Location", status=201))
async def start_import(
    caller: Importer,
    settings: ImportSettings,
    services: Services,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ImportView:
    """Say how the lines are to be read. With the same Idempotency-Key it is the same import."""
    job = await services.imports.start(caller, settings, idempotency_key)
    response.headers["Location"] = f"{PREFIX}/{job.id}"
    return ImportView.of(job)


@router.put("/imports/{import_id}")
async def put_import(
    caller: Importer, import_id: ImportPath, settings: ImportSettings, services: Services
) -> ImportView:
    """The same as POST, with an id of the caller's; once made it stays as it is."""
    return ImportView.of(await services.imports.put(caller, import_id, settings))


@router.put("/imports/{import_id}/content", dependencies=[Depends(streamed)], openapi_extra=_LINES)
async def send_lines(
    caller: Importer,
    import_id: ImportPath,
    request: Request,
    services: Services,
    from_line: Annotated[int, Query(ge=1, lt=2**36, description="number of the body's first line")] = 1,
) -> ImportView:
    """The file, or its lines from `from_line` on; of any size, one line to a patient, UTF-8.

    Lines are settled in chunks, all of a chunk or nothing. When the connection breaks, ask for `lines` and go
    on with the next one, or send everything again: what is settled is skipped.
    """
    return ImportView.of(await services.imports.receive(caller, import_id, from_line, request.stream()))


@router.get("/imports/{import_id}")
async def read_import(caller: Importer, import_id: ImportPath, services: Services) -> ImportView:
    return ImportView.of(await services.imports.read(caller, import_id))


@router.get("/imports/{import_id}/errors")
async def list_import_errors(
    caller: Importer,
    import_id: ImportPath,
    services: Services,
    after: Annotated[str, Query(pattern=_POSITION.pattern, description="`next` of the page before")] = "0.0",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ProblemPage:
    """What was wrong with which line, in the order of lines. Never a value."""
    position = _POSITION.fullmatch(after)
    if position is None:
        raise Malformed("`after` is what a page before has as `next`.")
    place = int(position[1]), int(position[2])
    return ProblemPage.of(await services.imports.problems(caller, import_id, place, limit), limit)


@router.post("/imports/{import_id}/complete")
async def complete_import(
    caller: Importer, import_id: ImportPath, services: Services, completion: Completion | None = None
) -> ImportView:
    """All lines were sent. Refused while somebody is sending, or if there are not `lines` of them."""
    return ImportView.of(
        await services.imports.complete(caller, import_id, completion.lines if completion else None)
    )


@router.post("/imports/{import_id}/cancel")
async def cancel_import(caller: Importer, import_id: ImportPath, services: Services) -> ImportView:
    """No more lines are taken. Who is registered stays so."""
    return ImportView.of(await services.imports.cancel(caller, import_id))


@router.get(
    "/imports/{import_id}/events",
    response_class=EventStream,
    responses={200: {"model": ImportView, "description": "`progress`, at last the state"}},
)
async def follow_import(
    caller: Importer, import_id: ImportPath, request: Request, services: Services
) -> EventStream:
    """Server-sent events: `progress` with the import whenever it has moved; the last is called by its state.

    An event's id says how far the import was: with Last-Event-ID only what is new is sent.
    """
    job = await services.imports.read(caller, import_id)
    seen = request.headers.get("last-event-id", "")
    return EventStream(_events(services.imports.progress(job), seen), headers=_UNSTORED)


_UNSTORED: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _events(progress: AsyncIterator[Import | None], seen: str) -> AsyncIterator[str]:
    """For an hour at most: then whoever still wants to know asks again, with a token that is still good."""
    quiet = looks = 0
    async for job in progress:
        looks += 1
        if looks > _LONGEST_SECONDS:
            return
        quiet += 1
        if job is not None and _event_id(job) != seen:
            quiet = 0
            yield _event(job)
        elif looks == 1 or quiet >= _QUIET_SECONDS:
            quiet = 0
            yield ": nothing new\n\n"


def _event(job: Import) -> str:
    name = "progress" if job.state is State.RECEIVING else job.state.value
    data = json.dumps(ImportView.of(job).model_dump(mode="json"))
    return f"id: {_event_id(job)}\nevent: {name}\ndata: {data}\n\n"


def _event_id(job: Import) -> str:
    return f"{job.lines}-{job.state}"
