"""What can go wrong, said without HTTP. `problems.py` is the one place that turns a category into a status.

    Failure
    ├── Malformed             400  the request cannot be read
    ├── Unauthenticated       401
    ├── Forbidden             403
    ├── NotFound              404  also: exists, but the caller may not know of it
    ├── NotAcceptable         406
    ├── Conflict              409
    ├── PreconditionFailed    412
    ├── TooLarge              413
    ├── Unsupported           415
    ├── Invalid               422  readable, but it breaks a rule
    ├── PreconditionRequired  428
    ├── TooManyRequests       429
    ├── UpstreamBroken        502  a neighbour answered what it must not
    ├── Unavailable           503  nothing was done; try again
    └── UpstreamTimeout       504  the outcome is unknown

Standard library only, so that a domain may raise these and nothing else comes with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Category(StrEnum):
    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    PRECONDITION_FAILED = "precondition-failed"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    PRECONDITION_REQUIRED = "precondition-required"
    TOO_MANY_REQUESTS = "too-many-requests"
    BAD_UPSTREAM = "bad-upstream"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: where, a stable code, and what was expected. Never the value that was sent.

    `pointer` is an RFC 6901 JSON pointer into the body (`/names/0/family`), "" being all of it. `path` says
    where else: a query or path parameter or a header by name, or a path in a template.
    """

    code: str
    detail: str
    pointer: str | None = None
    path: str | None = None


class Failure(Exception):  # noqa: N818  errors are named <Noun><Problem> here
    """An expected failure. A context makes its own, `class PatientNotFound(NotFound)`, with a stable `slug`.

    `detail` reaches the client and the logs: ids and rules, never a name, a value or clinical content.
    `extensions` reaches the client alone: further members of the problem (RFC 9457, 3.2), JSON values.
    """

    category: ClassVar[Category] = Category.INTERNAL
    slug: ClassVar[str] = "internal-error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.slug)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


class Malformed(Failure):
    category = Category.MALFORMED
    slug = "malformed-request"


class Unauthenticated(Failure):
    category = Category.UNAUTHENTICATED
    slug = "unauthenticated"


class Forbidden(Failure):
    category = Category.FORBIDDEN
    slug = "forbidden"


class NotFound(Failure):
    category = Category.NOT_FOUND
    slug = "not-found"


class MethodNotAllowed(Failure):
    """`headers` has Allow: RFC 9110, section 15.5.6."""

    category = Category.METHOD_NOT_ALLOWED
    slug = "method-not-allowed"


class NotAcceptable(Failure):
    category = Category.NOT_ACCEPTABLE
    slug = "not-acceptable"


class Conflict(Failure):
    category = Category.CONFLICT
    slug = "conflict"


class PreconditionFailed(Failure):
    category = Category.PRECONDITION_FAILED
    slug = "precondition-failed"


class TooLarge(Failure):
    category = Category.TOO_LARGE
    slug = "content-too-large"


class Unsupported(Failure):
    category = Category.UNSUPPORTED
    slug = "unsupported-media-type"


class Invalid(Failure):
    category = Category.INVALID
    slug = "invalid-request"


class PreconditionRequired(Failure):
    category = Category.PRECONDITION_REQUIRED
    slug = "precondition-required"


class TooManyRequests(Failure):
    category = Category.TOO_MANY_REQUESTS
    slug = "too-many-requests"


class UpstreamBroken(Failure):
    category = Category.BAD_UPSTREAM
    slug = "upstream-broken"


class Unavailable(Failure):
    """Nothing was done. `retry_after` in seconds; one is given if the raiser knows none."""

    category = Category.UNAVAILABLE
    slug = "unavailable"


class UpstreamTimeout(Failure):
    """A neighbour did not answer in time: whether it acted is unknown."""

    category = Category.TIMEOUT
    slug = "upstream-timeout"
