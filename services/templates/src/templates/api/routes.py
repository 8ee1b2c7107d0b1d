"""`/api/templates/v1`: the shape of what is recorded."""

from typing import Annotated, Final

from fastapi import Depends, Query, Request, Response
from openward_contracts.page import Page
from openward_servicekit.http import quote_segment
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from templates.api.conditional import answer
from templates.api.dependencies import OPT_BODY, NamedTemplate, Reader, SentOpt, Services, Uploader
from templates.api.negotiation import preferred
from templates.api.schemas import TemplateDetails, TemplateView
from templates.domain.errors import VersionInvalid
from templates.domain.search import Question
from templates.domain.semantic_version import SemanticVersion
from templates.service.uploads import Wish

PREFIX: Final = "/api/templates/v1/templates"
router = api_router(PREFIX, tags=["templates"])

JSON: Final = "application/json"
XML: Final = ("application/xml", "text/xml")

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before")]
Stated = Annotated[
    str | None, Query(max_length=32, description="semantic version; else as the document says, or the next")
]


async def wished(
    draft: Annotated[bool, Query(description="store it, and publish it later")] = False,  # noqa: FBT002  a query
    version: Stated = None,
) -> Wish:
    try:
        return Wish(draft=draft, version=SemanticVersion.parse(version) if version is not None else None)
    except ValueError:
        raise VersionInvalid from None


Wished = Annotated[Wish, Depends(wished)]


Part = Annotated[str | None, Query(max_length=200)]


async def question(
    q: Annotated[str | None, Query(max_length=200, description="words, each in any of the below")] = None,
    name: Annotated[Part, Query(description="part of the template's id")] = None,
    concept: Annotated[Part, Query(description="part of its concept")] = None,
    archetype: Annotated[Part, Query(description="part of the id of an archetype in it")] = None,
    language: Annotated[Part, Query(description="one that it is written in, such as `pt`, `pt-BR`")] = None,
    label: Annotated[Part, Query(description="part of what a node is called, in any language")] = None,
) -> Question:
    parts = {"name": name, "concept": concept, "archetype": archetype, "language": language, "label": label}
    return Question.of(q, **parts)


Asked = Annotated[Question, Depends(question)]


@router.post(
    "",
    status_code=201,
    responses=sends("ETag", "Location", status=201) | sends("ETag", "Location", model=TemplateDetails),
    openapi_extra=OPT_BODY,
)
async def upload_template(
    caller: Uploader, opt: SentOpt, services: Services, response: Response, wish: Wished
) -> TemplateDetails:
    """201 when this has stored a draft or published the version, 200 when the same bytes were it before.

    Other bytes of a known id are another version, whose number follows from what has changed.
    """
    uploaded = await services.uploads.upload(caller, opt, wish)
    response.status_code = 201 if uploaded.new else 200
    response.headers["ETag"] = f'"{uploaded.version.sha256}"'  # of the document
    response.headers["Location"] = f"{PREFIX}/{quote_segment(uploaded.record.id)}"
    return TemplateDetails.of_record(uploaded.record, uploaded.version)


@router.get("", response_model=Page[TemplateView])
async def list_templates(
    caller: Reader, services: Services, asked: Asked, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """Those that the caller may read, by id; a page may hold fewer than `limit` and still have a next one.

    With a question: published ones for which all of it is true. Letters' case and width do not count.
    """
    after = services.cursors.read(cursor, caller)
    if asked.wanted:
        found = await services.search.page(caller, asked, after, limit)
    else:
        found = await services.catalogue.page(caller, after, limit)
    views = [TemplateView.of(template) for template in found.templates]
    page = Page[TemplateView](items=views, next_cursor=services.cursors.make(found.next, caller))
    return Response(page.model_dump_json(), media_type=JSON)  # it is what it says: no need to check it again


@router.get("/{template_id}", response_model=TemplateDetails)
async def read_template(
    caller: Reader, template_id: NamedTemplate, services: Services, request: Request
) -> Response:
    """What is known of the template, or with `Accept: application/xml` the document as it was uploaded."""
    form = preferred(request.headers.get("accept"), (JSON, *XML))
    if form == JSON:
        record = await services.lifecycle.record(caller, template_id)
        details = TemplateDetails.of_record(record, record.highest)
        return answer(request, details.model_dump_json().encode(), JSON)
    return answer(request, await services.catalogue.source(caller, template_id), form)
