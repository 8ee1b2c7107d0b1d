"""What this service is told beyond what every service is."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

from openward_contracts.fhir_view import checked_file
from openward_servicekit.settings import HttpUrl, PostgresUrl, ServiceSettings
from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from clinical.domain.mapping_files import MappingUnreadable
from clinical.domain.measurements import Measurements
from clinical.domain.snapshot_mapping import SnapshotMapping

_SHIPPED: Final = Path(__file__).parent
Read = TypeVar("Read")


def _read_by(read: Callable[[str], Read], path: Path) -> Read:
    """A file that cannot be used stops the start, and not the first request that needs it."""
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise PydanticCustomError(
            "unreadable", "cannot read {file}: {reason}", {"file": str(path), "reason": reason}
        ) from None
    except MappingUnreadable as error:
        raise PydanticCustomError(
            "mapping", "{file}: {reason}", {"file": str(path), "reason": str(error)}
        ) from None


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
    ehrbase_reports: Annotated[int, Field(gt=0)] = 2
    """In flight at once. Together less than EHRbase's own pool, so that waiting happens here."""
    ehrbase_wait_seconds: Annotated[float, Field(gt=0)] = 5.0
    """For how long at most a request waits for a place."""

    version_cache_bytes: Annotated[int, Field(ge=0)] = 32_000_000
    """Of versions of compositions, in each process, to be sent again without asking EHRbase for them."""

    aql_default_rows: Annotated[int, Field(gt=0)] = 10_000
    """For a query that has neither LIMIT nor fetch; the answer tells it, as `fetch` in its meta data."""
    aql_max_rows: Annotated[int, Field(gt=0)] = 100_000
    """More in LIMIT or fetch is refused, as EHRbase does with its own limits."""
    aql_max_bytes: Annotated[int, Field(gt=0, le=64 * 2**20)] = 60_000_000
    """An answer waits on the disk until its access record is durable."""
    aql_timeout_seconds: Annotated[float, Field(gt=0)] = 25.0
    """Until all of an answer is here; less than the gateway waits."""

    evt_database_url: PostgresUrl
    """EHRbase's database, with a login that may use the schema `evt` only."""
    evt_database_password: SecretStr

    migration_check_page: Annotated[int, Field(gt=0, le=1000)] = 20
    """Stored compositions that a migration check asks EHRbase for at once; one request at a time."""
    migration_check_rest: Annotated[float, Field(ge=0)] = 1.0
    """For how many times as long as a request took it then leaves EHRbase alone."""
    cursor_key: SecretStr
    """Signs the cursors of lists; the same for all processes of the service."""

    limit_concurrency: Annotated[int, Field(gt=0)] = 10_000
    """Most of whom listen to live events and ask for nothing else."""
    live_heartbeat_seconds: Annotated[float, Field(gt=0)] = 15.0
    live_check_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How often it is looked at whether a listener's token still holds and whose record it is."""

    merge_check_seconds: Annotated[float, Field(gt=0)] = 300.0
    """How often merges are compared with EHRbase; also at the start."""

    measurements_file: Path = _SHIPPED / "measurements.toml"
    """Which measurements have names, and where archetypes keep them (TOML)."""
    snapshot_file: Annotated[Path, Field(validate_default=True)] = _SHIPPED / "snapshot.toml"
    """What a snapshot of a patient has (TOML); its measurements are those of the file above."""
    series_points: Annotated[int, Field(gt=0, le=100_000)] = 10_000
    """Of one series in one answer; beyond it a step is needed."""
    fhir_file: Annotated[Path, AfterValidator(checked_file)] | None = None
    """TOML as in openward_contracts/fhir_view.toml: what is shown as FHIR; `patients` reads it, too."""

    @field_validator("measurements_file")
    @classmethod
    def _names_measurements(cls, path: Path) -> Path:
        _read_by(Measurements.read, path)
        return path

    @field_validator("snapshot_file")
    @classmethod
    def _says_what_a_snapshot_has(cls, path: Path, info: ValidationInfo) -> Path:
        if named := info.data.get("measurements_file"):
            measurements = _read_by(Measurements.read, named)
            _read_by(lambda text: SnapshotMapping.read(text, measurements), path)
        return path
