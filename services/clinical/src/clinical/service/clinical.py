"""All use cases of the service."""

from dataclasses import dataclass

from openward_servicekit.idempotency import IdempotencyStore

from clinical.domain.cursors import Cursors
from clinical.domain.templates import Templates
from clinical.service.authorship import Authorship
from clinical.service.belonging import BelongingService
from clinical.service.changes import ChangeService
from clinical.service.comparison import ComparisonService
from clinical.service.compositions import CompositionService
from clinical.service.contributions import ContributionService
from clinical.service.ehrs import EhrService
from clinical.service.encounters import EncounterService
from clinical.service.fhir_view import FhirViewing
from clinical.service.forwarding import Forwarder
from clinical.service.latest import LatestService
from clinical.service.listening import LiveService
from clinical.service.listing import ListingService
from clinical.service.migration_checks import MigrationCheckService
from clinical.service.queries import QueryService
from clinical.service.query_product_runs import QueryProductRuns
from clinical.service.query_products import QueryProductService
from clinical.service.recording import Recorder
from clinical.service.records import Records
from clinical.service.review import ReviewService
from clinical.service.series import SeriesService
from clinical.service.snapshot import SnapshotService
from clinical.service.stored_queries import StoredQueryService
from clinical.service.timeline import TimelineService
from clinical.service.versions import VersionReader


@dataclass(frozen=True)
class Clinical:
    """What routes find in `app.state.clinical`."""

    ehrs: EhrService
    records: Records
    compositions: CompositionService
    versions: VersionReader
    queries: QueryService
    stored_queries: StoredQueryService
    query_products: QueryProductService
    query_product_runs: QueryProductRuns
    reviews: ReviewService
    forwarder: Forwarder
    changes: ChangeService
    contributions: ContributionService
    authorship: Authorship
    migration_checks: MigrationCheckService
    encounters: EncounterService
    belonging: BelongingService
    fhir: FhirViewing
    cursors: Cursors
    live: LiveService
    listing: ListingService
    templates: Templates
    recorder: Recorder
    timeline: TimelineService
    series: SeriesService
    latest: LatestService
    snapshot: SnapshotService
    comparisons: ComparisonService
    idempotency: IdempotencyStore
