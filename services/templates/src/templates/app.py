"""The HTTP application."""

from fastapi import FastAPI
from openward_servicekit.app import create_service_app
from openward_servicekit.settings import load
from openward_servicekit.telemetry import process_metrics

from templates.api import derived, difference, migration_checks, openehr, routes, validation, versions
from templates.api.openehr_errors import renderings
from templates.bootstrap import open_templates
from templates.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or load(Settings)
    registry = process_metrics()
    return create_service_app(
        settings,
        title="Openward: templates",
        description="Operational templates: the shape of what is recorded.",
        routers=[
            routes.router,
            versions.router,
            derived.router,
            difference.router,
            validation.router,
            migration_checks.router,
            *openehr.routers(),
        ],
        bootstrap=lambda: open_templates(settings, registry),
        registry=registry,
        renderings=renderings(openehr.BASES),
    )
