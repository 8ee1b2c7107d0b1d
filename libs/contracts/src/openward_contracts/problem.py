"""Problem details for HTTP APIs (RFC 9457): the one shape of every error answer."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"


def _as_sent(schema: dict[str, Any]) -> None:
    """What says nothing is left out; others may be there, as JSON Schema has it anyway."""
    schema.pop("additionalProperties", None)
    for part in schema["properties"].values():
        part.pop("default", None)
        kinds = [kind for kind in part.get("anyOf", ()) if kind != {"type": "null"}]
        if len(kinds) == 1:
            del part["anyOf"]
            part.update(kinds[0])


class FieldProblem(BaseModel):
    """What is wrong with one part of the request; never its value.

    `pointer` is a JSON Pointer (RFC 6901) into the body, "" being all of it. `path` says where else: a query
    or path parameter by name, a header, or a path in a template.
    """

    model_config = ConfigDict(frozen=True, json_schema_extra=_as_sent)

    pointer: str | None = None
    path: str | None = None
    code: str
    detail: str

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.pointer is None and self.path is None:
            raise ValueError("a field problem has a pointer or a path")
        return self


class Problem(BaseModel):
    """`code` is the stable slug that programs compare; `title` and `detail` are for people and may change.

    Other members are extensions of the `code` (RFC 9457, section 3.2).
    """

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=_as_sent)

    type: str = Field(description="`urn:openward:problem:<code>`")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str | None = None
    instance: str | None = None
    code: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    errors: tuple[FieldProblem, ...] = ()
    request_id: str | None = None

    def body(self) -> bytes:
        """JSON in UTF-8 without members that say nothing."""
        left_out = None if self.errors else {"errors"}
        return self.model_dump_json(exclude_none=True, exclude=left_out).encode()


def problem_type(code: str) -> str:
    return f"urn:openward:problem:{code}"
