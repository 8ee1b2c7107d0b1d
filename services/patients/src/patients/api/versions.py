"""A patient as of one of their versions."""

from dataclasses import replace

from patients.domain.patient import Patient
from patients.domain.ports import Version


def at_version(patient: Patient, version: Version) -> Patient:
    return replace(
        patient,
        version=version.number,
        record=version.record,
        survivor_id=version.survivor_id,
        change=version.change,
    )
