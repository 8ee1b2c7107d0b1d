"""What routes find in `app.state.patients`."""

from dataclasses import dataclass

from openward_contracts.fhir_view import FhirView
from openward_servicekit.idempotency import IdempotencyStore

from patients.domain.cursors import SearchCursors
from patients.service.cross_referencing import CrossReferenceService
from patients.service.domains import DomainService
from patients.service.imports import ImportService
from patients.service.match_rules import MatchRules
from patients.service.matching import MatchingService
from patients.service.merge_records import MergeRecords
from patients.service.merging import MergeService
from patients.service.registration import RegistrationService
from patients.service.reviewing import ReviewService
from patients.service.searching import SearchService


@dataclass(frozen=True)
class Patients:
    registration: RegistrationService
    domains: DomainService
    imports: ImportService
    merges: MergeService
    merge_records: MergeRecords
    cross_references: CrossReferenceService
    matching: MatchingService
    match_rules: MatchRules
    review: ReviewService
    searches: SearchService
    idempotency: IdempotencyStore
    cursors: SearchCursors
    fhir_base: str
    """The absolute URL that FHIR's links begin with."""
    fhir_view: FhirView
    """What `clinical` shows below it."""
