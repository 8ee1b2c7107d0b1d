"""`/fhir/r4/Observation`: read, and found by patient."""

from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response
from openward_contracts.fhir_view import OBSERVATION_PARAMETERS
from openward_contracts.identifiers import EncounterId, PatientId
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import NotFound
from openward_servicekit.fhir.answering import BUNDLE_SCHEMA, Wish, Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.fhir.moments import instant
from openward_servicekit.fhir.searching import FORM, Pairs, ParameterInvalid, of_form, of_url, page_size
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Services
from clinical.api.fhir.bundles import Resource, one, page, sought
from clinical.api.fhir.criteria import Criteria, criteria, referenced
from clinical.domain.errors import PatientNotFound
from clinical.domain.fhir.asking import ObservationsAsked
from clinical.domain.fhir.errors import ObservationNotFound
from clinical.domain.fhir.observations import Observation, ObservationId
from clinical.domain.permissions import FIND_OBSERVATIONS, READ_OBSERVATION
from clinical.service.clinical import Clinical

router = api_router(BASE, tags=["fhir"])

Reader = Annotated[Principal, Depends(require(READ_OBSERVATION))]
Finder = Annotated[Principal, Depends(require(FIND_OBSERVATIONS))]
_SCHEMA: Final = {
    "type": "object",
    "description": "http://hl7.org/fhir/R4/observation.html",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Observation"}},
}
_NAMES: Final = [*(name for name, _, _ in OBSERVATION_PARAMETERS), "_count", "_cursor", "_sort"]
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
#: Of the version of a composition that an Observation was read from.
_VERSION: Final = "urn:openward:composition-version"


@router.get("/Observation", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_QUERY)
async def fhir_search_observations(
    caller: Finder, services: Services, request: Request, wish: Wished
) -> Response:
    """Of one patient, or by `_id`, the newest first; a page may be short, or empty, and not the last."""
    return await _answer(services, caller, of_url(request), wish)


@router.post("/Observation/_search", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_FORM)
async def fhir_search_observations_by_form(
    caller: Finder, services: Services, request: Request, wish: Wished
) -> Response:
    return await _answer(services, caller, await of_form(request), wish)


@router.get("/Observation/{observation_id}", responses=answers(_SCHEMA, 200))
async def fhir_read_observation(
    caller: Reader,
    observation_id: str,
    services: Services,
    wish: Wished,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """An event of an entry of a composition's latest version, if that maps without loss."""
    named = ObservationId.read(observation_id)
    if named is None:
        raise ObservationNotFound
    found, patient_id = await services.fhir.observations.read(caller, named)
    return one(_resource(services, found, patient_id), wish, if_none_match)


async def _answer(services: Clinical, caller: Principal, pairs: Pairs, wish: Wish) -> Response:
    asked = criteria(pairs, OBSERVATION_PARAMETERS, strict=wish.strict)
    size = page_size(asked.given)
    named, wanted = _patient(services, asked), _asked(services, asked)
    base = f"{services.fhir.base}/Observation"
    if named is None:
        found = await _by_ids(services, caller, wanted, sought(size))
        return resource_response(page(found, base, asked, size, None), wish)
    sent = asked.given.get("_cursor")
    after = services.cursors.read(sent, caller, "Observation", asked.used, path="_cursor")
    try:
        record = await services.records.of_patient(caller, named)
    except PatientNotFound:
        return resource_response(page([], base, asked, size, None), wish)
    result = await services.fhir.observations.page(caller, record, wanted, after, sought(size))
    resources = [_resource(services, each, result.patient_id) for each in result.items]
    following = services.cursors.make(result.next, caller, "Observation", asked.used)
    return resource_response(page(resources, base, asked, size, following), wish)


def _patient(services: Clinical, asked: Criteria) -> PatientId | None:
    """The one that is asked for; nobody has the id of two. None: observations are named instead."""
    patient = referenced("Patient", services.fhir.base, PatientId)
    named = [ids for name in ("patient", "subject") if (ids := asked.ids(name, patient)) is not None]
    if not named:
        if "_id" not in asked.values:
            raise ParameterInvalid("patient", "a patient, or _id", "required")
        return None
    ids = frozenset.intersection(*named)
    if len(ids) > 1:
        raise ParameterInvalid("patient", "one patient", "too-costly")
    return next(iter(ids), PatientId.new())


async def _by_ids(
    services: Clinical, caller: Principal, wanted: ObservationsAsked, size: int
) -> list[Resource]:
    """Each judged as if it were read."""
    if len(wanted.ids or ()) > size:
        raise ParameterInvalid("_id", "as many as `_count`, or a patient", "too-costly")
    found = []
    for named in sorted(wanted.ids or ()):
        try:
            observation, patient_id = await services.fhir.observations.read(caller, named)
        except NotFound:
            continue
        if wanted.holds(observation):
            found.append(_resource(services, observation, patient_id))
    return found


def _asked(services: Clinical, asked: Criteria) -> ObservationsAsked:
    sets = [frozenset(filter(None, map(ObservationId.read, each))) for each in asked.values.get("_id", ())]
    return ObservationsAsked(
        ids=frozenset.intersection(*sets) if sets else None,
        codes=asked.tokens("code"),
        categories=asked.tokens("category"),
        statuses=asked.tokens("status"),
        dates=asked.dates("date"),
        updated=asked.dates("_lastUpdated"),
        encounters=asked.ids("encounter", referenced("Encounter", services.fhir.base, EncounterId)),
    )


def _resource(services: Clinical, found: Observation, patient_id: PatientId) -> Resource:
    row = found.row
    uid = f"{row.object_id}::{services.fhir.observations.system_id}::{row.version}"
    body: dict[str, Any] = {
        "resourceType": "Observation",
        "id": str(found.id),
        "identifier": [{"system": _VERSION, "value": uid}],
        **found.body,
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": found.at.isoformat(),
        "issued": instant(row.committed_at),
    }
    if found.encounter_id:
        body["encounter"] = {"reference": f"Encounter/{found.encounter_id}"}
    return Resource(body, row.version, found.updated)
