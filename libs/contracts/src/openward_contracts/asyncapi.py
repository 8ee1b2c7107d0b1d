"""One AsyncAPI 3.0 document for the events of all services.

AsyncAPI's NATS bindings know nothing of JetStream, so streams and durable consumers are in `x-jetstream`.
"""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, Final

from openward_contracts.catalogue import (
    PAYLOADS,
    PUBLISHERS,
    STREAM_PROMISES,
    STREAMS,
    Subscription,
    listeners,
    stream_of,
)
from openward_contracts.envelope import CONTENT_TYPE, TYPE_PREFIX
from openward_contracts.headers import header_schema
from openward_contracts.payload import Payload
from openward_contracts.schemas import schema_of

ASYNCAPI_VERSION: Final = "3.0.0"

_DESCRIPTION: Final = """\
CloudEvents 1.0 over NATS JetStream, binary content mode: attributes are `ce-*` headers, percent-encoded;
the body is the data as JSON. Every change has exactly one event, in order for each aggregate; delivery is
at least once, `ce-id` tells repetitions. Ignore headers and fields that you do not know. Within a major
version only optional fields are added. Nothing clinical or personal is in an event: read it from the
service, with your own right to it."""

_TRAIT: Final = "cloudEvent"


def asyncapi() -> dict[str, Any]:
    """The document, ready for `json.dumps`."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Openward events",
            "version": version("openward-contracts"),
            "description": _DESCRIPTION,
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"nats": _server()},
        "channels": {subject: _channel(payload) for subject, payload in PAYLOADS.items()},
        "operations": dict(_operations()),
        "components": {
            "messages": {subject: _message(payload) for subject, payload in PAYLOADS.items()},
            "messageTraits": {_TRAIT: {"contentType": CONTENT_TYPE, "headers": header_schema()}},
        },
        "x-jetstream": {"streams": {stream: _stream(stream) for stream in STREAMS}},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "nats",
        "description": "Reached from inside only; every service has its own NKey and the subjects it needs.",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "4222"}},
    }


def _stream(stream: str) -> dict[str, Any]:
    return {"subjects": [STREAMS[stream]], "publishers": list(PUBLISHERS[stream])} | STREAM_PROMISES


def _channel(payload: type[Payload]) -> dict[str, Any]:
    return {
        "address": payload.subject,
        "title": payload.__name__,
        "summary": _summary(payload),
        "messages": {payload.__name__: {"$ref": f"#/components/messages/{payload.subject}"}},
        "x-jetstream": {"stream": stream_of(payload.subject)},
    }


def _message(payload: type[Payload]) -> dict[str, Any]:
    schema = schema_of(payload)
    del (
        schema["$schema"],
        schema["$id"],
    )  # an AsyncAPI schema has a dialect of its own and is found by reference
    return {
        "name": payload.__name__,
        "title": payload.__name__,
        "summary": _summary(payload),
        "correlationId": {"location": "$message.header#/ce-correlationid"},
        "traits": [{"$ref": f"#/components/messageTraits/{_TRAIT}"}],
        "headers": {
            "type": "object",
            "properties": {"ce-type": {"type": "string", "const": TYPE_PREFIX + payload.subject}},
        },
        "payload": schema,
        "x-dataschema": payload.dataschema(),
        "x-aggregate": payload.aggregate,
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for subject, payload in PAYLOADS.items():
        for service in PUBLISHERS[stream_of(subject)]:
            yield f"{service}.send.{subject}", _operation("send", service, payload)
        for subscription in listeners(subject):
            operation = _operation("receive", subscription.service, payload)
            yield _name(subscription, subject), operation | _consumer(subscription)


def _name(subscription: Subscription, subject: str) -> str:
    """A service may hear an event twice: each of its processes for itself, and one of them for all."""
    name = f"{subscription.service}.receive.{subject}"
    also = [each for each in listeners(subject) if each.service == subscription.service]
    return f"{name}.{subscription.durable or 'each'}" if len(also) > 1 else name


def _operation(action: str, service: str, payload: type[Payload]) -> dict[str, Any]:
    channel = f"#/channels/{payload.subject}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{payload.__name__}"}],
        "tags": [{"name": service}],
    }


def _consumer(subscription: Subscription) -> dict[str, Any]:
    consumer: dict[str, Any] = {"stream": subscription.stream, "filter_subjects": list(subscription.subjects)}
    if subscription.durable:
        consumer |= {"durable": subscription.durable, "ack_policy": "explicit"}
    return {"summary": subscription.purpose, "x-jetstream": consumer}


def _summary(payload: type[Payload]) -> str:
    return (payload.__doc__ or "").strip().partition("\n")[0]
