"""From a message, whatever it is, to an entry."""

import json
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from openward_contracts.access import MAX_IDS, RecordDenied
from openward_contracts.envelope import MESSAGE_ID, Envelope
from openward_contracts.event import UndecodableEvent, decode, decode_envelope
from openward_contracts.identifiers import EhrId, PatientId, TemplateId, VersionUid
from openward_servicekit.streams import Message
from pydantic import BaseModel, Field, ValidationError

from audit.domain.entry import NewEntry, Outcome

#: Namespace of ids that are made here: uuid5(NAMESPACE_URL, "urn:openward:audit").
NAMESPACE: Final = UUID("0338239c-aa40-5c75-9c4b-a587bdf463ae")
#: Longer texts are cut in the columns that are searched; the record has them whole.
_LONGEST: Final = 255
#: What NATS and the relay add to a message on its way is not part of it.
_TRANSPORT: Final = "nats-"


def entry_of(stream: str, message: Message) -> NewEntry:
    """Never fails: what cannot be read is kept as it is and flagged."""
    record = _record(message)
    fingerprint = uuid5(NAMESPACE, f"{stream}:{message.sequence}:{sha256(record).hexdigest()}")
    envelope, outcome = _read(message)
    mentioned = _mentioned(message.body)
    return NewEntry(
        stream=stream,
        sequence=message.sequence,
        event_id=envelope.id if envelope else fingerprint,
        fingerprint=fingerprint,
        kind=_text(message.subject),
        occurred_at=_moment(envelope, message),
        actor=_text(envelope.authid) if envelope else None,
        actor_kind=_text(envelope.authtype) if envelope else None,
        actor_claims=_claims(envelope) if envelope else None,
        patient_ids=mentioned.patients,
        ehr_ids=mentioned.ehrs,
        version_uid=mentioned.version_uid,
        template_id=mentioned.template_id,
        outcome=outcome,
        correlation_id=_text(envelope.correlationid) if envelope else None,
        record=record,
    )


class _Mentioned(BaseModel):
    """The ids in a payload, whatever its kind: events of a newer release are found by them, too."""

    patient_id: PatientId | None = None
    patient_ids: tuple[PatientId, ...] = Field(default=(), max_length=MAX_IDS)
    ehr_id: EhrId | None = None
    ehr_ids: tuple[EhrId, ...] = Field(default=(), max_length=MAX_IDS)
    version_uid: VersionUid | None = None
    template_id: TemplateId | None = None

    @property
    def patients(self) -> tuple[UUID, ...]:
        return _each_once(self.patient_id, *self.patient_ids)

    @property
    def ehrs(self) -> tuple[UUID, ...]:
        return _each_once(self.ehr_id, *self.ehr_ids)


_NOTHING: Final = _Mentioned()


def _mentioned(body: bytes) -> _Mentioned:
    try:
        return _Mentioned.model_validate_json(body)
    except ValidationError:
        return _NOTHING


def _each_once(*ids: UUID | None) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(one for one in ids if one is not None))


def _read(message: Message) -> tuple[Envelope | None, Outcome]:
    try:
        event = decode(message.subject, message.headers, message.body)
    except UndecodableEvent:
        return _envelope(message), Outcome.UNDECODABLE
    return event.envelope, Outcome.DENIED if isinstance(event.data, RecordDenied) else Outcome.OK


def _envelope(message: Message) -> Envelope | None:
    try:
        return decode_envelope(message.subject, message.headers)
    except UndecodableEvent:
        return None


def _moment(envelope: Envelope | None, message: Message) -> datetime:
    if envelope is not None:
        with suppress(OverflowError):  # the first hours of the year 1, seen from the east, have no UTC
            return envelope.time.astimezone(UTC)
    return message.stored_at or datetime.now(UTC)


def _claims(envelope: Envelope) -> str:
    actor = envelope.actor
    claims = {
        "client_id": _text(actor.client_id),
        "roles": [_text(role) for role in actor.roles],
        "on_behalf_of": _text(actor.on_behalf_of or ""),
        "purpose": _text(actor.purpose or ""),
    }
    return json.dumps({name: value for name, value in claims.items() if value})


def _text(value: str) -> str:
    """What a text column takes: no NUL, no lone surrogate, not longer than an index allows."""
    return value[:_LONGEST].replace("\0", "\ufffd").encode(errors="replace").decode()


def _record(message: Message) -> bytes:
    headers = {name: value for name, value in message.headers.items() if not _is_transport(name)}
    record: dict[str, object] = {"subject": message.subject, "headers": headers}
    try:
        record["body"] = message.body.decode()
    except UnicodeDecodeError:
        record["body_base64"] = b64encode(message.body).decode()
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def _is_transport(header: str) -> bool:
    name = header.lower()
    return name.startswith(_TRANSPORT) and name != MESSAGE_ID.lower()
