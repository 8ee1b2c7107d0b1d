"""The parameters of FHIR searches (R4 search.html), in the URL or in a form."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from openward_servicekit.errors import FieldError, Malformed, Unsupported

DEFAULT_COUNT: Final = 20
MOST_COUNT: Final = 100
FORM: Final = "application/x-www-form-urlencoded"
_MOST_PARAMETERS: Final = 100

Pairs = Sequence[tuple[str, str]]
"""Names and values as they were sent, decoded."""


class ParameterUnknown(Malformed):
    """Raised only if the caller prefers strict handling."""

    slug = "parameter-unknown"

    def __init__(self, names: Sequence[str]) -> None:
        errors = [FieldError("not-supported", "not supported", path=name[:64]) for name in names]
        super().__init__("A search parameter is not supported.", errors=errors)


class ParameterInvalid(Malformed):
    slug = "parameter-invalid"

    def __init__(self, name: str, expected: str, code: str = "value") -> None:
        error = FieldError(code, expected, path=name)
        super().__init__("A search parameter cannot be understood.", errors=(error,))


class FormExpected(Unsupported):
    slug = "form-expected"

    def __init__(self) -> None:
        super().__init__(f"Send {FORM}.")


def of_url(request: Request) -> Pairs:
    return _parsed(request.url.query.encode())


async def of_form(request: Request) -> Pairs:
    """Those of the URL, then those of the body. Raises FormExpected."""
    body = await request.body()
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise FormExpected
    return [*of_url(request), *_parsed(body)]


def only_counts(pair: tuple[str, str]) -> bool:
    """The one summary that is understood; it is the same as `_count=0` (R4 search.html#summary)."""
    return pair == ("_summary", "count")


def page_size(given: Mapping[str, str]) -> int:
    """`_count`, at most MOST_COUNT; 0 to count only. Raises ParameterInvalid."""
    text = given.get("_count")
    if given.get("_summary") == "count":
        return 0
    if not text:
        return DEFAULT_COUNT
    if not (text.isascii() and text.isdecimal()):
        raise ParameterInvalid("_count", "a number from 0")
    return min(int(text[:9]), MOST_COUNT)


def _parsed(text: bytes) -> Pairs:
    try:
        return parse_qsl(
            text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        raise Malformed("The search is no form of at most 100 fields in UTF-8, percent-encoded.") from None
