"""IHE PIXm 3.1, ITI-83: the identifiers of the person who has one identifier."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.errors import Malformed
from openward_servicekit.fhir.answering import Wished, answers, resource_response
from openward_servicekit.fhir.media import BASE
from openward_servicekit.routing import api_router

from patients.api.dependencies import Searcher, Services
from patients.api.fhir.bodies import PARAMETERS_SCHEMA, ResourceBody
from patients.api.fhir.conditions import of_identifier
from patients.api.fhir.outgoing import identifiers
from patients.api.fhir.parameters import Given, missing, parameters
from patients.api.fhir.parts import Element
from patients.domain.cross_reference import SourceIdentifierNotFound
from patients.domain.keys import identifier_key
from patients.domain.patient import Patient
from patients.service.cross_referencing import Token
from patients.service.patients import Patients

router = api_router(BASE, tags=["fhir"])


class SourceMalformed(Malformed):
    slug = "source-malformed"

    def __init__(self) -> None:
        super().__init__("sourceIdentifier is a system and a value: system|value.")


@router.get("/Patient/$ihe-pix", responses=answers(PARAMETERS_SCHEMA, 200))
async def fhir_query_identifiers(
    caller: Searcher,
    services: Services,
    wish: Wished,
    source: Annotated[str, Query(alias="sourceIdentifier", description="system|value")],
    targets: Annotated[list[str] | None, Query(alias="targetSystem")] = None,
) -> Response:
    """Also those of records that were merged; never the one that was sent.

    A patient's logical id is an identifier, too: of the system `<this base>`, with the value `Patient/<id>`.
    """
    system, bar, value = source.partition("|")
    if not (system and bar and value):
        raise SourceMalformed
    return await _answer(services, caller, wish, Token(system, value), targets or [])


@router.post("/Patient/$ihe-pix", responses=answers(PARAMETERS_SCHEMA, 200))
async def fhir_query_identifiers_by_post(
    caller: Searcher, services: Services, wish: Wished, resource: ResourceBody
) -> Response:
    """The same with Parameters, so that no identifier is in the URL."""
    given = Given(resource)
    source = of_identifier(given.one("sourceIdentifier", "valueIdentifier", dict))
    if source is None:
        raise missing("sourceIdentifier with system and value")
    targets = [str(each) for each in given.all("targetSystem", "valueUri")]
    return await _answer(services, caller, wish, source, targets)


async def _answer(
    services: Patients, caller: Principal, wish: Wished, source: Token, targets: Sequence[str]
) -> Response:
    base = services.fhir_base
    identity = _logical_id(source) if source.system == base else None
    domains = [system for system in targets if system != base]
    persons = await services.cross_references.linked(caller, source, domains, identity=identity)
    found = [
        _identifier(each) for each in _others(persons, source) if not targets or each["system"] in targets
    ]
    survivor = persons[0]
    if (not targets or base in targets) and survivor.id != identity:
        reference = {"reference": f"{base}/Patient/{survivor.id}"}
        found.append({"name": "targetId", "valueReference": reference})
    return resource_response(parameters(*found), wish)


def _logical_id(source: Token) -> PatientId:
    try:
        return PatientId(source.value.removeprefix("Patient/"))
    except ValueError:
        raise SourceIdentifierNotFound from None


def _others(persons: Sequence[Patient], source: Token) -> list[Element]:
    """Each once, without the source in whatever spelling."""
    known = {(source.system, identifier_key(source.value))}
    found = []
    for person in persons:
        for element in identifiers(person):
            key = (element["system"], identifier_key(element["value"]))
            if key not in known:
                known.add(key)
                found.append(element)
    return found


def _identifier(element: Element) -> Element:
    return {"name": "targetIdentifier", "valueIdentifier": element}
