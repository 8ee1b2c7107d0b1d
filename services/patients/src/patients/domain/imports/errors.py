from collections.abc import Sequence

from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    Malformed,
    NotFound,
    TooManyRequests,
)


class ImportNotFound(NotFound):
    slug = "import-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such import.")


class ImportExists(Conflict):
    """There is an import of this id, and it was asked for otherwise."""

    slug = "import-exists"

    def __init__(self) -> None:
        super().__init__("There is an import of this id with other settings.")


class ImportInUse(Conflict):
    """Somebody is sending its lines; free again within seconds of their connection's end."""

    slug = "import-in-use"

    def __init__(self) -> None:
        super().__init__("Another request is sending this import.", retry_after=2)


class ImportClosed(Conflict):
    slug = "import-closed"

    def __init__(self, state: str) -> None:
        super().__init__(f"The import is {state}.")


class ImportGap(Conflict):
    """Lines before those that were sent are missing."""

    slug = "import-gap"

    def __init__(self, next_line: int) -> None:
        super().__init__(f"Lines are missing: go on with from_line={next_line}, or any line before.")


class ImportIncomplete(Conflict):
    slug = "import-incomplete"

    def __init__(self, lines: int) -> None:
        super().__init__(f"{lines} lines are settled, not as many as there should be.")


class ImportHeaderInvalid(Invalid):
    """The first line of a CSV file does not name its columns as the mapping does."""

    slug = "import-header-invalid"

    def __init__(self, detail: str, columns: Sequence[str] = ()) -> None:
        errors = [FieldError("column", "must be there once", path=column) for column in columns]
        super().__init__(detail, errors=errors)


class ImportStalled(Malformed):
    slug = "import-stalled"

    def __init__(self) -> None:
        super().__init__("Nothing came for a minute; go on with the line after those that are settled.")


class ImportsBusy(TooManyRequests):
    slug = "imports-busy"

    def __init__(self) -> None:
        super().__init__("This process receives as many imports as it can.", retry_after=10)
