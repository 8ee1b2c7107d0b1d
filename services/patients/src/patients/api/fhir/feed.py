"""IHE PIXm 3.1, ITI-104: an identity source adds, revises, or resolves a duplicate, by its own identifier."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from openward_servicekit.auth import Principal
from openward_servicekit.errors import FieldError
from openward_servicekit.fhir.answering import Wish, Wished, answers
from openward_servicekit.fhir.media import BASE
from openward_servicekit.routing import api_router

from patients.api.dependencies import Services, Updater, VersionIfAny, WhyChanged
from patients.api.fhir.bodies import PATIENT_SCHEMA, ResourceBody
from patients.api.fhir.bundles import written_answer
from patients.api.fhir.conditions import IdentifierMissing, criterion, of_identifier, the_holder
from patients.api.fhir.incoming import ResourceInvalid, check_fhir, check_type, read_patient
from patients.api.fhir.outgoing import links, patient_resource
from patients.domain.errors import PatientNotFound, VersionMismatch
from patients.domain.merges.merge import MergeRequest
from patients.domain.patient import Patient, Why
from patients.domain.permissions import REGISTER, UPDATE
from patients.service.cross_referencing import Token
from patients.service.patients import Patients

router = api_router(BASE, tags=["fhir"])

RESOLVED = "The source of the identity resolved a duplicate (IHE ITI-104)."


@router.put("/Patient", responses=answers(PATIENT_SCHEMA, 200, 201))
async def fhir_feed_patient(  # noqa: PLR0913, PLR0917  what a route is given, it names
    caller: Updater,
    resource: ResourceBody,
    services: Services,
    request: Request,
    wish: Wished,
    why: WhyChanged,
    version: VersionIfAny = None,
) -> Response:
    """`?identifier=system|value`: 201 if nobody has it, else 200.

    With `active: false` and a link `replaced-by` that names an identifier, whoever has the one of the URL is
    merged into whoever has the other; the rest of the resource is not looked at. The merge can be undone.
    """
    await request.app.state.authorizer.authorize(caller, UPDATE)
    wanted = criterion(request.url.query)
    check_type(resource, "Patient")
    check_fhir(resource)
    holder = await the_holder(services, caller, wanted)
    replacing = _replacing(resource)
    if replacing is not None:
        patient = await _resolve(services, caller, holder, replacing, why)
        return _response(services, wish, patient)
    if wanted not in {of_identifier(each) for each in resource.get("identifier", ())}:
        raise IdentifierMissing
    if holder is None:
        await request.app.state.authorizer.authorize(caller, REGISTER)
        incoming = read_patient(resource, strict=wish.strict)
        patient = await services.registration.register(caller, incoming.record, None, why)
        return _response(services, wish, patient, ignored=incoming.ignored, status=201)
    if version not in {None, holder.version}:
        raise VersionMismatch(holder.version)
    known_links = links(holder)
    incoming = read_patient(resource, holder, known_links, strict=wish.strict)
    patient = await services.registration.update(caller, holder, incoming.record, why)
    return _response(services, wish, patient, ignored=incoming.ignored)


def _replacing(resource: Mapping[str, Any]) -> Token | None:
    """The identifier of whoever replaces this patient."""
    if resource.get("active") is not False:
        return None
    targets = (
        of_identifier(link.get("other", {}).get("identifier"))
        for link in resource.get("link", ())
        if link.get("type") == "replaced-by"
    )
    return next((target for target in targets if target is not None), None)


async def _resolve(
    services: Patients, caller: Principal, source: Patient | None, target: Token, why: Why
) -> Patient:
    """Raises PatientNotFound without a source, ResourceInvalid without a target, what a merge raises."""
    if source is None:
        raise PatientNotFound
    survivor = await the_holder(services, caller, target)
    if survivor is None:
        error = FieldError("not-found", "nobody has this identifier", pointer="/link/0/other/identifier")
        raise ResourceInvalid(errors=(error,))
    request = MergeRequest(source.id, survivor.id, source.version, survivor.version, why.reason or RESOLVED)
    await services.merges.execute(caller, request)
    return await services.cross_references.released(caller, source.id)


def _response(
    services: Patients, wish: Wish, patient: Patient, *, ignored: tuple[str, ...] = (), status: int = 200
) -> Response:
    element = patient_resource(patient)
    headers, body = written_answer(patient, element, wish, services.fhir_base, ignored=ignored)
    return Response(body, status, dict(headers))
