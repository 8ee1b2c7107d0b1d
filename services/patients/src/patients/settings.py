"""What this service is told beyond what every service is."""

from pathlib import Path
from typing import Annotated

from openward_contracts.fhir_view import checked_file
from openward_servicekit.settings import ServiceSettings
from pydantic import AfterValidator, SecretStr, StringConstraints


class Settings(ServiceSettings):
    service: str = "patients"

    prisma_engine: Path
    """prisma-engine.mjs of libs/prisma-engine."""
    prisma_client: Path
    """The folder of the generated JavaScript client that the engine runs."""

    cursor_key: SecretStr
    """Signs search cursors, blinds searches in access records; the same for all processes of the service."""

    phone_region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    """ISO 3166 code of the country that phone numbers without a country code are of."""

    fhir_file: Annotated[Path, AfterValidator(checked_file)] | None = None
    """TOML as in openward_contracts/fhir_view.toml: what `clinical` shows as FHIR. The same for both."""
