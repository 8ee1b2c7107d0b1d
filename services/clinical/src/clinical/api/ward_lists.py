"""`/api/clinical/v1/encounters`: of everybody, such as who lies on a ward now."""

from typing import Annotated, Self

from fastapi import Depends, Query
from openward_contracts.identifiers import PatientId
from openward_contracts.page import Page
from openward_contracts.payload import Code
from openward_servicekit.auth import Principal, require
from openward_servicekit.routing import api_router
from pydantic import Field

from clinical.api.dependencies import Exact, Paging, Services, Unstored
from clinical.api.encounter_schemas import EncounterView
from clinical.api.periods import Period
from clinical.api.routes import PREFIX
from clinical.domain.bounds import Bound
from clinical.domain.encounter import EncounterClass, Status
from clinical.domain.encounter_ports import Sought
from clinical.domain.permissions import FIND_ALL_ENCOUNTERS
from clinical.service.finding_encounters import Seen

router = api_router(PREFIX + "/encounters", tags=["encounters"], dependencies=[Exact, Unstored])

Finder = Annotated[Principal, Depends(require(FIND_ALL_ENCOUNTERS))]


class FoundEncounter(EncounterView):
    survivor_id: PatientId | None = Field(
        default=None, description="who the patient is now; absent unless merged into another since"
    )

    @classmethod
    def seen(cls, seen: Seen) -> Self:
        view = EncounterView.of(seen.found.encounter)
        merged = seen.patient_id != view.patient_id
        return cls(**dict(view), survivor_id=seen.patient_id if merged else None)


async def sought(
    period: Period,
    status: Annotated[list[Status] | None, Query(description="any of these")] = None,
    encounter_class: Annotated[
        list[EncounterClass] | None, Query(alias="class", description="any of these")
    ] = None,
    location: Annotated[Code | None, Query(description="id of the place, as it was given")] = None,
    participant: Annotated[Code | None, Query(description="id of who takes part, as it was given")] = None,
) -> Sought:
    """`from`: not ended before; `to`: begun, or planned, before."""
    ends = [Bound(period.start, lower=True, of_start=False)] if period.start else []
    begins = [Bound(period.end, lower=False)] if period.end else []
    return Sought(
        statuses=frozenset(status) if status else None,
        classes=frozenset(encounter_class) if encounter_class else None,
        location=location,
        participant=participant,
        dates=(*ends, *begins),
    )


@router.get("", response_model_exclude_none=True)
async def find_encounters(
    caller: Finder, which: Annotated[Sought, Depends(sought)], paging: Paging, services: Services
) -> Page[FoundEncounter]:
    """The last begun, or planned, first. Whose they are is on record before they are told."""
    cursor, limit = paging
    asked = "encounters of all", which
    after = services.cursors.read(cursor, caller, *asked)
    found = await services.fhir.encounters.of_all(caller, which, after, limit)
    items = [FoundEncounter.seen(each) for each in found.items]
    return Page(items=items, next_cursor=services.cursors.make(found.next, caller, *asked))
