"""What can go wrong in the registry; never who it is about."""

from openward_servicekit.errors import (
    Conflict,
    FieldError,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unavailable,
)


class PatientNotFound(NotFound):
    slug = "patient-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such patient, or you may not know of it.")


class PatientExists(Conflict):
    """A patient with this id was registered before: the request is being repeated."""

    slug = "patient-exists"

    def __init__(self) -> None:
        super().__init__("This patient is registered already.")


class IdentifierTaken(Conflict):
    """Another patient has an identifier of the same system and value."""

    slug = "identifier-taken"

    def __init__(self) -> None:
        error = FieldError("taken", "belongs to another patient in its system", pointer="/identifiers")
        super().__init__("An identifier belongs to another patient.", errors=(error,))


class NothingToRegister(Invalid):
    slug = "nothing-to-register"

    def __init__(self) -> None:
        error = FieldError("required", "a name or an identifier is needed", pointer="/names")
        super().__init__("A patient needs a name or an identifier.", errors=(error,))


class VersionMismatch(PreconditionFailed):
    slug = "version-mismatch"

    def __init__(self, current: int) -> None:
        super().__init__("If-Match does not name the current version.", headers={"ETag": f'"{current}"'})


class VersionRequired(PreconditionRequired):
    slug = "if-match-required"

    def __init__(self) -> None:
        super().__init__("If-Match with the ETag of the current version is needed.")


class SearchTooShort(Invalid):
    slug = "search-too-short"

    def __init__(self) -> None:
        error = FieldError("too-short", "at least two letters or digits", pointer="/name")
        super().__init__("At least two letters of a name are needed.", errors=(error,))


class SearchAmbiguous(Invalid):
    slug = "search-ambiguous"

    def __init__(self) -> None:
        super().__init__("Give either an identifier or a name.")


class CursorInvalid(Invalid):
    slug = "cursor-invalid"

    def __init__(self) -> None:
        error = FieldError("cursor", "not a cursor of this search, or expired", pointer="/cursor")
        super().__init__("The cursor cannot be used; start again without it.", errors=(error,))


class RegistryBusy(Unavailable):
    slug = "registry-busy"

    def __init__(self) -> None:
        super().__init__("The registry is busy; nothing was changed.", retry_after=1)
