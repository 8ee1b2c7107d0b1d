"""JSON Schemas (2020-12) of the payloads, as consumers may rely on them."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from openward_contracts.payload import Payload

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Without the titles that Pydantic makes up from field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  GenerateJsonSchema's signature
        return False


def schema_of(payload: type[Payload]) -> dict[str, Any]:
    """The published schema of one payload; `$id` is its exact version.

    Open to unknown fields although producers are not: a consumer that validates must not refuse a later minor
    version.
    """
    schema = payload.model_json_schema(schema_generator=_Untitled)
    return {"$schema": DIALECT, "$id": payload.dataschema()} | _opened(schema)


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    opened = {key: value for key, value in schema.items() if key != "additionalProperties"}
    if "$defs" in opened:
        opened["$defs"] = {name: _opened(value) for name, value in opened["$defs"].items()}
    return opened
