"""Events of the patient registry."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, StringConstraints

from openward_contracts.identifiers import EhrId, PatientId
from openward_contracts.payload import Payload, Version

_Source = Annotated[PatientId, Field(description="the patient that was merged into another: the source")]
_Survivor = Annotated[PatientId, Field(description="the patient whose record goes on")]
_SourceEhr = Annotated[EhrId, Field(description="the source's own EHR")]
_SurvivorEhr = Annotated[EhrId, Field(description="the survivor's own EHR: where everything is written")]

#: A field of the registry's API, never a value of one.
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class PatientRegistered(Payload):
    """A patient was registered and an EHR id chosen for them; the EHR itself may not exist yet."""

    subject: ClassVar[str] = "patients.patient.registered.v1"
    minor: ClassVar[int] = 2
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    ehr_id: EhrId = Field(description="the id under which the patient's EHR is made")
    version: Version
    active: bool | None = Field(default=None, description="false: the record is not in use from the start")
    restricted: bool | None = Field(
        default=None, description="true: only who has a special right may see them, from the start"
    )


class PatientUpdated(Payload):
    """What the registry knows of a patient changed; says which fields, not what they hold.

    With `active` among them the record is in use again.
    """

    subject: ClassVar[str] = "patients.patient.updated.v1"
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    version: Version
    changed: tuple[FieldName, ...] = Field(description="names of the fields that changed")


class PatientMerged(Payload):
    """Two patients are one person: the source's EHRs and identifiers lead to the survivor, uncopied."""

    subject: ClassVar[str] = "patients.patient.merged.v1"
    aggregate: ClassVar[str] = "id of the source patient"

    merge_id: UUID = Field(description="the decision")
    patient_id: _Source
    version: Version
    survivor_id: _Survivor
    ehr_id: _SourceEhr
    survivor_ehr_id: _SurvivorEhr
    linked_ehr_ids: tuple[EhrId, ...] = Field(
        min_length=1,
        description="all EHRs that go to the survivor: the source's and those merged into it before",
    )


class PatientUnmerged(Payload):
    """A merge was undone: the source is a patient of its own again, with its EHRs."""

    subject: ClassVar[str] = "patients.patient.unmerged.v1"
    aggregate: ClassVar[str] = "id of the source patient"

    merge_id: UUID = Field(description="the decision that was undone")
    patient_id: _Source
    version: Version
    survivor_id: _Survivor
    ehr_id: _SourceEhr
    survivor_ehr_id: _SurvivorEhr
    linked_ehr_ids: tuple[EhrId, ...] = Field(
        min_length=1, description="all EHRs that go back: the source's and those still merged into it"
    )


class PatientDeactivated(Payload):
    """A record is no longer in use, until an update or a restriction has `active` among its fields."""

    subject: ClassVar[str] = "patients.patient.deactivated.v1"
    minor: ClassVar[int] = 1
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    version: Version
    changed: tuple[FieldName, ...] = Field(description="names of the fields that changed")
    restricted: bool | None = Field(
        default=None, description="who may see them from now on, as of a restriction; if that changed, too"
    )


class PatientRestricted(Payload):
    """Who may see a patient was narrowed, or widened again."""

    subject: ClassVar[str] = "patients.patient.restricted.v1"
    aggregate: ClassVar[str] = "patient id"

    patient_id: PatientId
    version: Version
    restricted: bool = Field(description="true: only who has a special right may see them from now on")
    changed: tuple[FieldName, ...] = Field(description="names of the fields that changed")
