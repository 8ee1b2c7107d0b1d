"""`…/patients/{patient_id}/encounters/{encounter_id}/compositions`: what was written in an encounter."""

from typing import Annotated

from fastapi import Depends, Response
from openward_contracts.page import Page
from openward_servicekit.auth import Principal, require
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Corrector, Exact, ObjectId, OfPatient, Paging, Services, Unstored
from clinical.api.encounters import Which
from clinical.api.listing import ListedVersion
from clinical.api.routes import PREFIX, canonical
from clinical.domain.permissions import READ_ENCOUNTER

router = api_router(
    PREFIX + "/patients/{patient_id}/encounters/{encounter_id}/compositions",
    tags=["encounters"],
    dependencies=[Exact, Unstored],
)

Reader = Annotated[Principal, Depends(require(READ_ENCOUNTER))]


@router.get("", response_model_exclude_none=True, responses=sends("Link"))
async def list_encounter_compositions(
    caller: Reader, record: OfPatient, which: Which, paging: Paging, services: Services, response: Response
) -> Page[ListedVersion]:
    """The latest version of each composition that belongs to it, the last put there first.

    What is deleted, and what the caller may not read, is left out: a page may be shorter than `limit`.
    """
    cursor, limit = paging
    asked = "encounter-compositions", record.named_id, which
    after = services.cursors.read(cursor, caller, *asked)
    page = await services.listing.in_encounter(caller, record, which, after, limit)
    response.headers.update(canonical(record))
    items = [ListedVersion.of(listed) for listed in page.items]
    return Page(items=items, next_cursor=services.cursors.make(page.next, caller, *asked))


@router.put("/{object_id}", status_code=204, responses=sends("Link", status=204))
async def put_composition_into_encounter(
    caller: Corrector,
    record: OfPatient,
    which: Which,
    object_id: ObjectId,
    services: Services,
    response: Response,
) -> None:
    """It belongs to this encounter from now on, and to no other; one that has ended takes it, too."""
    await services.belonging.put(caller, record, which, object_id)
    response.headers.update(canonical(record))


@router.delete("/{object_id}", status_code=204, responses=sends("Link", status=204))
async def take_composition_out_of_encounter(
    caller: Corrector,
    record: OfPatient,
    which: Which,
    object_id: ObjectId,
    services: Services,
    response: Response,
) -> None:
    """The composition stays; it belongs to no encounter any more."""
    await services.belonging.take_out(caller, record, which, object_id)
    response.headers.update(canonical(record))
