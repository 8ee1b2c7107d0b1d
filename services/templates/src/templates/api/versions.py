"""`/api/templates/v1/templates/{template_id}/versions`: what was uploaded, and what became of it."""

from typing import Annotated, Final

from fastapi import Depends, Path, Request, Response
from openward_servicekit.routing import api_router

from templates.api.conditional import answer
from templates.api.dependencies import Changer, Deleter, NamedTemplate, Reader, Services
from templates.api.negotiation import preferred
from templates.api.schemas import FindingList, VersionDetails, VersionList, findings_of
from templates.domain.errors import VersionNotFound
from templates.domain.semantic_version import SemanticVersion

PREFIX: Final = "/api/templates/v1/templates"
router = api_router(f"{PREFIX}/{{template_id}}/versions", tags=["versions"])

JSON: Final = "application/json"
XML: Final = ("application/xml", "text/xml")


async def named_version(version: Annotated[str, Path(examples=["1.2.0"])]) -> SemanticVersion:
    """A version that cannot be called so cannot be there."""
    try:
        return SemanticVersion.parse(version)
    except ValueError:
        raise VersionNotFound from None


NamedVersion = Annotated[SemanticVersion, Depends(named_version)]


@router.get("", response_model=VersionList)
async def list_versions(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    """All of them, from the highest to the lowest."""
    record = await services.lifecycle.record(caller, template_id)
    return answer(request, VersionList.of(record).model_dump_json().encode(), JSON)


@router.get("/{version}", response_model=VersionDetails)
async def read_version(
    caller: Reader, template_id: NamedTemplate, version: NamedVersion, services: Services, request: Request
) -> Response:
    """What is known of it, or with `Accept: application/xml` the document as it was uploaded."""
    form = preferred(request.headers.get("accept"), (JSON, *XML))
    if form != JSON:
        return answer(request, await services.lifecycle.source(caller, template_id, version), form)
    record, found = await services.lifecycle.version(caller, template_id, version)
    return answer(request, VersionDetails.of_record(record, found).model_dump_json().encode(), JSON)


@router.get("/{version}/findings", response_model=FindingList)
async def read_findings(
    caller: Reader, template_id: NamedTemplate, version: NamedVersion, services: Services, request: Request
) -> Response:
    """What a look at the document found when it was uploaded."""
    _, found = await services.lifecycle.version(caller, template_id, version)
    return answer(request, FindingList(items=findings_of(found)).model_dump_json().encode(), JSON)


@router.post("/{version}/publish")
async def publish_version(
    caller: Changer, template_id: NamedTemplate, version: NamedVersion, services: Services
) -> VersionDetails:
    """A draft becomes what compositions are made with. What is published already stays so."""
    published = await services.lifecycle.publish(caller, template_id, version)
    return VersionDetails.of_record(published.record, published.version)


@router.post("/{version}/retire")
async def retire_version(
    caller: Changer, template_id: NamedTemplate, version: NamedVersion, services: Services
) -> VersionDetails:
    """It is offered no more. Where compositions use it, the clinical data repository keeps it."""
    record = await services.lifecycle.retire(caller, template_id, version)
    return VersionDetails.of_record(record, record.version(version))


@router.delete("/{version}", status_code=204)
async def delete_version(
    caller: Deleter, template_id: NamedTemplate, version: NamedVersion, services: Services
) -> None:
    """A draft, or what was refused. What was published can be retired."""
    await services.lifecycle.delete(caller, template_id, version)
