"""What can go wrong with EHRs and their resources beyond what compositions know (`errors`)."""

from openward_servicekit.errors import Conflict, Malformed

from clinical.domain.errors import CompositionNotFound


class CompositionDeleted(CompositionNotFound):
    """It was there: the version asked for says that it is deleted."""


class EhrExists(Conflict):
    slug = "ehr-exists"

    def __init__(self) -> None:
        super().__init__("An EHR with this id exists already.")


class EhrNotQueryable(Conflict):
    """Its EHR_STATUS says so (`is_queryable`), which EHRbase stores and does not enforce."""

    slug = "ehr-not-queryable"

    def __init__(self) -> None:
        super().__init__("The EHR does not allow queries.")


class SubjectReserved(Conflict):
    """Whose EHR it is, in the registry's name space, is the registry's to say."""

    slug = "ehr-subject-reserved"

    def __init__(self) -> None:
        super().__init__("The subject of this EHR is decided by the patient registry.")


class EncounterTagReserved(Conflict):
    """The tag `encounter` of a composition says the same as this service: only together do they change."""

    slug = "encounter-tag-reserved"

    def __init__(self) -> None:
        super().__init__(
            "To which encounter a composition belongs is said at"
            " /api/clinical/v1/patients/{patient_id}/encounters/{encounter_id}/compositions/{object_id}."
        )


class XmlUnreadable(Malformed):
    slug = "malformed-xml"


class ContributionUnreadable(Malformed):
    slug = "contribution-unreadable"
