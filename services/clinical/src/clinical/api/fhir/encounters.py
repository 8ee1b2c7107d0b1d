"""`/fhir/r4/Encounter`: read, and found by patient or among all."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Header, Request, Response
from openward_contracts.fhir_view import ENCOUNTER_PARAMETERS
from openward_contracts.identifiers import EncounterId, PatientId
from openward_servicekit.auth import Principal, require
from openward_servicekit.fhir.answering import BUNDLE_SCHEMA, Wish, Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.fhir.searching import FORM, Pairs, ParameterInvalid, of_form, of_url, page_size
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Services
from clinical.api.fhir.bundles import Resource, one, page, sought
from clinical.api.fhir.criteria import Criteria, criteria, referenced
from clinical.domain.cursors import Place
from clinical.domain.encounter import EncounterClass, Status
from clinical.domain.encounter_errors import EncounterNotFound
from clinical.domain.encounter_ports import Sought
from clinical.domain.errors import PatientNotFound
from clinical.domain.fhir.encounters import CLASSES, STATUSES, encounter_body
from clinical.domain.permissions import FIND_ENCOUNTERS, READ_ENCOUNTER
from clinical.service.clinical import Clinical
from clinical.service.finding_encounters import FoundEncounters, Seen

C = TypeVar("C", bound=StrEnum)

router = api_router(BASE, tags=["fhir"])

Reader = Annotated[Principal, Depends(require(READ_ENCOUNTER))]
Finder = Annotated[Principal, Depends(require(FIND_ENCOUNTERS))]
_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/encounter.html",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Encounter"}},
}
_NAMES: Final = [*(name for name, _, _ in ENCOUNTER_PARAMETERS), "_count", "_cursor", "_sort"]
_QUERY: Final = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in _NAMES
    ]
}
_FORM: Final = {
    "requestBody": {
        "content": {
            FORM: {"schema": {"type": "object", "properties": {name: {"type": "string"} for name in _NAMES}}}
        }
    }
}


@router.get("/Encounter", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_QUERY)
async def fhir_search_encounters(
    caller: Finder, services: Services, request: Request, wish: Wished
) -> Response:
    """The last begun, or planned, first; of all patients for who may find those of everybody."""
    return await _answer(services, caller, of_url(request), wish)


@router.post("/Encounter/_search", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_FORM)
async def fhir_search_encounters_by_form(
    caller: Finder, services: Services, request: Request, wish: Wished
) -> Response:
    return await _answer(services, caller, await of_form(request), wish)


@router.get("/Encounter/{encounter_id}", responses=answers(_SCHEMA, 200))
async def fhir_read_encounter(
    caller: Reader,
    encounter_id: str,
    services: Services,
    wish: Wished,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    try:
        named = EncounterId(encounter_id)
    except ValueError:
        raise EncounterNotFound("id") from None
    return one(_resource(await services.fhir.encounters.read(caller, named)), wish, if_none_match)


async def _answer(services: Clinical, caller: Principal, pairs: Pairs, wish: Wish) -> Response:
    asked = criteria(pairs, ENCOUNTER_PARAMETERS, strict=wish.strict)
    size = page_size(asked.given)
    sent = asked.given.get("_cursor")
    after = services.cursors.read(sent, caller, "Encounter", asked.used, path="_cursor")
    result = await _found(services, caller, asked, after, sought(size))
    resources = [_resource(seen) for seen in result.items]
    following = services.cursors.make(result.next, caller, "Encounter", asked.used)
    base = f"{services.fhir.base}/Encounter"
    return resource_response(page(resources, base, asked, size, following), wish)


async def _found(
    services: Clinical, caller: Principal, asked: Criteria, after: Place | None, size: int
) -> FoundEncounters:
    patient = referenced("Patient", services.fhir.base, PatientId)
    named = [ids for name in ("patient", "subject") if (ids := asked.ids(name, patient)) is not None]
    if not named:
        return await services.fhir.encounters.of_all(caller, _wanted(services, asked), after, size)
    patients = frozenset.intersection(*named)
    if len(patients) > 1:
        raise ParameterInvalid("patient", "one patient", "too-costly")
    wanted = _wanted(services, asked)
    try:
        record = await services.records.of_patient(caller, next(iter(patients), PatientId.new()))
    except PatientNotFound:
        return FoundEncounters([], None)
    wanted = replace(wanted, patients=frozenset(record.patient_ids))
    return await services.fhir.encounters.of_patient(caller, record, wanted, after, size)


def _wanted(services: Clinical, asked: Criteria) -> Sought:
    return Sought(
        ids=asked.ids("_id", referenced("Encounter", services.fhir.base, EncounterId)),
        statuses=_coded(asked, "status", STATUSES, Status),
        classes=_coded(asked, "class", CLASSES, EncounterClass),
        dates=asked.dates("date"),
        updated=asked.dates("_lastUpdated"),
    )


def _coded(asked: Criteria, name: str, system: str, codes: type[C]) -> frozenset[C] | None:
    """Those codes for which all repetitions hold; what is no code holds for none."""
    groups = asked.tokens(name)
    if not groups:
        return None
    return frozenset(
        code for code in codes if all(any(one.names(system, code) for one in each) for each in groups)
    )


def _resource(seen: Seen) -> Resource:
    encounter = seen.found.encounter
    body: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": str(encounter.id),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{encounter.id}"}],
        **encounter_body(encounter, seen.patient_id),
    }
    return Resource(body, encounter.version, seen.found.at)
