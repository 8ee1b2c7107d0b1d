"""Use cases of what is recorded (ADR 34)."""

from clinical.adapters.evt_listing import EvtListing
from clinical.adapters.postgres_belongings import PostgresBelongings
from clinical.adapters.postgres_measured import PostgresMeasured
from clinical.adapters.postgres_snapshot import PostgresSnapshot
from clinical.adapters.postgres_timeline import PostgresTimeline
from clinical.adapters.ucum import UcumUnits
from clinical.domain.measurements import Measurements
from clinical.domain.snapshot_mapping import SnapshotMapping
from clinical.service.latest import LatestService
from clinical.service.listing import ListingService
from clinical.service.series import SeriesService
from clinical.service.snapshot import SnapshotService
from clinical.service.timeline import TimelineService
from clinical.service.unifying import Unifier
from clinical.wiring.parts import Parts


def timeline(parts: Parts) -> TimelineService:
    system_id = parts.settings.ehrbase_system_id
    return TimelineService(
        parts.recorder,
        PostgresTimeline(parts.own, system_id),
        parts.labelling,
        parts.authors,
        PostgresBelongings(parts.own),
        parts.access,
        parts.authorizer,
        system_id,
    )


def listing(parts: Parts) -> ListingService:
    belonging = parts.belonging
    return ListingService(
        EvtListing(parts.evt),
        parts.heads,
        parts.authors,
        belonging.encounters,
        belonging.belongings,
        parts.access,
        parts.authorizer,
        parts.settings.ehrbase_system_id,
    )


def measurements(parts: Parts) -> tuple[SeriesService, LatestService, SnapshotService]:
    settings = parts.settings
    named = Measurements.read(settings.measurements_file.read_text(encoding="utf-8"))
    measured, units = PostgresMeasured(parts.own), UcumUnits()
    judging = parts.access, parts.authorizer
    series = SeriesService(
        parts.recorder,
        measured,
        named,
        units,
        parts.labelling,
        *judging,
        settings.ehrbase_system_id,
        settings.series_points,
    )
    unifier = Unifier(named, units)
    snapshot = SnapshotService(
        parts.recorder,
        PostgresSnapshot(parts.own),
        measured,
        SnapshotMapping.read(settings.snapshot_file.read_text(encoding="utf-8"), named),
        named,
        unifier,
        *judging,
    )
    return series, LatestService(parts.recorder, measured, parts.records, unifier, *judging), snapshot
