"""Which media type to answer with: JSON only, under its two names."""

from typing import Annotated, Final

from fastapi import Depends, Header, Query

from openward_servicekit.errors import NotAcceptable

BASE: Final = "/fhir/r4"
MEDIA_TYPE: Final = "application/fhir+json"
PLAIN_JSON: Final = "application/json"
#: `+` in a query is a space, and not every client escapes it.
_FORMATS: Final = {
    "json": MEDIA_TYPE,
    MEDIA_TYPE: MEDIA_TYPE,
    MEDIA_TYPE.replace("+", " "): MEDIA_TYPE,
    PLAIN_JSON: PLAIN_JSON,
}
_RANGES: Final = {
    "*/*": MEDIA_TYPE,
    "application/*": MEDIA_TYPE,
    MEDIA_TYPE: MEDIA_TYPE,
    PLAIN_JSON: PLAIN_JSON,
}
_FHIR_VERSIONS: Final = ("4.0", "4.0.1")


class FormatNotSupported(NotAcceptable):
    slug = "format-not-supported"

    def __init__(self) -> None:
        super().__init__("This speaks FHIR R4 in JSON: application/fhir+json or application/json.")


async def negotiated(
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
    wanted: Annotated[
        str | None, Query(alias="_format", description="json, application/fhir+json or application/json")
    ] = None,
) -> str:
    """`_format` wins over Accept (http.html#mime-type). Raises FormatNotSupported."""
    return media_type(accept, wanted)


def media_type(accept: str | None, wanted: str | None) -> str:
    if wanted is not None:
        chosen = _FORMATS.get(wanted.partition(";")[0].strip().lower())
    else:
        chosen = _accepted(accept)
    if chosen is None:
        raise FormatNotSupported
    return chosen


def _accepted(accept: str | None) -> str | None:
    if not (accept or "").strip():
        return MEDIA_TYPE
    offers = [chosen for part in str(accept).split(",") if (chosen := _of_range(part))]
    return MEDIA_TYPE if MEDIA_TYPE in offers else next(iter(offers), None)


def _of_range(media_range: str) -> str | None:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    given = dict(parameter.partition("=")[::2] for parameter in parameters)
    if given.get("fhirversion", "4.0").strip('"') not in _FHIR_VERSIONS:
        return None
    refused = given.get("q", "1").rstrip("0").rstrip(".") in {"", "0"} and "q" in given
    return None if refused else _RANGES.get(name)


MediaType = Annotated[str, Depends(negotiated)]
