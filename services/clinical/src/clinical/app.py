"""The HTTP application."""

from fastapi import FastAPI
from openward_servicekit.app import create_service_app
from openward_servicekit.settings import load
from openward_servicekit.telemetry import process_metrics

from clinical.api import (
    belonging,
    comparison,
    encounters,
    fhir,
    its_rest,
    latest,
    listing,
    live,
    migration_checks,
    query_product_rows,
    query_products,
    routes,
    series,
    snapshot,
    timeline,
    ward_lists,
)
from clinical.api.openehr_answers import RENDERINGS
from clinical.bootstrap import open_clinical
from clinical.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or load(Settings)
    registry = process_metrics()
    return create_service_app(
        settings,
        title="Openward: clinical",
        description="What was recorded: the only way to the clinical data repository.",
        routers=[
            routes.router,
            encounters.router,
            ward_lists.router,
            belonging.router,
            listing.router,
            comparison.router,
            timeline.router,
            live.router,
            query_products.router,
            query_product_rows.of_patient,
            query_product_rows.of_all,
            series.router,
            latest.router,
            snapshot.router,
            routes.merges,
            migration_checks.router,
            *fhir.routers(),
            *its_rest.routers(),
        ],
        bootstrap=lambda: open_clinical(settings, registry),
        registry=registry,
        renderings=(*RENDERINGS, fhir.RENDERING),
    )
