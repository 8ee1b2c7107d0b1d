"""What this service is told beyond what every service is."""

from pathlib import Path
from typing import Annotated

from openward_servicekit.settings import HttpUrl, ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    service: str = "templates"
    #: The largest templates in use have some megabytes; the gateway allows as much.
    max_body_bytes: Annotated[int, Field(gt=0)] = 20_000_000

    prisma_engine: Path
    """prisma-engine.mjs of libs/prisma-engine."""
    prisma_client: Path
    """The folder of the generated JavaScript client that the engine runs."""

    ehrbase_url: HttpUrl
    ehrbase_user: str
    ehrbase_password: SecretStr
    ehrbase_admin_user: str
    """EHRbase replaces and removes templates in its admin API alone; this service uses nothing else of it."""
    ehrbase_admin_password: SecretStr
    ehrbase_timeout_seconds: Annotated[float, Field(gt=0, le=25)] = 20.0
    """How long it may take to register a template; at most as long as a transaction may wait for it."""
    ehrbase_connections: Annotated[int, Field(gt=0)] = 10

    reconcile_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often a process looks for registrations that were interrupted, and one at what EHRbase lists."""
    compare_seconds: Annotated[float, Field(ge=0)] = 300.0
    """How often the content of all templates is compared with EHRbase's; 0: EHRbase is left alone."""

    cursor_key: SecretStr
    """Signs the cursors of lists; the same for all processes of the service."""
