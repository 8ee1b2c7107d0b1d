"""What can go wrong with the log. Details name streams, sequences and services, never content."""

from openward_servicekit.errors import FieldError, Invalid, Unavailable


class CursorInvalid(Invalid):
    slug = "cursor-invalid"

    def __init__(self) -> None:
        error = FieldError("cursor", "not a cursor of this search, or expired", path="cursor")
        super().__init__("The cursor cannot be used; start again without it.", errors=(error,))


class PeriodEmpty(Invalid):
    slug = "period-empty"

    def __init__(self) -> None:
        error = FieldError("period", "must be after `from`", path="to")
        super().__init__("The period ends before it begins.", errors=(error,))


class LogLost(Unavailable):
    """The connection that holds the writer's lock is gone: somebody else may write now."""

    slug = "log-lost"
