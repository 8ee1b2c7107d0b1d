"""What a route asks for: the caller with a permission, the version that If-Match names, why they do it.

All are coroutines: for a plain function FastAPI would fetch a thread, at every request.
"""

from typing import Annotated, Literal, cast
from urllib.parse import unquote

from fastapi import Depends, Header, Path, Query, Request
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import FieldError, Invalid, Malformed
from openward_servicekit.openapi_answers import DEMANDED
from pydantic import TypeAdapter, ValidationError

from patients.domain.errors import VersionRequired
from patients.domain.patient import Why
from patients.domain.permissions import (
    DECIDE,
    MANAGE_DOMAINS,
    MATCH,
    MERGE,
    READ,
    READ_DOMAINS,
    REGISTER,
    SEARCH,
    UPDATE,
)
from patients.domain.text import Reason
from patients.service.patients import Patients


async def patients(request: Request) -> Patients:
    return cast("Patients", request.app.state.patients)


Services = Annotated[Patients, Depends(patients)]
Registrar = Annotated[Principal, Depends(require(REGISTER))]
Reader = Annotated[Principal, Depends(require(READ))]
Updater = Annotated[Principal, Depends(require(UPDATE))]
Searcher = Annotated[Principal, Depends(require(SEARCH))]
Matcher = Annotated[Principal, Depends(require(MATCH))]
Decider = Annotated[Principal, Depends(require(DECIDE))]
Merger = Annotated[Principal, Depends(require(MERGE))]
DomainReader = Annotated[Principal, Depends(require(READ_DOMAINS))]
DomainManager = Annotated[Principal, Depends(require(MANAGE_DOMAINS))]

PatientPath = Annotated[PatientId, Path()]
IdempotencyKey = Annotated[
    str | None, Header(description="The same key does the same thing once (24 h).", max_length=300)
]

_REASON: TypeAdapter[str] = TypeAdapter(Reason)


async def change_reason(
    sent: Annotated[
        str | None,
        Header(
            alias="Change-Reason",
            description="Why, in words; kept in the history. UTF-8, percent-encoded where it is not ASCII.",
        ),
    ] = None,
) -> str | None:
    if sent is None:
        return None
    try:
        return _REASON.validate_python(unquote(sent, errors="strict"))
    except (ValidationError, UnicodeDecodeError):
        error = FieldError("reason", "3 to 500 readable characters", path="Change-Reason")
        raise Invalid(errors=(error,)) from None


async def why(
    reason: Annotated[str | None, Depends(change_reason)],
    confirm: Annotated[
        list[Literal["overlay", "duplicates", "identifier"]],
        Query(description="a doubt that was answered with 409 and is settled; needs a Change-Reason"),
    ] = [],  # noqa: B006  FastAPI copies it
) -> Why:
    return Why(reason, frozenset(confirm))


def _version(if_match: str) -> int:
    version = if_match.strip().removeprefix("W/").strip('"')
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise Malformed("If-Match must hold one version number.")
    return int(version)


_CURRENT = 'the ETag of the current version, `"3"`'


async def expected_version(
    if_match: Annotated[str | None, Header(description=_CURRENT, json_schema_extra=DEMANDED)] = None,
) -> int:
    """If-Match quoted, weak or bare; 428 without it, 400 when it is no version."""
    if if_match is None:
        raise VersionRequired
    return _version(if_match)


async def version_if_any(
    if_match: Annotated[str | None, Header(description=_CURRENT)] = None,
) -> int | None:
    return None if if_match is None else _version(if_match)


WhyChanged = Annotated[Why, Depends(why)]
ExpectedVersion = Annotated[int, Depends(expected_version)]
VersionIfAny = Annotated[int | None, Depends(version_if_any)]
