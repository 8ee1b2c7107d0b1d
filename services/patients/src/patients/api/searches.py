"""`/api/patients/v1/patients/_search`, and the list of patients by what identifies nobody."""

from typing import Annotated

from fastapi import Query, Response
from openward_servicekit.routing import api_router

from patients.api.dependencies import Searcher, Services
from patients.api.search_schemas import FoundPatients, PatientListing, PatientPage, PatientSearch

router = api_router("/api/patients/v1", tags=["patients"])


@router.post("/patients/_search", response_model=FoundPatients)
async def search_patients(caller: Searcher, wanted: PatientSearch, services: Services) -> Response:
    """Best first, each once; names and identifiers travel in bodies only, and so does `cursor`."""
    found = await services.searches.search(
        caller, wanted.search(), after=wanted.cursor, limit=wanted.limit, count=wanted.count
    )
    return Response(FoundPatients.written(found), media_type="application/json")


@router.get("/patients", response_model=PatientPage)
async def list_patients(
    caller: Searcher, wanted: Annotated[PatientListing, Query()], services: Services
) -> Response:
    """In the order of their registration. By names, dates and identifiers: `POST /patients/_search`."""
    found, following = await services.searches.list_all(
        caller, wanted.listing(), after=wanted.cursor, limit=wanted.limit
    )
    return Response(PatientPage.written(found, following), media_type="application/json")
