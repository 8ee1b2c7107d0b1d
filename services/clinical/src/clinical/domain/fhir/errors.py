"""What can go wrong with the FHIR view."""

from openward_servicekit.errors import NotFound


class ObservationNotFound(NotFound):
    """There is none, it does not map without loss, or the caller may not know of it."""

    slug = "observation-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such Observation, or you may not know of it.")
