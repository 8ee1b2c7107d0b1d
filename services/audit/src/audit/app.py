"""The HTTP application."""

from fastapi import FastAPI
from openward_servicekit.app import create_service_app
from openward_servicekit.settings import load
from openward_servicekit.telemetry import process_metrics

from audit.api import routes
from audit.bootstrap import open_audit
from audit.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or load(Settings)
    registry = process_metrics()
    return create_service_app(
        settings,
        title="Openward: audit",
        description="The proof: who saw and changed what.",
        routers=[routes.router],
        bootstrap=lambda: open_audit(settings, registry),
        registry=registry,
    )
