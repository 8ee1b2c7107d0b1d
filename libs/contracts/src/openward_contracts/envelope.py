"""The envelope of an event: its CloudEvents 1.0 attributes, to and from the headers of a NATS message."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final
from uuid import UUID

from openward_contracts.actor import Actor, ActorKind
from openward_contracts.binding import PREFIX, attributes, encode_value

SPECVERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
TYPE_PREFIX: Final = "openward."
#: JetStream's own header: what it recognises a repeated message by.
MESSAGE_ID: Final = "Nats-Msg-Id"
#: Versions are padded, so that their texts compare as the numbers do (CloudEvents sequence extension).
SEQUENCE_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of an event under their CloudEvents names. They hold ids only and may be logged."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    sequence: str
    partitionkey: str
    authtype: ActorKind | str
    authid: str
    correlationid: str
    authclaims: str | None = None
    traceparent: str | None = None
    datacontenttype: str = CONTENT_TYPE

    @property
    def aggregate_id(self) -> str:
        return self.subject

    @property
    def aggregate_version(self) -> int:
        return int(self.sequence)

    @property
    def actor(self) -> Actor:
        return Actor.from_claims(self.authid, self.authclaims or "{}")

    def headers(self) -> dict[str, str]:
        """`ce-*` headers with encoded values, and `Nats-Msg-Id`, which equals `ce-id`."""
        message_id = str(self.id)
        # The two hold nothing to encode.
        headers = {
            MESSAGE_ID: message_id,
            _ID: message_id,
            _SPECVERSION: SPECVERSION,
            _TIME: _rfc3339(self.time),
        }
        for header, text in zip(_TEXT_HEADERS, _texts(self), strict=True):
            if text is not None:
                headers[header] = encode_value(text)
        return headers


_NAMES: Final = tuple(field.name for field in fields(Envelope))
_TEXTS: Final = tuple(name for name in _NAMES if name not in {"id", "time"})
_TEXT_HEADERS: Final = tuple(PREFIX + name for name in _TEXTS)
_texts: Final = attrgetter(*_TEXTS)
_ID, _SPECVERSION, _TIME = (f"{PREFIX}{name}" for name in ("id", "specversion", "time"))
_OPTIONAL: Final = {"authclaims", "traceparent", "datacontenttype"}


def read_envelope(subject: str, headers: Mapping[str, str]) -> Envelope:
    """The envelope of a message on `subject`; header names count in any case, unknown attributes are ignored.

    Raises ValueError, naming the header at fault and never its value.
    """
    found = attributes(headers)
    if missing := [f"{PREFIX}{name}" for name in ("specversion", *_NAMES) if _absent(found, name)]:
        raise ValueError(f"{', '.join(missing)}: missing or empty")
    known = {name: found[name] for name in _NAMES if name in found}
    envelope = Envelope(**known | {"id": _uuid(found["id"]), "time": _time(found["time"])})  # type: ignore[arg-type]  # two of the values are no text
    _check(subject, found["specversion"], envelope)
    return envelope


def _absent(found: dict[str, str], name: str) -> bool:
    return found.get(name) == "" or (name not in found and name not in _OPTIONAL)


def _check(subject: str, specversion: str, envelope: Envelope) -> None:
    media_type = envelope.datacontenttype.partition(";")[0].strip().lower()
    rules = {
        "specversion": specversion == SPECVERSION,
        "type": envelope.type == TYPE_PREFIX + subject,
        "datacontenttype": media_type == CONTENT_TYPE,
        "sequence": len(envelope.sequence) == SEQUENCE_DIGITS and envelope.sequence.isdecimal(),
        "authclaims": _has_actor(envelope),
    }
    if broken := [PREFIX + name for name, kept in rules.items() if not kept]:
        raise ValueError(f"{', '.join(broken)}: not what a message on {subject} has")


def _has_actor(envelope: Envelope) -> bool:
    try:
        return bool(envelope.actor)
    except ValueError:
        return False


def _rfc3339(time: datetime) -> str:
    """The canonical string of a CloudEvents timestamp, here in UTC."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"{PREFIX}id: not a UUID") from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{PREFIX}time: not a time") from None
    if time.tzinfo is None:
        raise ValueError(f"{PREFIX}time: without a zone")
    return time
