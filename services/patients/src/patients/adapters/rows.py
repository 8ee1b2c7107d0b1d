"""Patients as the documents that `statements` write, and as what Prisma reads back."""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, Protocol

from openward_contracts.actor import Actor
from openward_contracts.event import Event, outbox_columns
from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.payload import Payload

from patients.domain.duplicates.pairs import Found, PairState, kept
from patients.domain.findable import Findable
from patients.domain.keys import delete_keys
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.ports import Admission, Version
from patients.domain.record import KEEPS_OUT, PatientRecord

COLUMNS: Final[LiteralString] = """
    p.id::text, p.version, p.mrn, p.record::text, p.ehr_id::text, p.ehr_state, p.created_at, p.updated_at,
    p.updated_by::text, p.changed, p.reason, p.survivor_id::text
"""
"""Of the table `patient p`: what `from_columns` takes. JSON as text, read only of those who are looked at."""


class ChangeRow(Protocol):
    """What rows of `patient` and `patient_version` share."""

    record: Any
    survivor_id: str | None
    updated_at: Any
    updated_by: Any
    changed: list[str]
    reason: str | None
    version: int


def added(
    patient: Patient,
    keys: Findable,
    words: Iterable[tuple[str, str]],
    event: Event[Payload],
    admission: Admission,
) -> str:
    return json.dumps(
        {
            **_admit(patient, keys, admission),
            "pairs": [match_pair(pair) for pair in admission.pairs],
            "patient": _columns(patient, keys) | {"mrn": patient.mrn, "ehr_id": str(patient.ehr_id)},
            **_keys(keys, words),
            "event": outbox(event),
        }
    )


def updated(
    after: Patient, old: Findable, new: Findable, words: Iterable[tuple[str, str]], event: Event[Payload]
) -> str:
    moved = old.birth_date != new.birth_date
    come = Findable(
        new.names if moved else new.names - old.names,
        new.birth_date,
        new.keys - old.keys,
        new.identifiers - old.identifiers,
    )
    gone = Findable(old.names - new.names, None, old.keys - new.keys, old.identifiers - new.identifiers)
    return json.dumps(
        {
            "patient": _columns(after, new) | {"version": after.version, "changed": after.change.fields},
            "rematch": after.record.matchable
            and (
                moved
                or come != Findable(frozenset(), new.birth_date, frozenset(), frozenset())
                or not KEEPS_OUT.isdisjoint(after.change.fields)
            ),
            **_keys(come, words),
            **{f"gone_{name}": rows for name, rows in _keys(gone, ()).items()},
            "event": outbox(event),
        }
    )


def identifiers(keys: Findable) -> list[dict[str, str]]:
    return [{"system": s, "value_key": v, "holder": h} for s, v, h in sorted(keys.identifiers)]


def to_patient(row: Any) -> Patient:
    return Patient(
        id=PatientId(row.id),
        version=row.version,
        mrn=row.mrn,
        record=PatientRecord.model_validate(row.record),
        ehr_id=EhrId(row.ehr_id),
        ehr_state=EhrState(row.ehr_state),
        created_at=row.created_at,
        change=_change(row),
        survivor_id=_survivor(row),
    )


def from_columns(row: dict[str, Any]) -> Patient:
    """Of a row that was not read through Prisma: it has times and JSON as text."""
    by = to_actor(json.loads(row["updated_by"]))
    changed = tuple(row["changed"] or ())
    return Patient(
        id=PatientId(row["id"]),
        version=row["version"],
        mrn=row["mrn"],
        record=PatientRecord.model_validate_json(row["record"]),
        ehr_id=EhrId(row["ehr_id"]),
        ehr_state=EhrState(row["ehr_state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        change=Change(datetime.fromisoformat(row["updated_at"]), by, changed, row["reason"]),
        survivor_id=PatientId(row["survivor_id"]) if row["survivor_id"] else None,
    )


def to_version(row: ChangeRow) -> Version:
    return Version(row.version, PatientRecord.model_validate(row.record), _survivor(row), _change(row))


def actor(value: Actor) -> dict[str, Any]:
    """Of whoever changed something, what is worth keeping."""
    parts = {"sub": value.sub, "client_id": value.client_id, "roles": list(value.roles)}
    optional = {"on_behalf_of": value.on_behalf_of, "purpose": value.purpose}
    return parts | {name: text for name, text in optional.items() if text}


def to_actor(kept: Any) -> Actor:
    return Actor(
        sub=kept["sub"],
        client_id=kept.get("client_id", ""),
        roles=tuple(kept.get("roles", ())),
        on_behalf_of=kept.get("on_behalf_of"),
        purpose=kept.get("purpose"),
    )


def match_pair(pair: Found) -> dict[str, Any]:
    low, high = pair.ids
    verdict = pair.verdict
    return {
        "low_id": str(low),
        "high_id": str(high),
        "state": verdict.state.value if verdict else PairState.OPEN.value,
        "weight": pair.comparison.weight,
        "comparison": kept(pair.comparison),
        "model": pair.comparison.version,
        "origin": pair.origin.value,
        "decided_at": verdict.at.isoformat() if verdict else None,
        "decided_by": actor(verdict.by) if verdict else None,
        "reason": verdict.reason if verdict else None,
    }


def _admit(patient: Patient, keys: Findable, admission: Admission) -> dict[str, Any]:
    if admission.call is None or admission.not_twins is None:
        return {}
    family, given = admission.call
    born = keys.birth_date.isoformat() if keys.birth_date else None
    known = [str(each) for each in (patient.id, *admission.not_twins)]
    return {"admit": {"family": family, "given": given, "born": born, "known": known}}


def _change(row: ChangeRow) -> Change:
    return Change(row.updated_at, to_actor(row.updated_by), tuple(row.changed or ()), row.reason)


def _survivor(row: ChangeRow) -> PatientId | None:
    return PatientId(row.survivor_id) if row.survivor_id else None


def _columns(patient: Patient, keys: Findable) -> dict[str, Any]:
    record = patient.record
    return {
        "id": str(patient.id),
        "record": record.model_dump(mode="json", exclude_defaults=True),
        "gender": record.gender,
        "birth_date": keys.birth_date.isoformat() if keys.birth_date else None,
        "active": record.active,
        "restricted": record.restricted,
        "matchable": record.matchable,
        "updated_at": patient.change.at.isoformat(),
        "updated_by": actor(patient.change.by),
        "reason": patient.change.reason,
    }


def _keys(keys: Findable, words: Iterable[tuple[str, str]]) -> dict[str, Sequence[Any]]:
    new = sorted(words)
    return {
        "names": [{"family_key": f, "given_key": g} for f, g in sorted(keys.names)],
        "keys": [{"kind": kind, "key": key} for kind, key in sorted(keys.keys)],
        "identifiers": identifiers(keys),
        "words": [{"kind": kind, "word": word} for kind, word in new],
        "deletes": [{"kind": kind, "word": word, "key": k} for kind, word in new for k in delete_keys(word)],
    }


def outbox(event: Event[Payload]) -> dict[str, Any]:
    columns = outbox_columns(event)
    return columns._asdict() | {
        "event_id": str(columns.event_id),
        "headers": dict(columns.headers),
        "payload": b64encode(columns.payload).decode(),
    }
