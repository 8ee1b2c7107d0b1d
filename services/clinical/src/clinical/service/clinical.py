"""All use cases of the service."""

from dataclasses import dataclass

from openward_servicekit.idempotency import IdempotencyStore

from clinical.domain.cursors import Cursors
from clinical.service.authorship import Authorship
from clinical.service.changes import ChangeService
from clinical.service.compositions import CompositionService
from clinical.service.contributions import ContributionService
from clinical.service.ehrs import EhrService
from clinical.service.encounters import EncounterService
from clinical.service.forwarding import Forwarder
from clinical.service.listening import LiveService
from clinical.service.listing import ListingService
from clinical.service.migration_checks import MigrationCheckService
from clinical.service.queries import QueryService
from clinical.service.review import ReviewService
from clinical.service.stored_queries import StoredQueryService
from clinical.service.versions import VersionReader


@dataclass(frozen=True)
class Clinical:
    """What routes find in `app.state.clinical`."""

    ehrs: EhrService
    compositions: CompositionService
    versions: VersionReader
    queries: QueryService
    stored_queries: StoredQueryService
    reviews: ReviewService
    forwarder: Forwarder
    changes: ChangeService
    contributions: ContributionService
    authorship: Authorship
    migration_checks: MigrationCheckService
    encounters: EncounterService
    cursors: Cursors
    live: LiveService
    listing: ListingService
    idempotency: IdempotencyStore
