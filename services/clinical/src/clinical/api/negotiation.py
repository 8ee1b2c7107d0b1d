"""What a client of ITS-REST says in headers: its formats, its preference, what it knows."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit.body import check_content, parsed
from openward_servicekit.errors import Malformed, NotAcceptable, Unsupported
from openward_servicekit.openapi_answers import DEMANDED

from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.errors import VersionRequired
from clinical.domain.languages import wanted_languages
from clinical.domain.refusals import spoken

JSON: Final = "application/json"
XML: Final = "application/xml"

#: ITS-REST 1.1 names first; EHRbase knows the older ones.
_FORMATS: Final = {
    JSON: Format.CANONICAL,
    XML: Format.XML,
    "text/xml": Format.XML,
    "application/openehr.wt.flat+json": Format.FLAT,
    "application/openehr.wt.structured+json": Format.STRUCTURED,
    "application/openehr.wt.flat.schema+json": Format.FLAT,
    "application/openehr.wt.structured.schema+json": Format.STRUCTURED,
}
#: `*` is what the HTTP client of Java adds.
_ANYTHING: Final = ("*/*", "*", "application/*", "application/problem+json")


#: Values of Accept whose reading is remembered: a client sends the same ones.
_KEPT: Final = 64


class Prefer(StrEnum):
    """RFC 7240 as ITS-REST has it; minimal is the default."""

    MINIMAL = "return=minimal"
    IDENTIFIER = "return=identifier"
    REPRESENTATION = "return=representation"


async def sent_preference(prefer: Annotated[str, Header(description=" | ".join(Prefer))] = "") -> Prefer:
    """A preference that is not understood is ignored."""
    wishes = {wish.strip().replace('"', "").lower() for wish in prefer.replace(";", ",").split(",")}
    return next((preference for preference in Prefer if preference in wishes), Prefer.MINIMAL)


def _media_types(accept: str) -> Iterator[str]:
    """The most wanted first."""
    wanted = []
    for item in accept.split(","):
        media_type, *parameters = [part.strip().lower() for part in item.split(";")]
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        wanted.append((media_type, float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0))
    wanted.sort(key=lambda item: -item[1])
    return (media_type for media_type, quality in wanted if quality > 0)


async def wanted_document(accept: Annotated[str, Header()] = "") -> str:
    """JSON or XML. Raises NotAcceptable."""
    form = _wanted(accept or JSON)
    if form not in (Format.CANONICAL, Format.XML):
        raise NotAcceptable(f"{JSON} or {XML}.")
    return XML if form is Format.XML else JSON


def takes_json(accept: str) -> bool:
    """Whether JSON is among what is wanted, in any place."""
    return any(wanted in _ANYTHING or "json" in wanted for wanted in _media_types(accept or JSON))


@lru_cache(_KEPT)
def _wanted(accept: str) -> Format:
    for media_type in _media_types(accept):
        if media_type in _FORMATS:
            return _FORMATS[media_type]
        if media_type in _ANYTHING:
            return Format.CANONICAL
    raise NotAcceptable(f"One of {', '.join(_FORMATS)}.")


SentFormat = Annotated[
    str, Query(alias="format", description="JSON (or CANONICAL), XML, FLAT or STRUCTURED; before the headers")
]


def _named(form: str) -> Format:
    try:
        return Format.CANONICAL if form.upper() == "JSON" else Format(form.upper())
    except ValueError:
        names = "[XML, JSON, FLAT, STRUCTURED]"
        words = f"Invalid compositions format [{form}] only {names} are supported at the moment"
        raise NotAcceptable(
            "format is one of JSON, CANONICAL, XML, FLAT, STRUCTURED.", extensions=spoken(words)
        ) from None


async def wanted_format(form: SentFormat = "", accept: Annotated[str, Header()] = "") -> Format:
    return format_of(form, accept)


def format_of(form: str, accept: str) -> Format:
    """How a composition is to be shown. Raises Malformed, NotAcceptable."""
    return _named(form) if form else _wanted(accept or JSON)


@lru_cache(_KEPT)
def shown_as(form: Format, accept: str) -> str | None:
    """The name that the client has for a simplified format, where EHRbase knows another; None: EHRbase's."""
    return next(
        (name for name in _media_types(accept) if _FORMATS.get(name) is form and "+json" in name), None
    )


async def sent_composition(
    request: Request,
    form: SentFormat = "",
    template_id: Annotated[TemplateId | None, Query()] = None,
    ehrbase_template_id: Annotated[TemplateId | None, Query(alias="templateId")] = None,
    openehr_template_id: Annotated[TemplateId | None, Header()] = None,
    content_type: Annotated[str, Header()] = "",
) -> Draft:
    """In the format that `format` says, or else Content-Type; its template may be named in three places."""
    media_type = content_type.partition(";")[0].strip().lower()
    read_as = _named(form) if form else _FORMATS.get(media_type)
    if read_as is None or (read_as is Format.XML) != (_FORMATS.get(media_type) is Format.XML):
        raise Unsupported(f"One of {', '.join(_FORMATS)}.")
    check_content(request, takes_json=read_as is not Format.XML)
    template = template_id or ehrbase_template_id or openehr_template_id
    draft = await parsed(request, lambda body: read_draft(body, read_as, template))
    return replace(draft, languages=wanted_languages(request.headers.get("accept-language", "")))


async def known_version(
    if_match: Annotated[
        str | None, Header(description='the latest version: `"<version uid>"`', json_schema_extra=DEMANDED)
    ] = None,
) -> VersionUid:
    """If-Match quoted, weak or bare. Raises VersionRequired, Malformed."""
    if if_match is None:
        raise VersionRequired
    try:
        return VersionUid(if_match.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise Malformed("If-Match must hold one version uid.") from None


Preference = Annotated[Prefer, Depends(sent_preference)]
WantedDocument = Annotated[str, Depends(wanted_document)]
WantedFormat = Annotated[Format, Depends(wanted_format)]
SentComposition = Annotated[Draft, Depends(sent_composition)]
KnownVersion = Annotated[VersionUid, Depends(known_version)]
