"""Whether a caller may do something to a record, and whether that record may be written to at all."""

from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Permission, Principal, decide
from openward_servicekit.errors import Failure

from clinical.domain.errors import EhrLockedByMerge, PatientInactive
from clinical.domain.permissions import SEE_EHR
from clinical.domain.record import LinkedEhr, PatientRecord


async def allow(
    authorizer: Authorizer,
    principal: Principal,
    permission: Permission,
    record: PatientRecord,
    template_id: TemplateId | None = None,
    *,
    instead: Failure | None = None,
) -> None:
    """Raises PermissionDenied, or `instead`, once the denial is on record.

    What has no template is reached by scopes for all templates only.
    """
    await authorizer.authorize(
        principal,
        permission,
        target=None if permission.target else (template_id or ""),
        patient_id=record.judged_as(principal.patient_id),
        ehr_id=record.target.ehr_id,
        instead=instead,
    )


def may_see(
    principal: Principal, permission: Permission, record: PatientRecord, template_id: TemplateId | None
) -> bool:
    """Whether what was written may be shown to who wrote it; a no is not a denial."""
    target = None if permission.target else (template_id or "")
    return decide(
        principal, permission, target=target, patient_id=record.judged_as(principal.patient_id)
    ).allowed


def unmerged(principal: Principal, record: PatientRecord, ehr: LinkedEhr) -> LinkedEhr:
    """The EHR, if it may be written to; raises EhrLockedByMerge, naming the one that may to whom may know."""
    if ehr == record.primary:
        return ehr
    patient_id = record.judged_as(principal.patient_id)
    may_know = decide(principal, SEE_EHR, patient_id=patient_id).allowed
    raise EhrLockedByMerge(ehr.ehr_id, record.primary.ehr_id if may_know else None)


def inactive(record: PatientRecord) -> PatientInactive | None:
    """Why nothing clinical may be written now; `SafeWriter` answers what was written before."""
    return None if record.active else PatientInactive()
