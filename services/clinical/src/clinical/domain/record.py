"""What is recorded of one person: one EHR, and after merges those that were linked to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from openward_contracts.identifiers import EhrId, PatientId


@dataclass(frozen=True)
class LinkedEhr:
    """A patient's own EHR, or nobody's; `ready` once EHRbase has confirmed that it exists.

    `patient_id`: None for an EHR that the registry does not know. `merge_id` and `since`: the decision by
    which the patient is merged into another, while it holds. `active`: the registry has the patient in use;
    `restricted`: it lets only some know of them.
    """

    patient_id: PatientId | None
    ehr_id: EhrId
    ready: bool
    merge_id: UUID | None = None
    since: datetime | None = None
    active: bool = True
    restricted: bool = False


@dataclass(frozen=True)
class PatientRecord:
    """All EHRs of one person, the one that is written to first, as one request reaches them.

    `named_id`: the patient whom the caller named, maybe one that was merged into another; None for an EHR of
    nobody. `only`: the EHR
    that the caller named, where the request is about that and no other.
    """

    named_id: PatientId | None
    ehrs: tuple[LinkedEhr, ...]
    only: LinkedEhr | None = None

    @property
    def primary(self) -> LinkedEhr:
        return self.ehrs[0]

    @property
    def linked(self) -> tuple[LinkedEhr, ...]:
        return self.ehrs[1:]

    @property
    def readable(self) -> tuple[LinkedEhr, ...]:
        return (self.only,) if self.only else self.ehrs

    @property
    def target(self) -> LinkedEhr:
        """Where something new would go; not writable unless it is the primary."""
        return self.only or self.primary

    @property
    def patient_ids(self) -> list[PatientId]:
        """All patients who are this person, the survivor first; none of an EHR of nobody."""
        return [ehr.patient_id for ehr in self.ehrs if ehr.patient_id is not None]

    @property
    def active(self) -> bool:
        """Whether anything clinical may be written: of merged patients the survivor decides."""
        return self.primary.active

    @property
    def restricted(self) -> bool:
        """Whether only some may know of it: of merged patients the one that the fewest may know decides."""
        return any(ehr.restricted for ehr in self.ehrs)

    @property
    def survivor_id(self) -> PatientId | None:
        """Who the named patient is now, if that is another."""
        return self.primary.patient_id if self.primary.patient_id != self.named_id else None

    def holding(self, ehr_id: EhrId) -> LinkedEhr | None:
        """The EHR of that id, if this request reaches it."""
        return next((ehr for ehr in self.readable if ehr.ehr_id == ehr_id), None)

    def judged_as(self, own_id: PatientId | None) -> PatientId | None:
        """The patient by whom access is decided: the caller's own id where the record is theirs."""
        patients = {ehr.patient_id for ehr in self.ehrs}
        return own_id if own_id in patients and own_id is not None else self.target.patient_id
