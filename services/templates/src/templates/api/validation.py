"""`…/{template_id}/$validate`: all that is wrong in a composition, which is neither kept nor logged."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request
from openward_contracts.composition_problem import ValidationReport
from openward_openehr.validation import Format
from openward_servicekit.routing import api_router

from templates.api.dependencies import Services
from templates.api.derived import Language
from templates.api.negotiation import media_type
from templates.api.routes import PREFIX
from templates.api.subjects import Subject
from templates.domain.errors import CompositionExpected, CompositionFormatUnknown, CompositionTooLarge

router = api_router(PREFIX, tags=["validation"])

#: Bytes; what people write has some thousands.
LARGEST: Final = 4_000_000
_FORMATS: Final[Mapping[str, Format]] = {
    "application/json": Format.CANONICAL,
    "application/openehr.wt.flat+json": Format.FLAT,
    "application/openehr.wt.structured+json": Format.STRUCTURED,
    "application/openehr.wt.flat.schema+json": Format.FLAT,
    "application/openehr.wt.structured.schema+json": Format.STRUCTURED,
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"A composition of at most {LARGEST} bytes; nothing of it is kept",
        "content": {name: {"schema": {"type": "object", "additionalProperties": True}} for name in _FORMATS},
    }
}


async def sent_format(
    request: Request,
    form: Annotated[Format | None, Query(alias="format", description="else as Content-Type says")] = None,
) -> Format:
    named = _FORMATS.get(media_type(request.headers.get("content-type", "")))
    if named is None:
        raise CompositionFormatUnknown(_FORMATS)
    return form or named


async def sent_composition(request: Request) -> Mapping[str, Any]:
    """Strict JSON (RFC 7493), an object. Raises CompositionTooLarge, NotJson, CompositionExpected."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > LARGEST:
        raise CompositionTooLarge(LARGEST)
    if len(await request.body()) > LARGEST:
        raise CompositionTooLarge(LARGEST)
    composition = await request.json()
    if not isinstance(composition, Mapping):
        raise CompositionExpected
    return composition


@router.post("/{template_id}/$validate", openapi_extra=_BODY)
async def validate_composition(
    of: Subject,
    form: Annotated[Format, Depends(sent_format)],
    composition: Annotated[Mapping[str, Any], Depends(sent_composition)],
    services: Services,
    language: Language = None,
) -> ValidationReport:
    """All problems at once, each with its path and what would be right; 200 whether there are any or not."""
    problems = await services.derivation.problems(of.material, composition, form)
    return ValidationReport.of(problems, await of.language(language))
