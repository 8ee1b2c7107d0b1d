"""What a route asks for: the caller with a permission, the template that is named or sent."""

import asyncio
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Path, Request
from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Principal, require

from templates.api.negotiation import media_type
from templates.domain.errors import TemplateIdInvalid, TemplateNotFound, XmlExpected
from templates.domain.hardened_xml import from_latin_1
from templates.domain.opt import Opt, checked_id, read_opt
from templates.domain.permissions import CHANGE, DELETE, READ, UPLOAD
from templates.service.use_cases import Templates


async def templates(request: Request) -> Templates:
    return cast("Templates", request.app.state.templates)


Services = Annotated[Templates, Depends(templates)]
Uploader = Annotated[Principal, Depends(require(UPLOAD))]
Reader = Annotated[Principal, Depends(require(READ))]
Changer = Annotated[Principal, Depends(require(CHANGE))]
Deleter = Annotated[Principal, Depends(require(DELETE))]


async def named_template(template_id: Annotated[str, Path()]) -> TemplateId:
    """A template that cannot be called so cannot be there."""
    try:
        return checked_id(template_id)
    except TemplateIdInvalid:
        raise TemplateNotFound from None


NamedTemplate = Annotated[TemplateId, Depends(named_template)]

_XML: Final = ("application/xml", "text/xml")
#: The body is kept as it came, so it is not modelled.
OPT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "Operational template, ADL 1.4 (OPT), in UTF-8",
        "content": {name: {"schema": {"type": "string"}} for name in _XML},
    }
}


async def sent_opt(request: Request, services: Services) -> Opt:
    """Read in a thread, so that others are served meanwhile."""
    content_type = request.headers.get("content-type", "")
    charsets = _charsets(content_type)
    if media_type(content_type) not in _XML or charsets not in ([], ["utf-8"], ["iso-8859-1"]):
        raise XmlExpected
    source = await request.body()
    if charsets == ["iso-8859-1"]:
        source = from_latin_1(source)
    async with services.reading:
        return await asyncio.to_thread(read_opt, source)


def _charsets(content_type: str) -> list[str]:
    """Without one the document itself says it (RFC 7303, section 3)."""
    parameters = (part.strip().lower() for part in content_type.split(";")[1:])
    return [part.removeprefix("charset=").strip("\"'") for part in parameters if part.startswith("charset=")]


SentOpt = Annotated[Opt, Depends(sent_opt)]
