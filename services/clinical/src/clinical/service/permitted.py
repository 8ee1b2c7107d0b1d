"""Which of the templates that are in use in a record its reader may read."""

from collections.abc import Collection, Iterable

from openward_contracts.identifiers import TemplateId
from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.permissions import READ
from clinical.domain.record import PatientRecord


def permitted_templates(
    authorizer: Authorizer,
    principal: Principal,
    record: PatientRecord,
    templates: Iterable[TemplateId | None],
) -> Collection[TemplateId | None]:
    """What is left out is not a denial. None is what has no template: scopes for all templates reach it."""
    patient_id = record.judged_as(principal.patient_id)
    names = {template or "" for template in templates}
    allowed = authorizer.permitted(principal, READ, names, patient_id=patient_id)
    return {TemplateId(name) if name else None for name in allowed}
