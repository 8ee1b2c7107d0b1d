"""What is shown as FHIR (ADR 39)."""

from openward_contracts.fhir_view import read_view

from clinical.adapters.postgres_encounter_search import PostgresEncounterSearch
from clinical.adapters.postgres_persons import PostgresPersons
from clinical.adapters.postgres_timeline import PostgresTimeline
from clinical.service.fhir_view import FhirViewing
from clinical.service.finding_encounters import EncounterFinder
from clinical.service.observations import ObservationService
from clinical.wiring.parts import Parts


def fhir(parts: Parts) -> FhirViewing:
    settings = parts.settings
    observations = ObservationService(
        parts.recorder,
        PostgresTimeline(parts.own, settings.ehrbase_system_id),
        parts.belonging.belongings,
        PostgresPersons(parts.own),
        parts.authors,
        parts.ehrs,
        parts.heads,
        parts.access,
        parts.authorizer,
        read_view(settings.fhir_file),
        settings.ehrbase_system_id,
    )
    search = PostgresEncounterSearch(parts.own)
    encounters = EncounterFinder(search, parts.ehrs.ehrs, parts.records, parts.access, parts.authorizer)
    return FhirViewing(observations, encounters, f"{settings.public_url}/fhir/r4")
