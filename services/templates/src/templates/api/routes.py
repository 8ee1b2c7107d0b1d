"""`/api/templates/v1`: the shape of what is recorded."""

from typing import Annotated, Final

from fastapi import Query, Request, Response
from openward_contracts.page import Page
from openward_servicekit.http import quote_segment
from openward_servicekit.routing import api_router

from templates.api.conditional import answer
from templates.api.dependencies import OPT_BODY, NamedTemplate, Reader, SentOpt, Services, Uploader
from templates.api.negotiation import preferred
from templates.api.schemas import TemplateView
from templates.domain.template import Format

PREFIX: Final = "/api/templates/v1/templates"
router = api_router(PREFIX, tags=["templates"])

JSON: Final = "application/json"
XML: Final = ("application/xml", "text/xml")

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before")]
InFormat = Annotated[Format, Query(alias="format")]


@router.post("", status_code=201, openapi_extra=OPT_BODY)
async def upload_template(
    caller: Uploader, opt: SentOpt, services: Services, response: Response
) -> TemplateView:
    """201 when this upload has published the template, 200 when the same document was published before."""
    uploaded = await services.uploads.upload(caller, opt)
    template = uploaded.template
    response.status_code = 201 if uploaded.new else 200
    response.headers["ETag"] = f'"{template.sha256}"'  # of the document
    response.headers["Location"] = f"{PREFIX}/{quote_segment(template.id)}"
    return TemplateView.of(template)


@router.get("")
async def list_templates(
    caller: Reader, services: Services, limit: Limit = 20, cursor: Cursor = None
) -> Page[TemplateView]:
    """Those that the caller may read, by id; a page may hold fewer than `limit` and still have a next one."""
    found = await services.catalogue.page(caller, services.cursors.read(cursor, caller), limit)
    views = [TemplateView.of(template) for template in found.templates]
    return Page(items=views, next_cursor=services.cursors.make(found.next, caller))


@router.get("/{template_id}", response_model=TemplateView)
async def read_template(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    """What is known of the template, or with `Accept: application/xml` the document as it was uploaded."""
    form = preferred(request.headers.get("accept"), (JSON, *XML))
    if form == JSON:
        template = await services.catalogue.find(caller, template_id)
        return answer(request, TemplateView.of(template).model_dump_json().encode(), JSON)
    return answer(request, await services.catalogue.source(caller, template_id), form)


@router.get("/{template_id}/web-template", response_class=Response)
async def read_web_template(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    document = await services.catalogue.web_template(caller, template_id)
    return answer(request, document.content, document.media_type)


@router.get("/{template_id}/example", response_class=Response)
async def read_example(
    caller: Reader,
    template_id: NamedTemplate,
    services: Services,
    request: Request,
    form: InFormat = Format.CANONICAL,
) -> Response:
    """A composition with made-up content."""
    document = await services.catalogue.example(caller, template_id, form)
    return answer(request, document.content, document.media_type)
