"""docs/events.md: the events for people."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from openward_contracts.catalogue import PAYLOADS, PUBLISHERS, STREAMS, SUBSCRIPTIONS, listeners, stream_of
from openward_contracts.headers import header_schema
from openward_contracts.payload import Payload
from openward_contracts.schemas import schema_of

_INTRODUCTION = """\
# Events

Written by `python -m openward_contracts.export` from `libs/contracts`; change the models there, not this
page.

CloudEvents 1.0 over NATS JetStream in binary content mode: attributes are `ce-*` headers, the body is the
data as JSON. Every committed change has exactly one event, in order for each aggregate; delivery is at
least once and `ce-id` tells repetitions. Events hold ids and facts about the change, never clinical or
personal content.

The last token of a subject is its major version. Within it only optional fields are added; whoever listens
ignores fields and headers that it does not know. JSON Schemas are in `libs/contracts/schemas`.
"""


def reference() -> str:
    """The page in Markdown."""
    parts = [_INTRODUCTION, _streams(), _subscriptions(), _headers(), "## Data\n"]
    return "\n".join([*parts, *map(_event, PAYLOADS.values())])


def _streams() -> str:
    rows = ((name, f"`{subjects}`", ", ".join(PUBLISHERS[name])) for name, subjects in STREAMS.items())
    return "## Streams\n\n" + _table(("stream", "subjects", "publishers"), rows)


def _subscriptions() -> str:
    rows = (
        (
            one.service,
            one.stream,
            _codes(one.subjects),
            _codes([one.durable] if one.durable else []),
            one.purpose,
        )
        for one in SUBSCRIPTIONS
    )
    return "## Who listens\n\n" + _table(("service", "stream", "subjects", "durable", "for"), rows)


def _headers() -> str:
    schema = header_schema()
    rows = (
        (f"`{name}`", _presence(name, schema), header["description"])
        for name, header in schema["properties"].items()
    )
    return "## Headers\n\n" + _table(("header", "", "holds"), rows)


def _event(payload: type[Payload]) -> str:
    schema, subject = schema_of(payload), payload.subject
    publishers = ", ".join(PUBLISHERS[stream_of(subject)])
    readers = ", ".join(sorted({one.service for one in listeners(subject)}))
    fields = (
        (f"`{name}`", _type(field), _presence(name, schema), field.get("description", ""))
        for name, field in schema["properties"].items()
    )
    return "\n".join(
        [
            f"### `{subject}`\n",
            f"{inspect.getdoc(payload)}\n",
            f"From {publishers}; read by {readers}. Aggregate: {payload.aggregate}.",
            f"Schema: `{payload.dataschema()}`.\n",
            _table(("field", "type", "", ""), fields),
        ]
    )


def _presence(name: str, schema: dict[str, Any]) -> str:
    return "required" if name in schema["required"] else "optional"


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format", schema["type"]))


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    def lines() -> Iterator[str]:
        yield _row(head)
        yield "|" + "---|" * len(head)
        yield from map(_row, rows)

    return "\n".join(lines()) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return "".join(f"| {cell} " for cell in cells) + "|"
