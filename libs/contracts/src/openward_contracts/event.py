"""An event: a CloudEvents 1.0 envelope and its data, to and from a NATS message in binary content mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, NamedTuple, TypeVar
from uuid import UUID, uuid5

from pydantic import ValidationError

from openward_contracts.actor import Actor
from openward_contracts.catalogue import PAYLOADS, SOURCES, stream_of
from openward_contracts.envelope import SEQUENCE_DIGITS, TYPE_PREFIX, Envelope, read_envelope
from openward_contracts.payload import Payload

#: Namespace of deterministic event ids: uuid5(NAMESPACE_URL, "urn:openward:event").
EVENT_NAMESPACE: Final = UUID("d3e84a4b-327c-5297-b142-6a351a15f59c")

P = TypeVar("P", bound=Payload)
P_co = TypeVar("P_co", bound=Payload, covariant=True)


class UndecodableEvent(Exception):  # noqa: N818  named for what the message is
    """The message is no event of ours. The text names the header or field at fault and never its value."""


@dataclass(frozen=True, slots=True)
class Event(Generic[P_co]):
    """Made by `Event.of` or `decode`; sent as `nats_subject`, `headers()` and `body()`."""

    envelope: Envelope
    data: P_co

    @staticmethod
    def of(  # noqa: PLR0913  one argument for each thing that only the caller knows
        payload: P,
        *,
        source: str,
        aggregate_id: str | UUID,
        aggregate_version: int,
        actor: Actor,
        at: datetime,
        correlation_id: str,
        traceparent: str | None = None,
        event_id: UUID | None = None,
    ) -> "Event[P]":
        """An event of `source` (`/openward/<service>`) about version `aggregate_version` of the aggregate.

        Without `event_id` the id follows from subject, aggregate id and version: a command that is tried
        again makes the same event again. An access record is its own aggregate: give it a fresh `event_id`,
        the same as `aggregate_id`, and version 1. Raises ValueError when the source may not publish this, the
        time has no zone or a text is empty.
        """
        subject, aggregate = payload.subject, str(aggregate_id)
        if source not in SOURCES[stream_of(subject)]:
            raise ValueError(f"{source!r} does not publish {subject}")
        if at.tzinfo is None or aggregate_version < 0 or not (aggregate and actor.sub and correlation_id):
            raise ValueError(
                "an event needs a zoned time, an aggregate and version, an actor, a correlation id"
            )
        envelope = Envelope(
            id=event_id or event_id_of(payload, aggregate, aggregate_version),
            source=source,
            type=TYPE_PREFIX + subject,
            subject=aggregate,
            time=at.astimezone(UTC),
            dataschema=payload.dataschema(),
            sequence=f"{aggregate_version:0{SEQUENCE_DIGITS}d}",
            partitionkey=aggregate,
            authtype=actor.kind,
            authid=actor.sub,
            correlationid=correlation_id,
            authclaims=actor.claims(),
            traceparent=traceparent or None,
        )
        return Event(envelope, payload)

    @property
    def id(self) -> UUID:
        return self.envelope.id

    @property
    def nats_subject(self) -> str:
        return self.data.subject

    @property
    def stream(self) -> str:
        return stream_of(self.data.subject)

    def headers(self) -> dict[str, str]:
        """`ce-*` headers with encoded values, and `Nats-Msg-Id`, which equals `ce-id`."""
        return self.envelope.headers()

    def body(self) -> bytes:
        """The payload as JSON in UTF-8; absent values are left out."""
        return self.data.model_dump_json(exclude_none=True).encode()


class OutboxColumns(NamedTuple):
    """An event as a row of `outbox_event`, in the order of its columns after `id`."""

    event_id: UUID
    subject: str
    aggregate_id: str
    aggregate_version: int
    headers: dict[str, str]
    payload: bytes


def outbox_columns(event: Event[Payload]) -> OutboxColumns:
    """What every writer of an outbox inserts; `._asdict()` has the columns' names."""
    envelope = event.envelope
    return OutboxColumns(
        envelope.id,
        event.nats_subject,
        envelope.aggregate_id,
        envelope.aggregate_version,
        event.headers(),
        event.body(),
    )


def event_id_of(payload: Payload, aggregate_id: str, aggregate_version: int) -> UUID:
    """The deterministic id: UUIDv5 of `<subject>:<aggregate id>:<aggregate version>[:<occurrence>]`."""
    name = f"{payload.subject}:{aggregate_id}:{aggregate_version}"
    occurrence = payload.occurrence()
    return uuid5(EVENT_NAMESPACE, f"{name}:{occurrence}" if occurrence else name)


def decode(subject: str, headers: Mapping[str, str], body: bytes) -> Event[Payload]:
    """Read a NATS message. Header names count in any case; unknown attributes and fields are ignored.

    Raises UndecodableEvent: structured content mode, a missing or malformed attribute, a subject that is not
    in the catalogue, a body that is not what the subject promises.
    """
    envelope = decode_envelope(subject, headers)
    model = PAYLOADS.get(subject)
    if model is None:
        raise UndecodableEvent(f"{subject} is not in the catalogue")
    try:
        return Event(envelope, model.model_validate_json(body, extra="ignore"))
    except ValidationError as error:
        faults = (
            f"{'/'.join(map(str, fault['loc'])) or 'body'} ({fault['type']})" for fault in error.errors()
        )
        raise UndecodableEvent(f"{subject}: {', '.join(faults)}") from None


def decode_envelope(subject: str, headers: Mapping[str, str]) -> Envelope:
    """The envelope alone, also of an event that this release does not know. Raises UndecodableEvent."""
    try:
        return read_envelope(subject, headers)
    except ValueError as error:
        raise UndecodableEvent(str(error)) from None
