"""Identifiers as types: a patient's id where an EHR's is due is refused by the type checker and by models.

Every type is a Pydantic type, so it serves in models and as a FastAPI path parameter. Errors name the rule
and never repeat the value.
"""

import re
from typing import Annotated, Any, Final, Self
from uuid import UUID, uuid4

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue

_UUID_TEXT: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_VERSION_UID: Final = re.compile(
    rf"{_UUID_TEXT.pattern}::[A-Za-z0-9][A-Za-z0-9._-]{{0,254}}::[1-9][0-9]{{0,9}}"
)
#: EHRbase keeps a version number in a 32-bit column.
_MAX_VERSION: Final = 2**31 - 1
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MAX_TEMPLATE_ID: Final = 255


class _CanonicalUuid(UUID):
    """A UUID read from its 8-4-4-4-12 text only: no braces, no `urn:uuid:`, no bare digits (RFC 9562, 4).

    Either case is read, as the RFC asks; lower case is written, so that one thing has one text.
    """

    # UUID's own constructor takes all the spellings refused here.
    def __init__(self, value: str | UUID) -> None:
        if isinstance(value, UUID):
            super().__init__(int=value.int)
        elif _UUID_TEXT.fullmatch(value):
            super().__init__(value)
        else:
            raise ValueError("not a UUID in canonical text")

    @classmethod
    def new(cls) -> Self:
        """A random identifier (UUID version 4)."""
        return cls(uuid4())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(
            Annotated[Any, AfterValidator(cls._read), PlainSerializer(str, when_used="json")]
        )

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str | UUID) and not isinstance(value, _CanonicalUuid):
            return cls(value)
        raise ValueError("not a UUID in canonical text")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "uuid"}


class PatientId(_CanonicalUuid):
    """A patient of the registry."""


class EhrId(_CanonicalUuid):
    """An EHR; chosen at registration, so that it is known before the EHR exists."""


class EncounterId(_CanonicalUuid):
    """An encounter of a patient."""


class ObjectId(_CanonicalUuid):
    """A versioned object: all versions of one composition, EHR status or directory."""


class ContributionId(_CanonicalUuid):
    """The set of versions that were committed together."""


class VersionUid(str):
    """One version of a versioned object, `<uuid>::<system>::<n>` (openEHR OBJECT_VERSION_ID, trunk only).

    The object's UUID is kept in lower case; the rest as given. A string in every other respect.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        object_id, _, rest = text.partition("::")
        if not _VERSION_UID.fullmatch(text) or int(text.rpartition("::")[2]) > _MAX_VERSION:
            raise ValueError("not a version uid of the form <uuid>::<system>::<number>")
        return super().__new__(cls, f"{object_id.lower()}::{rest}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError on anything but `<uuid>::<system>::<n>`."""
        return cls(text)

    @classmethod
    def of(cls, object_id: UUID, system_id: str, version: int) -> Self:
        return cls(f"{object_id}::{system_id}::{version}")

    @property
    def object_id(self) -> ObjectId:
        return ObjectId(self.split("::", 1)[0])

    @property
    def system_id(self) -> str:
        return self.split("::")[1]

    @property
    def version(self) -> int:
        return int(self.rsplit("::", 1)[1])

    def successor(self) -> Self:
        """The uid that the next commit to the same object gets."""
        return self.of(self.object_id, self.system_id, self.version + 1)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return _text_schema(cls, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_VERSION_UID.pattern}$"}


class TemplateId(str):
    """The id of an operational template as its author wrote it: 1 to 255 printable characters or blanks."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not 0 < len(text) <= _MAX_TEMPLATE_ID or _UNPRINTABLE.search(text):
            raise ValueError("not a template id: 1 to 255 printable characters")
        return super().__new__(cls, text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return _text_schema(cls, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "maxLength": _MAX_TEMPLATE_ID}


def _text_schema(cls: type[str], handler: GetCoreSchemaHandler) -> Any:
    return handler.generate_schema(Annotated[str, AfterValidator(cls)])
