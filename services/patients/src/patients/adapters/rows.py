"""Patients as Prisma's rows, and back."""

from datetime import UTC, date, datetime, time
from typing import Any

from openward_contracts.identifiers import EhrId, PatientId

from patients.adapters.db import models
from patients.domain.patient import Demographics, EhrState, Gender, Identifier, Name, NameUse, Patient


def patient(value: Patient) -> Any:
    """Data of `patient.create`, with its names and identifiers."""
    return {
        **own_columns(value),
        "id": str(value.id),
        "ehr_id": str(value.ehr_id),
        "ehr_state": value.ehr_state,
        "created_at": value.created_at,
        "names": {"create": names(value)},
        "identifiers": {"create": identifiers(value)},
    }


def own_columns(value: Patient) -> Any:
    """What an update writes to the patient's own row."""
    known = value.demographics
    return {
        "version": value.version,
        "gender": known.gender,
        "birth_date": _midnight(known.birth_date),
        "updated_at": value.updated_at,
    }


def names(value: Patient) -> list[Any]:
    return [
        {
            "position": position,
            "use": name.use,
            "family": name.family,
            "given": list(name.given),
            "family_norm": name.family_key,
            "given_norm": name.given_key,
        }
        for position, name in enumerate(value.demographics.names)
    ]


def identifiers(value: Patient) -> list[Any]:
    return [{"system": i.system, "value": i.value} for i in value.demographics.identifiers]


def to_patient(row: models.Patient) -> Patient:
    return Patient(
        id=PatientId(row.id),
        version=row.version,
        demographics=Demographics(
            names=tuple(Name(NameUse(name.use), name.family, tuple(name.given)) for name in row.names or []),
            birth_date=row.birth_date.date() if row.birth_date else None,
            gender=Gender(row.gender),
            # In the order of PatientIn, which PostgreSQL's collation may not share.
            identifiers=tuple(sorted(Identifier(i.system, i.value) for i in row.identifiers or [])),
        ),
        ehr_id=EhrId(row.ehr_id),
        ehr_state=EhrState(row.ehr_state),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _midnight(day: date | None) -> datetime | None:
    """Prisma's Python client has no type for a date without a time."""
    return datetime.combine(day, time(), UTC) if day else None
