"""The patient as the registry knows them: a record with a version, an MRN and an EHR."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from openward_contracts.actor import Actor
from openward_contracts.identifiers import EhrId, PatientId

from patients.domain.record import PatientRecord

MRN_SYSTEM = "urn:openward:mrn"


class EhrState(StrEnum):
    """`ready` once the EHR is known to exist in EHRbase."""

    PENDING = "pending"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Change:
    """How a version came to be: `fields` are names of the record's fields, or `survivor`, `merged`."""

    at: datetime
    by: Actor
    fields: tuple[str, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """What a caller says about a change. `confirmed`: settled doubts, overlay, duplicates or identifier."""

    reason: str | None = None
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Patient:
    """`version` grows by one with every change; it is the ETag. `survivor_id`: merged into that patient."""

    id: PatientId
    version: int
    mrn: str
    record: PatientRecord
    ehr_id: EhrId
    ehr_state: EhrState
    created_at: datetime
    change: Change
    survivor_id: PatientId | None = None

    @property
    def restricted(self) -> bool:
        return self.record.restricted

    def changed(self, record: PatientRecord, change: Change) -> Self:
        return replace(self, record=record, version=self.version + 1, change=change)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396: members of `patch` replace those of `target`, null removes."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
