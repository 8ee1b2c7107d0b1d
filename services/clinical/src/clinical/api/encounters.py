"""`/api/clinical/v1/patients/{patient_id}/encounters`: the visits and stays of a patient.

Each change needs If-Match with the ETag of the encounter. Its answer says no more than where that stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Response
from openward_contracts.identifiers import EncounterId
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import Malformed
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent, key_of
from openward_servicekit.openapi_answers import DEMANDED, sends
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Exact, IdempotencyKey, OfPatient, Paging, Services, Unstored
from clinical.api.encounter_schemas import (
    EncounterCancellation,
    EncounterChanged,
    EncounterClosing,
    EncounterDetails,
    EncounterMove,
    EncounterOpening,
    EncounterPage,
    EncounterReason,
    EncounterStep,
    EncounterTransfer,
    EncounterView,
)
from clinical.api.periods import moment_query, span
from clinical.api.problem_schemas import ENCOUNTER_CONFLICT
from clinical.api.routes import PREFIX, canonical
from clinical.domain.encounter import Change, EncounterClass, Status
from clinical.domain.encounter_errors import EncounterNotFound, EncounterVersionRequired
from clinical.domain.encounter_ports import Wanted
from clinical.domain.permissions import CHANGE_ENCOUNTER, FIND_ENCOUNTERS, OPEN_ENCOUNTER, READ_ENCOUNTER
from clinical.domain.record import PatientRecord
from clinical.service.clinical import Clinical
from clinical.service.encounters import How

router = api_router(
    PREFIX + "/patients/{patient_id}/encounters", tags=["encounters"], dependencies=[Exact, Unstored]
)

Opener = Annotated[Principal, Depends(require(OPEN_ENCOUNTER))]
Reader = Annotated[Principal, Depends(require(READ_ENCOUNTER))]
Finder = Annotated[Principal, Depends(require(FIND_ENCOUNTERS))]
Changer = Annotated[Principal, Depends(require(CHANGE_ENCOUNTER))]


async def encounter_id(encounter_id: Annotated[str, Path()]) -> EncounterId:
    """What cannot be named cannot be there."""
    try:
        return EncounterId(encounter_id)
    except ValueError:
        raise EncounterNotFound from None


async def expected_version(
    if_match: Annotated[
        str | None, Header(description='the ETag of the encounter, `"3"`', json_schema_extra=DEMANDED)
    ] = None,
) -> int:
    """If-Match quoted, weak or bare; 428 without it, 400 when it is no version."""
    if if_match is None:
        raise EncounterVersionRequired
    version = if_match.strip().removeprefix("W/").strip('"')
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise Malformed("If-Match must hold one version number.")
    return int(version)


async def wanted(
    status: Annotated[list[Status] | None, Query(description="any of these")] = None,
    encounter_class: Annotated[list[EncounterClass] | None, Query(description="any of these")] = None,
    since: Annotated[str | None, moment_query("not ended before (RFC 3339)")] = None,
    until: Annotated[str | None, moment_query("begun, or planned, before")] = None,
) -> Wanted:
    """Raises TimeWithoutZone, TimeMalformed, PeriodReversed."""
    asked = span(since, until, ("since", "until"))
    return Wanted(frozenset(status or ()), frozenset(encounter_class or ()), asked.start, asked.end)


Which = Annotated[EncounterId, Depends(encounter_id)]
Expected = Annotated[int, Depends(expected_version)]
Filter = Annotated[Wanted, Depends(wanted)]


@dataclass(frozen=True)
class Changing:
    """Who changes which encounter of whom, and the answer to them."""

    caller: Principal
    record: PatientRecord
    encounter_id: EncounterId
    version: int
    services: Clinical
    response: Response

    async def by(
        self, how: How, kind: Change, *, at: datetime | None = None, why: str | None = None
    ) -> EncounterChanged:
        changed = await self.services.encounters.change(
            self.caller, self.record, self.encounter_id, self.version, how, kind, at=at, why=why
        )
        self.response.headers.update({"ETag": f'"{changed.version}"'} | canonical(self.record))
        return EncounterChanged.of(changed)


async def changing_one(
    caller: Changer,
    record: OfPatient,
    encounter_id: Which,
    version: Expected,
    services: Services,
    response: Response,
) -> Changing:
    return Changing(caller, record, encounter_id, version, services, response)


CHANGED: Final = sends("ETag", "Link") | ENCOUNTER_CONFLICT
ChangingOne = Annotated[Changing, Depends(changing_one)]


@router.post(
    "",
    status_code=201,
    response_model=EncounterChanged,
    responses=sends("ETag", "Location", "Link", status=201) | ENCOUNTER_CONFLICT,
)
async def open_encounter(
    caller: Opener,
    record: OfPatient,
    body: EncounterOpening,
    services: Services,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    await services.encounters.may_open(caller, record)

    async def perform() -> StoredAnswer:
        opened = await services.encounters.open(caller, record, body.opening(), key_of(idempotency_key))
        location = f"{PREFIX}/patients/{record.named_id}/encounters/{opened.id}"
        headers = {"ETag": f'"{opened.version}"', "Location": location, "Content-Type": "application/json"}
        answer = EncounterChanged.of(opened).model_dump_json().encode()
        return StoredAnswer(201, headers | canonical(record), answer)

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("encounter", str(record.named_id), body.model_dump_json()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.get("", response_model_exclude_none=True, responses=sends("Link"))
async def list_encounters(
    caller: Finder,
    record: OfPatient,
    which: Filter,
    paging: Paging,
    services: Services,
    response: Response,
) -> EncounterPage:
    """The newest first; merged patients have theirs together."""
    cursor, limit = paging
    asked = "encounters", record.named_id, which
    after = services.cursors.read(cursor, caller, *asked)
    found = await services.encounters.page(caller, record, which, after, limit)
    response.headers.update(canonical(record))
    items = [EncounterView.of(each) for each in found.encounters]
    return EncounterPage(
        items=items,
        next_cursor=services.cursors.make(found.next, caller, *asked),
    )


@router.get("/{encounter_id}", response_model_exclude_none=True, responses=sends("ETag", "Link"))
async def read_encounter(
    caller: Reader, record: OfPatient, which: Which, services: Services, response: Response
) -> EncounterView:
    encounter = await services.encounters.read(caller, record, which)
    response.headers.update({"ETag": f'"{encounter.version}"'} | canonical(record))
    return EncounterView.of(encounter)


@router.get("/{encounter_id}/history", response_model_exclude_none=True)
async def read_encounter_history(
    caller: Reader, record: OfPatient, which: Which, services: Services, response: Response
) -> Sequence[EncounterStep]:
    """Every change, the oldest first."""
    response.headers.update(canonical(record))
    return [EncounterStep.of(step) for step in await services.encounters.history(caller, record, which)]


@router.put("/{encounter_id}", responses=CHANGED)
async def amend_encounter(changing: ChangingOne, body: EncounterDetails) -> EncounterChanged:
    """Class, reason and participants as they are sent."""
    details = body.value()
    return await changing.by(lambda encounter, _: encounter.amended(details), Change.UPDATED)


@router.post("/{encounter_id}/status", responses=CHANGED)
async def move_encounter(changing: ChangingOne, body: EncounterMove) -> EncounterChanged:
    """The patient has come, was triaged, is being cared for, is on leave."""
    return await changing.by(
        lambda encounter, at: encounter.moved(body.status, at), Change.UPDATED, at=body.at
    )


@router.post("/{encounter_id}/transfer", responses=CHANGED)
async def transfer_encounter(changing: ChangingOne, body: EncounterTransfer) -> EncounterChanged:
    place, kind = body.location.value(), body.encounter_class
    return await changing.by(
        lambda encounter, at: encounter.transferred(place, kind, at), Change.TRANSFERRED, at=body.at
    )


@router.post("/{encounter_id}/close", responses=CHANGED)
async def close_encounter(changing: ChangingOne, body: EncounterClosing) -> EncounterChanged:
    return await changing.by(lambda encounter, at: encounter.closed(at), Change.CLOSED, at=body.at)


@router.post("/{encounter_id}/cancel", responses=CHANGED)
async def cancel_encounter(changing: ChangingOne, body: EncounterCancellation) -> EncounterChanged:
    in_error = body.entered_in_error
    return await changing.by(
        lambda encounter, _: encounter.cancelled(in_error=in_error), Change.CANCELLED, why=body.why
    )


@router.post("/{encounter_id}/reopen", responses=CHANGED)
async def reopen_encounter(changing: ChangingOne, body: EncounterReason) -> EncounterChanged:
    """One that was closed goes on; one that was cancelled is planned again."""
    return await changing.by(lambda encounter, _: encounter.reopened(), Change.OPENED, why=body.why)
