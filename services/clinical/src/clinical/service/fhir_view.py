"""What is shown as FHIR."""

from dataclasses import dataclass

from clinical.service.finding_encounters import EncounterFinder
from clinical.service.observations import ObservationService


@dataclass(frozen=True)
class FhirViewing:
    """`base`: the absolute URL that links begin with."""

    observations: ObservationService
    encounters: EncounterFinder
    base: str
