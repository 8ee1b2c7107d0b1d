"""All use cases, of the parts that they share."""

from openward_servicekit.idempotency_postgres import PostgresIdempotency

from clinical.adapters.postgres_stored_query_claims import PostgresStoredQueryClaims
from clinical.adapters.postgres_write_log import PostgresWriteLog
from clinical.service.authorship import Authorship
from clinical.service.changes import ChangeService
from clinical.service.clinical import Clinical
from clinical.service.comparison import ComparisonService
from clinical.service.compositions import CompositionService
from clinical.service.contributions import ContributionService
from clinical.service.encounters import EncounterService
from clinical.service.explaining import Explainer
from clinical.service.forwarding import Forwarder
from clinical.service.listening import LiveService
from clinical.service.live import Live
from clinical.service.migration_checks import MigrationCheckService
from clinical.service.product_queries import ProductQueries
from clinical.service.query_products import QueryProductService
from clinical.service.review import ReviewService
from clinical.service.stored_queries import StoredQueryService
from clinical.service.storing_queries import StoredQueryWriter
from clinical.service.version_cache import VersionCache
from clinical.service.versions import VersionReader
from clinical.service.writes import SafeWriter
from clinical.wiring.fhir import fhir
from clinical.wiring.parts import Parts
from clinical.wiring.query_products import query_product_runs
from clinical.wiring.recorded import listing, measurements, timeline


def use_cases(parts: Parts, live: Live, products: QueryProductService) -> Clinical:
    ehrs, heads, access, authorizer = parts.ehrs, parts.heads, parts.access, parts.authorizer
    system_id, writer = parts.settings.ehrbase_system_id, SafeWriter(parts.cdr, heads, parts.intents)
    changing = (parts.upstream, ehrs, heads, writer, parts.intents, authorizer, system_id)
    versions, lists, runs = _versions(parts), listing(parts), query_product_runs(parts, products)
    named = ProductQueries(products.products, runs)
    explainer = Explainer(parts.templates)
    storing = StoredQueryWriter(parts.upstream, PostgresStoredQueryClaims(parts.own))
    return Clinical(
        ehrs,
        parts.records,
        CompositionService(ehrs, parts.cdr, heads, writer, parts.belonging, authorizer, explainer, system_id),
        versions,
        parts.queries,
        StoredQueryService(parts.upstream, parts.queries, authorizer, named, storing),
        products,
        runs,
        ReviewService(parts.merges, PostgresWriteLog(parts.own), heads, access, authorizer, parts.records),
        Forwarder(parts.upstream, parts.records, heads, access, authorizer),
        ChangeService(*changing),
        ContributionService(*changing, explainer),
        Authorship(parts.authors, ehrs, heads, system_id),
        MigrationCheckService(parts.checks, authorizer),
        EncounterService(parts.belonging.encounters, access, authorizer),
        parts.belonging,
        fhir(parts),
        parts.cursors,
        _live(parts, live),
        lists,
        parts.templates,
        parts.recorder,
        timeline(parts),
        *measurements(parts),
        ComparisonService(lists, versions, parts.labelling),
        PostgresIdempotency(parts.own),
    )


def _versions(parts: Parts) -> VersionReader:
    settings = parts.settings
    return VersionReader(
        parts.records,
        parts.upstream,
        parts.heads,
        parts.access,
        parts.authorizer,
        VersionCache(settings.version_cache_bytes),
        settings.ehrbase_system_id,
    )


def _live(parts: Parts, live: Live) -> LiveService:
    settings = parts.settings
    return LiveService(
        live, parts.records, parts.authorizer, settings.live_heartbeat_seconds, settings.live_check_seconds
    )
