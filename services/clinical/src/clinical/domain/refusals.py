"""What EHRbase refuses, by its status, with its own words for whoever asked in the openEHR API.

EHRbase's messages may quote what was sent: they reach the client that sent it and nobody else, no log and no
detail of a problem.
"""

from collections.abc import Mapping
from typing import Final

from openward_servicekit.errors import (
    Conflict,
    Failure,
    Invalid,
    Malformed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    Unsupported,
)

_LONGEST: Final = 8000
_STACK: Final = "\tat "


class RequestRefused(Malformed):
    slug = "request-refused"


class ResourceNotFound(NotFound):
    slug = "resource-not-found"


class RepresentationUnavailable(NotAcceptable):
    slug = "representation-unavailable"


class ResourceConflict(Conflict):
    slug = "resource-conflict"


class VersionOutdated(PreconditionFailed):
    slug = "version-mismatch"


class MediaTypeUnsupported(Unsupported):
    slug = "media-type-unsupported"


class ContentRejected(Invalid):
    slug = "content-rejected"


_BY_STATUS: Final[Mapping[int, type[Failure]]] = {
    400: RequestRefused,
    404: ResourceNotFound,
    406: RepresentationUnavailable,
    409: ResourceConflict,
    412: VersionOutdated,
    415: MediaTypeUnsupported,
    422: ContentRejected,
}


def refusal(status: int, message: str) -> Failure | None:
    """The failure that has this status and says these words; None for a status that is not a refusal."""
    kind = _BY_STATUS.get(status)
    if kind is None:
        return None
    return kind("The clinical data repository has refused the request.", extensions=spoken(message))


def said(failure: Failure) -> Failure | None:
    """What EHRbase had said, where it was told in other words (`raise … from refusal(…)`)."""
    cause = failure.__cause__
    return cause if isinstance(cause, Failure) and type(cause) in _BY_STATUS.values() else None


def spoken(message: str) -> dict[str, str]:
    """The member `message` of an error answer, without what only EHRbase's operator should see."""
    words = message.partition(_STACK)[0].strip("\r\n\t")[:_LONGEST]
    return {"message": words} if words else {}
