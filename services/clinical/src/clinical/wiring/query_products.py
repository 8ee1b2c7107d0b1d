"""Query products (ADR 37)."""

from clinical.adapters.ehrbase_template_catalogue import EhrbaseTemplateCatalogue
from clinical.adapters.evt_counts import EvtCounts
from clinical.adapters.postgres_query_products import PostgresQueryProducts, PostgresTemplateStandings
from clinical.service.query_product_lint import Linter
from clinical.service.query_product_runs import QueryProductRuns
from clinical.service.query_products import QueryProductService
from clinical.service.template_standing import TemplateStanding
from clinical.wiring.parts import Parts


def query_products(parts: Parts) -> QueryProductService:
    queries, settings = parts.queries, parts.settings
    engine, catalogue = queries.engine, EhrbaseTemplateCatalogue(parts.ehrbase)
    linter = Linter(engine, catalogue, queries.limits, settings.aql_timeout_seconds)
    standing = TemplateStanding(PostgresTemplateStandings(parts.own), engine, catalogue)
    return QueryProductService(
        PostgresQueryProducts(parts.own), parts.upstream, linter, standing, parts.authorizer
    )


def query_product_runs(parts: Parts, products: QueryProductService) -> QueryProductRuns:
    return QueryProductRuns(products, parts.queries, EvtCounts(parts.evt), parts.cursors, parts.authorizer)
