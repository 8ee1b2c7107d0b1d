"""FHIR R4, read only: Observation and Encounter, as far as they map without loss (ADR 39)."""

from fastapi import APIRouter
from openward_servicekit.fhir.outcome import rendering

from clinical.api.fhir import encounters, observations

#: Every error below `/fhir/r4`.
RENDERING = rendering()


def routers() -> list[APIRouter]:
    return [observations.router, encounters.router]
