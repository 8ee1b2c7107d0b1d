"""Events of encounters: when somebody came, where they were, and when they left."""

from typing import ClassVar

from pydantic import Field

from openward_contracts.identifiers import EhrId, EncounterId, PatientId
from openward_contracts.payload import Code, Payload, Slug, Version


class _OfEncounter(Payload):
    aggregate: ClassVar[str] = "encounter id"

    encounter_id: EncounterId
    patient_id: PatientId = Field(description="whose encounter it is; of merged patients the survivor")
    ehr_id: EhrId = Field(description="the patient's EHR when the encounter was opened")
    version: Version
    encounter_class: Code = Field(description="HL7 ActCode: `AMB`, `EMER`, `IMP`, …")
    status: Slug = Field(description="FHIR R4 EncounterStatus after the change")


class EncounterOpened(_OfEncounter):
    """An encounter was recorded, begun or only planned; or one that was closed or cancelled goes on."""

    subject: ClassVar[str] = "clinical.encounter.opened.v1"

    reopened: bool = False


class EncounterUpdated(_OfEncounter):
    """Another status on the way (`arrived`, `triaged`, `onleave`, …), or other details."""

    subject: ClassVar[str] = "clinical.encounter.updated.v1"


class EncounterTransferred(_OfEncounter):
    """The patient was moved to another place."""

    subject: ClassVar[str] = "clinical.encounter.transferred.v1"

    location_id: Code | None = Field(default=None, description="absent when the place has no id")


class EncounterClosed(_OfEncounter):
    """The encounter has ended."""

    subject: ClassVar[str] = "clinical.encounter.closed.v1"


class EncounterCancelled(_OfEncounter):
    """It did not take place (`cancelled`), or should not have been recorded (`entered-in-error`)."""

    subject: ClassVar[str] = "clinical.encounter.cancelled.v1"
