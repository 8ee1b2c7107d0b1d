"""The HTTP application."""

from fastapi import FastAPI
from openward_servicekit.app import create_service_app
from openward_servicekit.settings import load
from openward_servicekit.telemetry import process_metrics

from patients.api import demographic, domains, fhir, imports, matching, merges, routes, searches
from patients.bootstrap import open_patients
from patients.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or load(Settings)
    registry = process_metrics()
    return create_service_app(
        settings,
        title="Openward: patients",
        description="Who: the patient registry.",
        routers=[
            routes.router,
            domains.router,
            imports.router,
            matching.router,
            merges.router,
            searches.router,
            *fhir.routers(),
            *demographic.routers(),
        ],
        bootstrap=lambda: open_patients(settings, registry),
        registry=registry,
        renderings=[fhir.RENDERING],
    )
