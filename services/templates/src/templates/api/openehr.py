"""openEHR ITS-REST, `definition/template/adl1.4`, on the same use cases as the service's own API.

Served at `/openehr/v1`, and at `/ehrbase/rest/openehr/v1` for clients that build EHRbase's paths; links in
answers keep the base that the client used. EHRbase's own clients list and upload with a slash at the end, and
read the template's id from the ETag of an upload.
"""

from collections.abc import Mapping
from enum import StrEnum
from string import printable
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from openward_contracts.identifiers import TemplateId
from openward_openehr.examples import Detail
from openward_servicekit.auth import Principal
from openward_servicekit.errors import Invalid, NotAcceptable
from openward_servicekit.http import quote_segment
from openward_servicekit.origin import origin_of
from openward_servicekit.routing import api_router

from templates.api.conditional import shown
from templates.api.dependencies import OPT_BODY, Deleter, NamedTemplate, Reader, Services, Uploader, sent_opt
from templates.api.negotiation import preferred
from templates.api.schemas import TemplateListed
from templates.domain import recipes
from templates.domain.errors import OptUnreadable, TemplateExists
from templates.domain.opt import Opt
from templates.domain.rendered import Rendered
from templates.domain.template import Format
from templates.service.uploads import Wish
from templates.service.use_cases import Templates

_RESOURCE: Final = "/definition/template/adl1.4"
BASES: Final = tuple(base + _RESOURCE for base in ("/openehr/v1", "/ehrbase/rest/openehr/v1"))
REPRESENTATION: Final = "return=representation"

XML: Final = ("application/xml", "text/xml")
WEB_TEMPLATE: Final = ("application/openehr.wt+json", "application/json")
#: The names of ITS-REST 1.1, and those before, which EHRbase uses.
EXAMPLES: Final[Mapping[str, Format]] = {
    "application/json": Format.CANONICAL,
    "application/xml": Format.XML,
    "application/openehr.wt.flat+json": Format.FLAT,
    "application/openehr.wt.structured+json": Format.STRUCTURED,
    "application/openehr.wt.flat.schema+json": Format.FLAT,
    "application/openehr.wt.structured.schema+json": Format.STRUCTURED,
}
_IN_ETAG: Final = "".join(set(printable) - set('"%\t\n\r\v\f'))

Prefer = Annotated[str, Header(description="return=minimal | return=representation")]


class EhrbaseFormat(StrEnum):
    """EHRbase's `format`, which goes before Accept."""

    JSON = "JSON"
    XML = "XML"
    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"


InFormat = Annotated[str, Query(alias="format", description=" | ".join(EhrbaseFormat))]
REQUIRED: Final = "required"
DetailLevel = Annotated[str, Query(description=f"{REQUIRED}: what must be there; else as much as can be")]


def routers() -> list[APIRouter]:
    return [_router(base, documented=base == BASES[0]) for base in BASES]


def _router(base: str, *, documented: bool) -> APIRouter:
    router = api_router(base, tags=["openehr"])
    for path in ("", "/"):
        options: dict[str, Any] = {"include_in_schema": documented and not path}
        router.post(path, status_code=201, response_class=Response, openapi_extra=OPT_BODY, **options)(
            openehr_upload_template
        )
        router.get(path, **options)(openehr_list_templates)
    options = {"include_in_schema": documented, "response_class": Response}
    router.get("/{template_id}", **options)(openehr_read_template)
    router.delete("/{template_id}", status_code=204, include_in_schema=documented)(openehr_delete_template)
    router.get("/{template_id}/webtemplate", **options)(openehr_read_web_template)
    router.get("/{template_id}/example", **options)(openehr_read_example)
    return router


async def sent_to_openehr(request: Request, services: Services) -> Opt:
    """Raises OptUnreadable: what is no template is 400 to EHRbase."""
    try:
        return await sent_opt(request, services)
    except Invalid as failure:
        raise OptUnreadable(failure.detail, errors=failure.errors) from None


async def openehr_upload_template(
    caller: Uploader,
    opt: Annotated[Opt, Depends(sent_to_openehr)],
    services: Services,
    request: Request,
    prefer: Prefer = "",
) -> Response:
    template_id = await _published(caller, opt, services)
    route = request.scope["route"].path  # the matched route, not what the client wrote
    base = next(base for base in BASES if route.startswith(base))
    headers = {
        "ETag": f'"{quote(template_id, safe=_IN_ETAG)}"',
        "Location": f"{origin_of(request)}{base}/{quote_segment(template_id)}",
    }
    if REPRESENTATION not in prefer:
        return Response(status_code=201, headers=headers)
    return Response(opt.source, 201, headers, XML[0])


async def _published(caller: Principal, opt: Opt, services: Templates) -> TemplateId:
    """By this upload or one that it repeats; TemplateExists, in EHRbase's words, when it was before."""
    there = TemplateExists(f"Operational template with this template ID already exists: {opt.template_id}")
    try:
        uploaded = await services.uploads.upload(caller, opt, Wish(first=True))
    except TemplateExists:
        raise there from None
    if not uploaded.new:
        raise there
    return uploaded.record.id


async def openehr_list_templates(
    caller: Reader, services: Services, request: Request, response: Response
) -> list[TemplateListed]:
    """Published templates."""
    response.headers["Location"] = _asked(request).removesuffix("/")
    return [TemplateListed.of(template) for template in await services.catalogue.published(caller)]


async def openehr_read_template(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    """The document as it was uploaded, or the web template made of it."""
    form = preferred(request.headers.get("accept"), (*XML, *WEB_TEMPLATE))
    if form in XML:
        source = await services.catalogue.offered(caller, template_id)
        return _shown(request, Rendered(source, form))
    subject = await services.derivation.subject(caller, template_id)
    return _shown(request, await services.derivation.document(subject, recipes.WebTemplate()), form)


async def openehr_delete_template(caller: Deleter, template_id: NamedTemplate, services: Services) -> None:
    """It is retired if no version of any composition was made with it, else 409."""
    await services.lifecycle.withdraw(caller, template_id)


async def openehr_read_web_template(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    """Where EHRbase has it besides: ITS-REST has dropped this place."""
    subject = await services.derivation.subject(caller, template_id)
    return _shown(request, await services.derivation.document(subject, recipes.WebTemplate()))


async def openehr_read_example(
    caller: Reader,
    template_id: NamedTemplate,
    services: Services,
    request: Request,
    form: InFormat = "",
    detail_level: DetailLevel = "",
) -> Response:
    """A composition with made-up content, as it can be written; the same each time."""
    media_type = _media_type(request.headers.get("accept"), form)
    detail = Detail.MINIMAL if detail_level == REQUIRED else Detail.FULL
    subject = await services.derivation.subject(caller, template_id)
    language = await services.derivation.language(subject, None, ())
    recipe = recipes.Example(EXAMPLES[media_type], detail, 0, language)
    return _shown(request, await services.derivation.document(subject, recipe), media_type)


def _shown(request: Request, document: Rendered, media_type: str | None = None) -> Response:
    """EHRbase says where it is that one asked, too."""
    response = shown(request, document, media_type)
    response.headers["Location"] = _asked(request)
    return response


def _asked(request: Request) -> str:
    return origin_of(request) + quote(request.scope["path"])


def _media_type(accept: str | None, form: str) -> str:
    """Of the names that a format has, EHRbase's: who says `format` has said no other."""
    if not form:
        return preferred(accept, tuple(EXAMPLES))
    if form not in set(EhrbaseFormat):
        known = "[XML, JSON, FLAT, STRUCTURED]"
        words = f"Invalid compositions format [{form}] only {known} are supported at the moment"
        raise NotAcceptable(f"format is one of {', '.join(EhrbaseFormat)}.", extensions={"message": words})
    wanted = Format.CANONICAL if form == EhrbaseFormat.JSON else Format(form)
    return [name for name, each in EXAMPLES.items() if each is wanted][-1]
