"""`/api/clinical/v1/patients/{patient_id}/series`: one measurement over time; `/measurements`."""

from asyncio import to_thread
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Response
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Exact, OfPatient, Reader, Services
from clinical.api.measurement_schemas import (
    MeasurementSeries,
    NamedMeasurement,
    OtherUnit,
    point,
    step,
    written,
)
from clinical.api.periods import AsOf, Period
from clinical.api.problem_schemas import SERIES_REFUSED
from clinical.api.routes import PREFIX, canonical
from clinical.domain.languages import wanted_languages
from clinical.domain.measurements import Measurement, NodeUnknown
from clinical.domain.permissions import READ
from clinical.domain.series import Asked, Series
from clinical.domain.step import Step

router = api_router(PREFIX, tags=["measurements"], dependencies=[Exact])

#: Points, or steps; to write more than that at once would keep other requests waiting.
_LONG: Final = 2000


async def languages(
    accept_language: Annotated[str | None, Header(description="of labels; the first that there is")] = None,
) -> Sequence[str]:
    return wanted_languages(accept_language or "")


Languages = Annotated[Sequence[str], Depends(languages)]


async def asked_measurement(
    services: Services,
    node: Annotated[
        str,
        Query(max_length=2000, description="a measurement's name, or an archetype id and the path in it"),
    ],
    code: Annotated[
        str | None,
        Query(max_length=200, description="`terminology::code` that must stand beside it, as of an analyte"),
    ] = None,
) -> Measurement:
    """Raises NodeUnknown."""
    measurement = services.series.measurements.of(node, code)
    if measurement is None:
        raise NodeUnknown(path="node")
    return measurement


async def asked_series(
    measurement: Annotated[Measurement, Depends(asked_measurement)],
    period: Period,
    as_of: AsOf,
    step: Annotated[
        str | None, Query(max_length=40, description="ISO 8601 duration such as PT1H, P1D, P1M")
    ] = None,
    unit: Annotated[
        str | None, Query(max_length=64, description="UCUM; without it the usual or the latest")
    ] = None,
) -> Asked:
    """Raises StepInvalid, and what a period raises."""
    return Asked(measurement, unit, period, as_of, None if step is None else Step.read(step, "step"))


@router.get(
    "/patients/{patient_id}/series",
    response_model=MeasurementSeries,
    response_model_exclude_none=True,
    responses=sends("Link") | SERIES_REFUSED,
)
async def read_series(
    caller: Reader,
    record: OfPatient,
    asked: Annotated[Asked, Depends(asked_series)],
    languages: Languages,
    services: Services,
) -> Response:
    """The values of one measurement, whatever template they were recorded with; merged patients' together.

    At most 10,000 points: beyond that a `step` is needed, and the problem names one that will do. Steps are
    counted from 2001-01-01T00:00Z, a Monday, so that hours, days, weeks and months are those of UTC.
    """
    series = await services.series.of(caller, record, asked)
    label = await services.series.label(asked.measurement, series, languages)
    writing = partial(_written, asked, series, label, services.series.system_id)
    content = await to_thread(writing) if _length(series) > _LONG else writing()
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"} | canonical(record)
    return Response(content, headers=headers, media_type="application/json")


@router.get("/measurements", response_model_exclude_none=True)
async def list_measurements(
    caller: Reader, languages: Languages, services: Services
) -> Sequence[NamedMeasurement]:
    """Those that have a name here."""
    services.series.authorizer.permitted(caller, READ, ())  # nothing of anybody is told
    named = services.series.measurements.by_alias
    return [
        NamedMeasurement(
            measurement=alias,
            label=each.label(languages) or alias,
            unit=each.unit,
            nodes=[node.node for node in each.nodes],
        )
        for alias, each in named.items()
    ]


def _length(series: Series) -> int:
    return len(series.points) + len(series.others) + len(series.parts)


def _written(asked: Asked, series: Series, label: str | None, system_id: str) -> bytes:
    return written(_told(asked, series, label, system_id))


def _told(asked: Asked, series: Series, label: str | None, system_id: str) -> MeasurementSeries:
    by_step = asked.step is not None
    others = [OtherUnit(unit=unit, count=count) for unit, count in series.other_units.items()]
    return MeasurementSeries(
        measurement=asked.measurement.alias,
        label=label,
        unit=series.unit,
        step=asked.step.text if asked.step else None,
        points=None if by_step else [point(each, system_id) for each in series.points],
        steps=[step(each) for each in series.parts] if by_step else None,
        unconverted=[point(each, system_id) for each in series.others] or None,
        other_units=others or None,
        unreadable=series.unreadable or None,
    )
