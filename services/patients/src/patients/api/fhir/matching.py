"""IHE PDQm 3.2, ITI-119: `Patient/$match`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Response
from openward_servicekit.auth import Principal, require
from openward_servicekit.fhir.answering import BUNDLE_SCHEMA, Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.fhir.outcome import issue
from openward_servicekit.routing import api_router

from patients.api.dependencies import Services
from patients.api.fhir.bodies import ResourceBody
from patients.api.fhir.bundles import entry, note
from patients.api.fhir.incoming import read_probe
from patients.api.fhir.outgoing import patient_resource
from patients.api.fhir.parameters import Given, missing, positive
from patients.api.fhir.parts import Element
from patients.api.fhir.systems import MATCH_GRADE
from patients.domain.duplicates.judging import Candidate
from patients.domain.permissions import MATCH

router = api_router(BASE, tags=["fhir"])

Matcher = Annotated[Principal, Depends(require(MATCH))]


@dataclass(frozen=True)
class _Asked:
    resource: Mapping[str, Any]
    only_certain: bool = False
    only_single: bool = False
    count: int | None = None


@router.post("/Patient/$match", responses=answers(BUNDLE_SCHEMA, 200))
async def fhir_match_patient(
    caller: Matcher, resource: ResourceBody, services: Services, wish: Wished
) -> Response:
    """Who the Patient may be, best first: Parameters(resource, onlyCertainMatches, onlySingleMatch, count).

    Nothing is stored. onlyCertainMatches: the one certain patient, nobody where two are; onlySingleMatch:
    nobody where there are several. Elements that are not compared are passed over.
    """
    wanted = _asked(resource)
    record = read_probe(wanted.resource)
    look = services.matching.certain if wanted.only_certain else services.matching.candidates
    judged = await look(caller, record)
    found = judged.candidates
    if wanted.only_single and len(found) > 1:
        found = ()
    replaced = await services.cross_references.replaced(caller, [each.patient.id for each in found])
    entries = [
        _entry(each, patient_resource(each.patient, replaced.get(each.patient.id, ())), services.fhir_base)
        for each in found[: wanted.count]
    ]
    return resource_response(_bundle(entries, services.fhir_base, truncated=judged.truncated), wish)


def _asked(resource: Mapping[str, Any]) -> _Asked:
    """A Patient by itself is asked for without conditions."""
    if resource.get("resourceType") == "Patient":
        return _Asked(resource)
    given = Given(resource)
    patient = given.one("resource", "resource", dict)
    if patient is None:
        raise missing("resource")
    return _Asked(
        patient,
        only_certain=bool(given.one("onlyCertainMatches", "valueBoolean", bool)),
        only_single=bool(given.one("onlySingleMatch", "valueBoolean", bool)),
        count=positive(given, "count"),
    )


def _entry(candidate: Candidate, element: Element, base: str) -> Element:
    grade = {"url": MATCH_GRADE, "valueCode": candidate.grade.value}
    score = round(min(max(candidate.probability, 0.0), 1.0), 4)
    return entry(element, base, "match", score=score, extension=[grade])


def _bundle(entries: Sequence[Element], base: str, *, truncated: bool) -> Element:
    bundle: Element = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    bundle["link"] = [{"relation": "self", "url": f"{base}/Patient/$match"}]
    notes: list[Element] = []
    if truncated:
        cut = issue("warning", "incomplete", "candidates-cut", "There were more than could be compared.")
        notes.append(note(cut))
    return bundle | ({"entry": [*entries, *notes]} if entries or notes else {})
