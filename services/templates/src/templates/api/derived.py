"""`/api/templates/v1/templates/{template_id}/…`: what is made of the published version, or of another."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query, Response
from openward_openehr import schema
from openward_openehr.examples import Detail
from openward_servicekit.routing import api_router

from templates.api.conditional import DOCUMENT, kept
from templates.api.routes import PREFIX
from templates.api.subjects import Subject
from templates.domain import recipes
from templates.domain.template import Format

router = api_router(PREFIX, tags=["derived"])

Language = Annotated[
    str | None, Query(max_length=35, description="of labels; without it, what Accept-Language asks for")
]
InFormat = Annotated[Format, Query(alias="format")]
Seed = Annotated[int, Query(ge=0, lt=2**63, description="the same seed makes the same example")]


class DetailWanted(StrEnum):
    MINIMAL = "minimal"
    FULL = "full"


_TYPES: Final = kept(
    {each: {"schema": {"type": "string"}} for each in ("text/x-python", "text/x-typescript")}
)
DETAILS: Final = {DetailWanted.MINIMAL: Detail.MINIMAL, DetailWanted.FULL: Detail.FULL}


@router.get("/{template_id}/web-template", response_class=Response, responses=DOCUMENT)
async def read_web_template(of: Subject) -> Response:
    """As EHRbase and Better give it (simSDT 2.3), with the labels of all languages."""
    return await of.shown(recipes.WebTemplate())


@router.get("/{template_id}/form", response_class=Response, responses=DOCUMENT)
async def read_form(of: Subject, language: Language = None) -> Response:
    """Sections and fields, ready to render, with the labels of `language` or else of all."""
    return await of.shown(recipes.Form(await of.language(language) if language else None))


@router.get("/{template_id}/example", response_class=Response, responses=DOCUMENT)
async def read_example(
    of: Subject,
    language: Language = None,
    form: InFormat = Format.CANONICAL,
    detail: DetailWanted = DetailWanted.FULL,
    seed: Seed = 0,
) -> Response:
    """A composition with made-up content, which can be written as it is."""
    return await of.shown(recipes.Example(form, DETAILS[detail], seed, await of.language(language)))


@router.get("/{template_id}/json-schema", response_class=Response, responses=DOCUMENT)
async def read_json_schema(
    of: Subject,
    language: Language = None,
    form: Annotated[schema.Format, Query(alias="format")] = schema.Format.FLAT,
) -> Response:
    """JSON Schema 2020-12 of compositions in that format."""
    return await of.shown(recipes.JsonSchema(form, await of.language(language)))


@router.get("/{template_id}/types/{typed}", response_class=Response, responses=_TYPES)
async def read_types(of: Subject, typed: recipes.Typed, language: Language = None) -> Response:
    """Pydantic models, or TypeScript types, of STRUCTURED compositions: `Composition` is the whole."""
    return await of.shown(recipes.Types(typed, await of.language(language)))
