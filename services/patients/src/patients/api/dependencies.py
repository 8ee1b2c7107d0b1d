"""What a route asks for: the caller with a permission, the version that If-Match names."""

from typing import Annotated, cast

from fastapi import Depends, Header, Path, Request
from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal, require
from openward_servicekit.errors import Malformed

from patients.domain.errors import VersionRequired
from patients.domain.permissions import READ, REGISTER, SEARCH, UPDATE
from patients.service import Patients


def patients(request: Request) -> Patients:
    return cast("Patients", request.app.state.patients)


Services = Annotated[Patients, Depends(patients)]
Registrar = Annotated[Principal, Depends(require(REGISTER))]
Reader = Annotated[Principal, Depends(require(READ))]
Updater = Annotated[Principal, Depends(require(UPDATE))]
Searcher = Annotated[Principal, Depends(require(SEARCH))]

PatientPath = Annotated[PatientId, Path()]
IdempotencyKey = Annotated[
    str | None, Header(description="The same key registers the same patient, once (24 h).")
]


def expected_version(
    if_match: Annotated[str | None, Header(description='the ETag of the current version, `"3"`')] = None,
) -> int:
    """If-Match quoted, weak or bare; 428 without it, 400 when it is no version."""
    if if_match is None:
        raise VersionRequired
    version = if_match.strip().removeprefix("W/").strip('"')
    if not version.isascii() or not version.isdecimal() or len(version) > 9:
        raise Malformed("If-Match must hold one version number.")
    return int(version)


ExpectedVersion = Annotated[int, Depends(expected_version)]
