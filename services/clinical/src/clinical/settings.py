"""What this service is told beyond what every service is."""

from typing import Annotated

from openward_servicekit.settings import HttpUrl, PostgresUrl, ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    service: str = "clinical"
    #: A composition may be large; the gateway allows as much.
    max_body_bytes: Annotated[int, Field(gt=0)] = 20_000_000

    ehrbase_url: HttpUrl
    ehrbase_user: str
    ehrbase_password: SecretStr
    ehrbase_system_id: str = "openward.local"
    """SERVER_NODENAME of EHRbase: the middle part of every version uid."""
    ehrbase_timeout_seconds: Annotated[float, Field(gt=0)] = 20.0
    ehrbase_reads: Annotated[int, Field(gt=0)] = 12
    ehrbase_writes: Annotated[int, Field(gt=0)] = 8
    ehrbase_queries: Annotated[int, Field(gt=0)] = 4
    """In flight at once. Together less than EHRbase's own pool, so that waiting happens here."""
    ehrbase_wait_seconds: Annotated[float, Field(gt=0)] = 2.0
    """For how long at most a request waits for a place."""

    version_cache_bytes: Annotated[int, Field(ge=0)] = 32_000_000
    """Of versions of compositions, in each process, to be sent again without asking EHRbase for them."""

    evt_database_url: PostgresUrl
    """EHRbase's database, with a login that may use the schema `evt` only."""
    evt_database_password: SecretStr

    merge_check_seconds: Annotated[float, Field(gt=0)] = 300.0
    """How often merges are compared with EHRbase; also at the start."""
