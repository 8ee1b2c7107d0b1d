"""What each header of an event holds, for people and for AsyncAPI."""

from dataclasses import MISSING, fields
from typing import Any, Final

from openward_contracts.binding import PREFIX
from openward_contracts.envelope import CONTENT_TYPE, MESSAGE_ID, SEQUENCE_DIGITS, SPECVERSION, Envelope

_TEXT: Final = {"type": "string"}
_UUID: Final = {"type": "string", "format": "uuid"}

_ATTRIBUTES: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "id": (_UUID, "The event; the same for every delivery and every attempt to write it."),
    "source": (_TEXT | {"pattern": "^/openward/[a-z]+$"}, "`/openward/<service>`."),
    "type": (
        _TEXT | {"pattern": "^openward\\."},
        "`openward.<subject>`; the last token is the major version.",
    ),
    "subject": (_TEXT, "Id of the aggregate that changed."),
    "time": (_TEXT | {"format": "date-time"}, "When it happened, in UTC."),
    "dataschema": (_TEXT | {"format": "uri"}, "URN of the exact version of the data's JSON Schema."),
    "sequence": (
        _TEXT | {"pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$"},
        "Version of the aggregate, padded so that texts compare as numbers do.",
    ),
    "partitionkey": (_TEXT, "Id of the aggregate: order is kept within it."),
    "authtype": (_TEXT | {"enum": ["user", "service_account", "system"]}, "Kind of the actor."),
    "authid": (
        _TEXT,
        "The actor: `sub` of the access token, `service:<name>`, or `ehrbase:<login>` of the repository.",
    ),
    "authclaims": (_TEXT, "JSON: `client_id`, `roles`, and where given `on_behalf_of` and `purpose`."),
    "correlationid": (_TEXT, "The request that all of this began with."),
    "traceparent": (_TEXT, "W3C trace context of the change."),
    "datacontenttype": (_TEXT | {"const": CONTENT_TYPE}, "Media type of the body."),
}


def header_schema() -> dict[str, Any]:
    """JSON Schema of an event's headers, as they read after percent-decoding."""
    properties = {
        MESSAGE_ID: _UUID | {"description": "Equals `ce-id`; JetStream drops repetitions by it."},
        f"{PREFIX}specversion": {
            "type": "string",
            "const": SPECVERSION,
            "description": "CloudEvents version.",
        },
    }
    for name, (schema, description) in _ATTRIBUTES.items():
        properties[PREFIX + name] = schema | {"description": description}
    required = [PREFIX + field.name for field in fields(Envelope) if field.default is MISSING]
    return {
        "type": "object",
        "required": [MESSAGE_ID, f"{PREFIX}specversion", *required],
        "properties": properties,
    }
