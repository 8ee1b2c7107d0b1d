"""Steps that the database makes are those that anybody would count: random values, as they are kept."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from clinical.adapters.postgres_measured import PostgresMeasured
from clinical.domain.measurements import Node
from clinical.domain.series import Wanted
from clinical.domain.span import Span
from clinical.domain.step import ORIGIN, Step
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openward_contracts.identifiers import EhrId

NODE = "openEHR-EHR-OBSERVATION.pulse.v2/data[at0002]/items[at0004]/value"
Point = tuple[datetime, float, str | None]
#: From 1890 to 2120.
TIMES = st.integers(-3_500_000_000, 3_750_000_000).map(lambda seconds: ORIGIN + timedelta(seconds=seconds))
POINTS = st.lists(
    st.tuples(TIMES, st.integers(-500, 500).map(float), st.sampled_from(["/min", "Hz", None])),
    max_size=20,
    unique_by=lambda point: point[0],
)
STEPS = ["PT7M", "PT1H", "P1D", "P1W", "P1M", "P5M", "P1Y", "P7Y"]


def start_of(at: datetime, step: Step) -> datetime:
    if step.months:
        months = ((at.year - ORIGIN.year) * 12 + at.month - 1) // step.months * step.months
        return datetime(ORIGIN.year + months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return ORIGIN + (at - ORIGIN) // step.length * step.length


def counted(points: Sequence[Point], step: Step) -> dict[tuple[datetime, str | None], tuple[float, ...]]:
    parts: dict[tuple[datetime, str | None], list[float]] = {}
    for at, magnitude, unit in sorted(points, key=lambda point: point[0]):
        parts.setdefault((start_of(at, step), unit), []).append(magnitude)
    return {
        key: (len(all_), sum(all_), min(all_), max(all_), all_[0], all_[-1]) for key, all_ in parts.items()
    }


async def keep(pool: asyncpg.Pool, ehr_id: EhrId, points: Sequence[Point]) -> None:
    await pool.executemany(
        "insert into recorded_value (object_id, version, position, ordinal, ehr_id, template_id, node, at, "
        "committed_at, magnitude, units) values ($1, 1, 0, 0, $2, null, $3, $4, $5, $6, $7)",
        [(uuid4(), ehr_id, NODE, at, ORIGIN, magnitude, unit) for at, magnitude, unit in points],
    )


@pytest.mark.parametrize("text", STEPS)
async def test_steps_in_the_database_are_those_that_one_counts(clinic: Any, text: str) -> None:
    pool = clinic.app.state.clinical.series.measured._pool
    measured, step, loop = PostgresMeasured(pool), Step.read(text, "step"), asyncio.get_running_loop()

    async def check(points: Sequence[Point]) -> None:
        ehr_id = EhrId.new()
        await keep(pool, ehr_id, points)
        wanted = Wanted([ehr_id], [None], [Node(NODE)], Span(), None)
        found = await measured.parts(wanted, step, 1000)
        told = {
            (part.start, part.unit): (part.count, part.total, part.low, part.high, part.first, part.last)
            for part in found
        }
        assert told == counted(points, step)
        starts = [part.start for part in found]
        assert starts == sorted(starts)
        extent = await measured.extent(wanted)
        times = [at for at, _, _ in points]
        assert extent == ((min(times), max(times)) if times else None)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(POINTS)
    def property_holds(points: Sequence[Point]) -> None:
        asyncio.run_coroutine_threadsafe(check(points), loop).result(30)

    await asyncio.to_thread(property_holds)


async def test_what_was_kept_of_another_subject_is_not_told(clinic: Any) -> None:
    pool = clinic.app.state.clinical.series.measured._pool
    ehr_id, entry = EhrId.new(), uuid4()
    at = datetime(2026, 1, 1, tzinfo=UTC)
    subject = "openEHR-EHR-OBSERVATION.pulse.v2/subject/relationship"
    await pool.executemany(
        "insert into recorded_value (object_id, version, position, ordinal, ehr_id, node, at, committed_at, "
        "magnitude) values ($1, 1, 0, $2, $3, $4, $5, $5, $6)",
        [(entry, 0, ehr_id, subject, at, None), (entry, 1, ehr_id, NODE, at, 140.0)],
    )
    await keep(pool, ehr_id, [(at + timedelta(days=1), 70.0, "/min")])
    wanted = Wanted([ehr_id], [None], [Node(NODE)], Span(), None)
    step = Step.read("P1D", "step")
    found = await PostgresMeasured(pool).parts(wanted, step, 10)
    assert [(part.count, part.low) for part in found] == [(1, 70.0)]


@pytest.mark.parametrize("huge", [1.5e308, -1.5e308])
async def test_steps_are_told_of_numbers_whose_sum_is_none(clinic: Any, huge: float) -> None:
    pool = clinic.app.state.clinical.series.measured._pool
    ehr_id, step = EhrId.new(), Step.read("P1D", "step")
    await keep(pool, ehr_id, [(ORIGIN + timedelta(hours=hour), huge, "/min") for hour in range(3)])
    await keep(pool, ehr_id, [(ORIGIN + timedelta(days=1), 70.0, "/min")])
    wanted = Wanted([ehr_id], [None], [Node(NODE)], Span(), None)

    found = await PostgresMeasured(pool).parts(wanted, step, 10)

    assert [(part.count, part.mean, part.last) for part in found] == [(3, huge, huge), (1, 70.0, 70.0)]


async def test_steps_count_what_is_not_exactly_what_it_counts_as(ward: Any) -> None:
    patient_id, pulse = await ward.patient(), "vital_signs/pulse/any_event:0/rate"
    for hour, status in enumerate(["<", ">=", "=", None]):
        more = {f"{pulse}|magnitude": 5 + hour} | ({f"{pulse}|magnitude_status": status} if status else {})
        await ward.vitals(patient_id, 120, f"2026-11-01T0{hour}:00:00Z", **more)
    await ward.vitals(patient_id, 120, "2026-11-02T10:00:00Z")

    first, second = (await ward.series(patient_id, node="pulse", step="P1D"))["steps"]

    assert (first["count"], first["bounded"], first["mean"]) == (4, 2, 6.5)
    assert "bounded" not in second
    (whole,) = (await ward.series(patient_id, node="pulse", step="P1M"))["steps"]
    assert (whole["count"], whole["bounded"]) == (5, 2)
    points = (await ward.series(patient_id, node="pulse"))["points"]
    assert [point.get("comparator") for point in points] == ["<", ">=", None, None, None]


async def test_what_an_ordinal_is_called_does_not_make_it_less(clinic: Any) -> None:
    pool = clinic.app.state.clinical.series.measured._pool
    ehr_id, values = EhrId.new(), '[{"content": {"_type": "DV_ORDINAL", "value": 2}}]'
    await keep(pool, ehr_id, [(ORIGIN, 2.0, None)])
    await pool.execute("update recorded_value set text = '< 5 times (2)' where ehr_id = $1", ehr_id)
    await pool.execute(
        "insert into recorded_entry (object_id, version, position, ehr_id, archetype_id, rm_type, name, "
        "path, sections, at, committed_at, words, codes, values) "
        "select object_id, 1, 0, ehr_id, 'a', 'OBSERVATION', 'Pulse', '/', '{}', at, at, '', '{}', $2 "
        "from recorded_value where ehr_id = $1",
        ehr_id,
        values,
    )
    wanted = Wanted([ehr_id], [None], [Node(NODE)], Span(), None)

    (found,) = await PostgresMeasured(pool).parts(wanted, Step.read("P1D", "step"), 10)

    assert (found.count, found.bounded) == (1, 0)


#: Blood pressures again, a minute earlier each; what must not be the same is the position.
AGAIN = (
    """insert into recorded_entry
       select object_id, version, 1000 + i, ehr_id, template_id, archetype_id, rm_type, name, path, sections,
              at - make_interval(mins => i), committed_at, replaced_at, words, codes, values
       from recorded_entry, generate_series($2::int, $3) i
       where ehr_id = $1 and position < 1000 and archetype_id like '%blood_pressure.v2'""",
    """insert into recorded_value
       select object_id, version, 1000 + i, ordinal, ehr_id, template_id, node, at - make_interval(mins => i),
              committed_at, replaced_at, magnitude, units, text, beside
       from recorded_value, generate_series($2::int, $3) i
       where ehr_id = $1 and position < 1000 and node like '%blood_pressure.v2%[at0004]/value'""",
)


async def test_ten_thousand_points_are_told_and_one_more_is_not(ward: Any) -> None:
    patient_id, ehr_id = await ward.clinic.patient()
    await ward.vitals(patient_id, 120, "2026-11-01T10:00:00Z")
    assert len((await ward.series(patient_id, node="systolic"))["points"]) == 1
    pool = ward.clinic.app.state.clinical.series.measured._pool
    for statement in AGAIN:
        await pool.execute(statement, ehr_id, 1, 9_999)
    points = (await ward.series(patient_id, node="systolic"))["points"]
    assert len(points) == 10_000
    assert [point["at"] for point in points] == sorted(point["at"] for point in points)
    for statement in AGAIN:
        await pool.execute(statement, ehr_id, 10_000, 10_000)
    problem = await ward.series(patient_id, 422, node="systolic")
    assert (problem["code"], problem["step"]) == ("series-too-long", "PT15M")
    steps = (await ward.series(patient_id, node="systolic", step="PT15M"))["steps"]
    assert sum(step["count"] for step in steps) == 10_001
