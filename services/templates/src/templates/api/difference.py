"""`…/{template_id}/diff`: what changes from one version of a template to another, and for whom."""

from typing import Annotated

from fastapi import Query, Request, Response
from openward_servicekit.routing import api_router

from templates.api.conditional import DOCUMENT, shown
from templates.api.dependencies import NamedTemplate, Reader, Services
from templates.api.routes import PREFIX
from templates.api.subjects import number_of
from templates.domain.errors import VersionInvalid

router = api_router(PREFIX, tags=["derived"])

From = Annotated[str, Query(alias="from", description="version, such as 1.0.0")]
To = Annotated[str | None, Query(description="version; without it the one that is published")]


@router.get("/{template_id}/diff", response_class=Response, responses=DOCUMENT)
async def read_difference(
    caller: Reader,
    template_id: NamedTemplate,
    services: Services,
    request: Request,
    since: From,
    to: To = None,
) -> Response:
    """Each change with its path and verdict, and the lowest version that the later one may have.

    `breaking`: neither who writes nor who reads by the old version gets along; `safe-for-writers`: whatever
    could be written still can; `safe-for-readers`: whatever can be written could be before; `safe`: both.
    """
    if (number := number_of(since)) is None:
        raise VersionInvalid
    old = await services.derivation.subject(caller, template_id, number)
    new = await services.derivation.subject(caller, template_id, number_of(to))
    return shown(request, await services.derivation.difference(old, new))
