"""The FHIR R4 facade: Patient, with IHE PDQm (ITI-78, ITI-119) and PIXm (ITI-83, ITI-104) on it."""

from fastapi import APIRouter

from patients.api.fhir import capability, feed, matching, merging, pix, routes, searching
from patients.api.fhir.outcome import RENDERING

__all__ = ["RENDERING", "routers"]


def routers() -> list[APIRouter]:
    """Operations first: `$match` would else be taken for an id."""
    operations = (searching, matching, pix, merging, feed)
    return [capability.router, *(module.router for module in operations), routes.router]
