"""IHE PDQm 3.2, ITI-78: `Patient?…` and `Patient/_search`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.errors import NotFound
from openward_servicekit.fhir.answering import BUNDLE_SCHEMA, Wish, Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.fhir.outcome import issue
from openward_servicekit.fhir.searching import (
    DEFAULT_COUNT,
    FORM,
    Pairs,
    ParameterUnknown,
    of_form,
    of_url,
    page_size,
)
from openward_servicekit.routing import api_router

from patients.api.dependencies import Searcher, Services
from patients.api.fhir.bundles import entry, note
from patients.api.fhir.capability import SEARCH_PARAMETERS
from patients.api.fhir.criteria import Asked, Conjunction, asked
from patients.api.fhir.outgoing import patient_resource
from patients.api.fhir.pages import PageOfHits, Paging, Position
from patients.api.fhir.parts import Element
from patients.api.fhir.seal import seal, unseal
from patients.domain.cross_reference import EHR_SYSTEM
from patients.domain.search.asking import Hit
from patients.service.cross_referencing import Token
from patients.service.patients import Patients

router = api_router(BASE, tags=["fhir"])

_NAMES: Final = [name for name, _, _ in SEARCH_PARAMETERS]
_QUERY: Final = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
        for name in (*_NAMES, "_count", "_total", "_cursor")
    ]
}
_BODY: Final = {
    "requestBody": {
        "content": {
            FORM: {"schema": {"type": "object", "properties": {name: {"type": "string"} for name in _NAMES}}}
        }
    }
}


class SearchDomainUnknown(NotFound):
    """PDQm, 2:3.78.4.1.3, case 4."""

    slug = "target-system-unknown"

    def __init__(self) -> None:
        super().__init__("targetSystem not found")


@dataclass(frozen=True)
class _Query:
    """A search, and where in its result."""

    pairs: tuple[tuple[str, str], ...]
    count: int = DEFAULT_COUNT
    counted: bool = True
    position: Position = field(default_factory=Position)
    cursor: str | None = None


@router.get("/Patient", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_QUERY)
async def fhir_search_patients(
    caller: Searcher, services: Services, request: Request, wish: Wished
) -> Response:
    """Names and identifiers are in the URL because FHIR asks for it; `POST Patient/_search` keeps them out.

    A merged patient who is found comes as `include`, beside the survivor.
    """
    return await _answer(services, caller, of_url(request), wish)


@router.post("/Patient/_search", responses=answers(BUNDLE_SCHEMA, 200), openapi_extra=_BODY)
async def fhir_search_patients_by_form(
    caller: Searcher, services: Services, request: Request, wish: Wished
) -> Response:
    """The same with the parameters in a form. Links to further pages hold them encrypted."""
    return await _answer(services, caller, await of_form(request), wish)


async def _answer(services: Patients, caller: Principal, pairs: Pairs, wish: Wish) -> Response:
    query = _query(pairs, services.cursors.key, caller)
    wanted = asked(query.pairs)
    if wish.strict and wanted.unknown:
        raise ParameterUnknown(wanted.unknown)
    for system in wanted.only:
        if not await services.cross_references.knows(system):
            raise SearchDomainUnknown
    plan = await _resolved(services, caller, wanted.plan)
    paging = Paging(services.searches, caller, plan)
    page = await paging.page(query.position, query.count or 1, count=query.counted)
    bundle = await _bundle(services, caller, query, wanted, page)
    return resource_response(bundle, wish)


def _query(pairs: Pairs, key: bytes, caller: Principal) -> _Query:
    given = dict(pairs)
    if "_cursor" in given:
        used, count, counted, position = unseal(key, given["_cursor"], caller.sub)
        at = Position(*position)
        return _Query(tuple((n, v) for n, v in used), count, counted, at, given["_cursor"])
    return _Query(tuple(pairs), page_size(given), given.get("_total") != "none")


async def _resolved(
    services: Patients, caller: Principal, plan: Sequence[Conjunction]
) -> Sequence[Conjunction]:
    """With ids of patients for those of EHRs, which the search does not know."""
    found = []
    for each in plan:
        ehrs = [value for system, value in each.main.identifiers if system == EHR_SYSTEM and value]
        if not ehrs:
            found.append(each)
            continue
        ids: set[PatientId] = set(each.main.ids)
        for value in ehrs:
            holders = await services.cross_references.holders(caller, Token(EHR_SYSTEM, value))
            ids = {holder.id for holder in holders} & (ids or {holder.id for holder in holders})
        others = tuple(pair for pair in each.main.identifiers if pair[0] != EHR_SYSTEM)
        if ids:
            found.append(replace(each, main=replace(each.main, identifiers=others, ids=tuple(ids))))
    return found


async def _bundle(
    services: Patients, caller: Principal, query: _Query, wanted: Asked, page: PageOfHits
) -> Element:
    hits = page.hits if query.count else ()
    entries = await _entries(services, caller, hits, wanted)
    if page.at_least is not None:
        text = f"There are more than {page.at_least} matches; they are not counted."
        entries.append(note(issue("information", "incomplete", "total-not-counted", text)))
    bundle: Element = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        bundle["total"] = page.total
    bundle["link"] = _links(services, caller, query, wanted, page)
    return bundle | ({"entry": entries} if entries else {})


def _links(
    services: Patients, caller: Principal, query: _Query, wanted: Asked, page: PageOfHits
) -> list[dict[str, Any]]:
    """`self` holds what was used of the parameters; it is in the body only."""
    used = [*wanted.used, ("_count", str(query.count))]
    self_query = [("_cursor", query.cursor)] if query.cursor else used
    links = [{"relation": "self", "url": f"{services.fhir_base}/Patient?{urlencode(self_query)}"}]
    if page.following is not None and query.count:
        position = [page.following.alternative, page.following.cursor]
        cursor = seal(services.cursors.key, [wanted.used, query.count, query.counted, position], caller.sub)
        links.append({"relation": "next", "url": f"{services.fhir_base}/Patient?_cursor={cursor}"})
    return links


async def _entries(
    services: Patients, caller: Principal, hits: Sequence[Hit], wanted: Asked
) -> list[dict[str, Any]]:
    """A hit that was found by a record merged into it brings that record, unless it must be active."""
    replaced = await services.cross_references.replaced(caller, [hit.patient.id for hit in hits])
    active = any(name == "active" for name, _ in wanted.used)
    vias = [] if active else [hit.via for hit in hits if hit.via]
    merged = await services.cross_references.beside(caller, vias)
    only = wanted.only or None
    found = []
    for hit in hits:
        patient = patient_resource(hit.patient, replaced.get(hit.patient.id, ()), only=only)
        found.append(entry(patient, services.fhir_base, "match"))
        if hit.via and hit.via in merged:
            element = patient_resource(merged[hit.via], only=only)
            found.append(entry(element, services.fhir_base, "include"))
    return found
