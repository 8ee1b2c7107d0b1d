"""What this service is told beyond what every service is."""

from pathlib import Path

from openward_servicekit.settings import ServiceSettings
from pydantic import SecretStr


class Settings(ServiceSettings):
    service: str = "patients"

    prisma_engine: Path
    """prisma-engine.mjs of libs/prisma-engine."""
    prisma_client: Path
    """The folder of the generated JavaScript client that the engine runs."""

    cursor_key: SecretStr
    """Signs search cursors; the same for all processes of the service."""
