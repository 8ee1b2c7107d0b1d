"""Entries of the log before they are in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    OK = "ok"
    DENIED = "denied"
    #: Not what its subject promises, or a subject that this release does not know.
    UNDECODABLE = "undecodable"
    #: Another message had this event id, with other content.
    CONFLICTING = "conflicting"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is appended. `record` is the message as canonical JSON, `fingerprint` made of it and its place."""

    stream: str
    sequence: int
    event_id: UUID
    fingerprint: UUID
    kind: str
    occurred_at: datetime
    actor: str | None
    actor_kind: str | None
    actor_claims: str | None
    patient_ids: tuple[UUID, ...]
    ehr_ids: tuple[UUID, ...]
    version_uid: str | None
    template_id: str | None
    outcome: Outcome
    correlation_id: str | None
    record: bytes


def unseen(entries: Iterable[NewEntry], known: Mapping[UUID, bytes]) -> list[NewEntry]:
    """What has to be added when the log has the records `known`, by event id.

    The same message once more is left out: relays repeat themselves after a long absence. Another message
    with an id that is taken is an incident, and kept under an id of its own.
    """
    seen, added = dict(known), []
    for entry in entries:
        if seen.get(entry.event_id, entry.record) != entry.record:
            entry = replace(entry, event_id=entry.fingerprint, outcome=Outcome.CONFLICTING)  # noqa: PLW2901  the same message
        if entry.event_id not in seen:
            seen[entry.event_id] = entry.record
            added.append(entry)
    return added


def portions(entries: Sequence[NewEntry], most: int, most_patients: int) -> Iterator[Sequence[NewEntry]]:
    """Entries in order, in transactions that stay short: a query may name thousands of patients."""
    start = patients = 0
    for end, entry in enumerate(entries):
        patients += len(entry.patient_ids)
        if end > start and (end - start == most or patients > most_patients):
            yield entries[start:end]
            start, patients = end, len(entry.patient_ids)
    if entries:
        yield entries[start:]
