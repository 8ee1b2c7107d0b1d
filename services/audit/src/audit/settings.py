"""What this service is told beyond what every service is."""

from openward_servicekit.settings import ServiceSettings
from pydantic import SecretStr


class Settings(ServiceSettings):
    service: str = "audit"

    cursor_key: SecretStr
    """Signs the cursors of searches; the same for all processes of the service."""
