"""However little the database knows of its tables, reads take time by what they read, not by its square."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg
import pytest
from clinical.adapters.postgres_measured import PostgresMeasured
from clinical.adapters.postgres_snapshot import PostgresSnapshot
from clinical.adapters.postgres_timeline import PostgresTimeline
from clinical.domain.measurements import Node
from clinical.domain.series import Wanted
from clinical.domain.span import Span
from clinical.domain.step import Step
from clinical.domain.timeline import Reach, Sought
from openward_contracts.identifiers import EhrId, EncounterId, PatientId

ARCHETYPE: Final = "openEHR-EHR-OBSERVATION.pulse.v2"
NODE: Final = f"{ARCHETYPE}/data[at0002]/items[at0004]/value"
EHR: Final = EhrId.new()
WANTED: Final = Wanted([EHR], [None], [Node(NODE)], Span(), None)
POINTS: Final = 10_000
SECONDS: Final = 5.0
TABLES: Final = ("recorded_version", "recorded_entry", "recorded_value")
#: Of so many compositions, which all entries are spread over.
VERSIONS: Final = (
    "insert into recorded_version (object_id, version, ehr_id, committed_at, deleted) "
    "select md5($1::uuid::text || i)::uuid, 1, $1, $2, false from generate_series(0, $3::int) i"
)
#: A minute apart, each with a value.
ENTRIES: Final = (
    "insert into recorded_entry (object_id, version, position, ehr_id, archetype_id, rm_type, name, path, "
    "sections, at, committed_at, words, codes, values) "
    "select md5($1::uuid::text || i % $3::int)::uuid, 1, i, $1, $4, 'OBSERVATION', 'Pulse', '/', '{}', "
    "$2::timestamptz - make_interval(mins => i), $2, 'pulse', '{}', $5 from generate_series(1, $6::int) i"
)
VALUES: Final = (
    "insert into recorded_value (object_id, version, position, ordinal, ehr_id, node, at, committed_at, "
    "magnitude, units, text) "
    "select object_id, version, position, 0, ehr_id, $2, at, committed_at, 70, '/min', '< 70 /min' "
    "from recorded_entry where ehr_id = $1"
)
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
VALUE: Final = (
    '[{"node": "/v", "path": "/v", "names": [], "rm_type": "DV_QUANTITY", "text": "< 70 /min", "time": null, '
    '"magnitude": 70, "units": "/min", "codes": [], "range": null, "status": null, "null_flavour": null, '
    '"content": {"magnitude_status": "<"}}]'
)
REACH: Final = Reach([EHR], [PatientId.new()], [None])
BY_AUTHOR: Final = Sought(authors=("clinician-1",))
IN_ENCOUNTER: Final = Sought(encounters=(EncounterId.new(),))
DAYS: Final = Step.read("P1D", "step")

READS: Final[dict[str, Callable[[asyncpg.Pool], Awaitable[Any]]]] = {
    "points": lambda pool: PostgresMeasured(pool).points(WANTED, 1000),
    "steps": lambda pool: PostgresMeasured(pool).parts(WANTED, DAYS, 1000),
    "extent": lambda pool: PostgresMeasured(pool).extent(WANTED),
    "latest": lambda pool: PostgresMeasured(pool).newest({EHR: [None]}, [Node(NODE)] * 50, None, None),
    "snapshot": lambda pool: PostgresSnapshot(pool).of_archetypes([EHR], [None], [ARCHETYPE], None, 1000),
    "timeline": lambda pool: PostgresTimeline(pool, "x").page(REACH, Sought(), None, 1000),
    "timeline of an author": lambda pool: PostgresTimeline(pool, "x").count(REACH, BY_AUTHOR),
    "timeline of an encounter": lambda pool: PostgresTimeline(pool, "x").count(REACH, IN_ENCOUNTER),
}


@pytest.fixture(scope="module")
async def admin(settings: Any, postgres_admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Of tables of which nobody makes statistics meanwhile; this module's alone."""
    connection = await asyncpg.connect(postgres_admin_url, database=settings.database_url.rpartition("/")[2])
    for table in TABLES:
        await connection.execute(f"alter table {table} set (autovacuum_enabled = off)")
    yield connection
    await connection.close()


#: Compositions, and whether statistics are made when all is there.
GROWN: Final[dict[str, tuple[int, tuple[str, ...]]]] = {
    "many compositions": (POINTS, ()),
    "one": (1, ()),
    "as it is": (POINTS, TABLES),
}


@pytest.fixture(scope="module", params=GROWN.values(), ids=[*GROWN])
async def grown(request: Any, settings: Any, admin: asyncpg.Connection) -> AsyncIterator[asyncpg.Pool]:
    """One connection, which has read often while there was next to nothing, as statistics may still say."""
    compositions, looked_at = request.param
    await admin.execute(f"truncate {', '.join(TABLES)}")
    await admin.execute(ENTRIES, EhrId.new(), NOW, 1, ARCHETYPE, VALUE, 1)
    await admin.execute(f"analyze {', '.join(TABLES)}")
    password = settings.database_password.get_secret_value()
    async with asyncpg.create_pool(
        settings.database_url, password=password, min_size=1, max_size=1, command_timeout=30
    ) as pool:
        for read in READS.values():
            for _ in range(7):
                await read(pool)
        await admin.execute(VERSIONS, EHR, NOW, compositions)
        await admin.execute(ENTRIES, EHR, NOW, compositions, ARCHETYPE, VALUE, POINTS)
        await admin.execute(VALUES, EHR, NODE)
        for table in looked_at:
            await admin.execute(f"analyze {table}")
        yield pool


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_a_plan_of_other_times_does_not_hold_up_a_read(
    grown: asyncpg.Pool, read: Callable[[asyncpg.Pool], Awaitable[Any]]
) -> None:
    async with asyncio.timeout(SECONDS):
        await read(grown)
