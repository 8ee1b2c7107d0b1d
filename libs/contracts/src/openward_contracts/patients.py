"""Events of the patient registry."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.payload import Payload, Version

#: A field of the registry's API, never a value of one.
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class PatientRegistered(Payload):
    """A patient was registered and an EHR id chosen for them; the EHR itself may not exist yet."""

    subject: ClassVar[str] = "patients.patient.registered.v1"
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    ehr_id: EhrId = Field(description="the id under which the patient's EHR is made")
    version: Version


class PatientUpdated(Payload):
    """What the registry knows of a patient changed; says which fields, not what they hold."""

    subject: ClassVar[str] = "patients.patient.updated.v1"
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    version: Version
    changed: tuple[FieldName, ...] = Field(description="names of the fields that changed")
