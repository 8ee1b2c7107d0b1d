"""One measurement of a patient over time: found, judged, put on record, and brought to one unit."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

from openward_servicekit.auth import Authorizer, Principal

from clinical.domain.conversion import Conversion, UnitNotConvertible, Units, UnitUnknown
from clinical.domain.measurements import Measurement, Measurements
from clinical.domain.ports import AccessLog
from clinical.domain.record import PatientRecord
from clinical.domain.series import (
    Asked,
    Found,
    Measured,
    Part,
    Point,
    Series,
    SeriesTooLong,
    Wanted,
    joined,
)
from clinical.domain.step import Step, readable
from clinical.service.labelling import Labelling
from clinical.service.permitted import permitted_templates
from clinical.service.recording import Recorder

_RESOURCE: Final = "series"
#: Parts of one step that differ in their units; more are told to be too many.
_UNITS_A_STEP: Final = 4
#: Points, or parts; to convert more than that at once would keep other requests waiting.
_LONG: Final = 500


class _Unit(NamedTuple):
    """The unit of a series, and how each that was found comes to it."""

    name: str | None
    conversions: Mapping[str | None, Conversion | None]


@dataclass(frozen=True)
class SeriesService:
    """`most`: points, or steps, in one answer. `system_id` is EHRbase's."""

    recorder: Recorder
    measured: Measured
    measurements: Measurements
    units: Units
    labelling: Labelling
    access: AccessLog
    authorizer: Authorizer
    system_id: str
    most: int

    async def of(self, principal: Principal, record: PatientRecord, asked: Asked) -> Series:
        """Of templates that the caller may read; its access record is durable.

        Raises UnitUnknown, UnitNotConvertible, SeriesTooLong.
        """
        asked = replace(asked, unit=self.measurements.ucum(asked.unit))
        if asked.unit is not None and not await self.units.known(asked.unit):
            raise UnitUnknown(path="unit")
        ehr_ids = [ehr.ehr_id for ehr in record.readable]
        await self.recorder.up_to_date(ehr_ids)
        held = await self.measured.held(ehr_ids, asked.as_of)
        templates = permitted_templates(
            self.authorizer, principal, record, (each.template_id for each in held)
        )
        wanted = Wanted(ehr_ids, templates, asked.measurement.nodes, asked.span, asked.as_of)
        by_step = self._by_step(wanted, asked, asked.step) if asked.step else self._by_point(wanted, asked)
        try:
            series, count = await by_step
        except (SeriesTooLong, UnitNotConvertible):
            await self.access.seen(principal.actor(), record.target, _RESOURCE, 0)
            raise
        await self.access.seen(principal.actor(), record.target, _RESOURCE, count)
        unreadable = sum(each.unreadable for each in held if each.template_id in templates)
        return replace(series, unreadable=unreadable)

    async def label(self, measurement: Measurement, series: Series, languages: Sequence[str]) -> str | None:
        """What the measurement is called here; else what its latest value is, by its template."""
        found = series.named_by
        if measurement.labels or found is None:
            return measurement.label(languages)
        names = found.value.names
        if found.template_id and (labels := await self.labelling.of([found.template_id])):
            names = labels[found.template_id].value(found.entry, found.value, next(iter(languages), "en"))
        return names[-1] if names else None

    async def _by_point(self, wanted: Wanted, asked: Asked) -> tuple[Series, int]:
        found = await self.measured.points(wanted, self.most + 1)
        if len(found) > self.most:
            raise await self._too_long(wanted)
        unit = await self._unit(asked, [each.value.units for each in found])
        telling = partial(_of_points, found, unit)
        return await to_thread(telling) if len(found) > _LONG else telling(), len(found)

    async def _by_step(self, wanted: Wanted, asked: Asked, step: Step) -> tuple[Series, int]:
        most = (self.most + 1) * _UNITS_A_STEP
        parts = await self.measured.parts(wanted, step, most)
        newest_last = sorted(parts, key=lambda part: part.last_at)
        unit = await self._unit(asked, [part.unit for part in newest_last])
        telling = partial(_of_parts, parts, unit)
        series = await to_thread(telling) if len(parts) > _LONG else telling()
        if len(parts) == most or len(series.parts) > self.most:
            raise await self._too_long(wanted)
        newest = await self.measured.points(wanted, 1)
        count = sum(part.count for part in parts)
        return replace(series, named_by=newest[0] if newest else None), count

    async def _unit(self, asked: Asked, found: Sequence[str | None]) -> _Unit:
        """That which is asked for; else the usual one, or if nothing can be converted to it the latest.

        `found`: in order of time. Raises UnitNotConvertible.
        """
        usual = asked.unit or asked.measurement.unit
        if not found:
            return _Unit(usual, {})
        latest = [] if asked.unit else [self.measurements.ucum(found[-1])]
        for wish in [usual, *latest] if usual else latest:
            unit = _Unit(wish, {each: await self._conversion(each, wish) for each in dict.fromkeys(found)})
            if any(how is not None for how in unit.conversions.values()):
                return unit
        raise UnitNotConvertible(path="unit")

    async def _conversion(self, source: str | None, target: str | None) -> Conversion | None:
        return await self.units.conversion(self.measurements.ucum(source), target)

    async def _too_long(self, wanted: Wanted) -> SeriesTooLong:
        extent = await self.measured.extent(wanted)
        return SeriesTooLong(self.most, readable(extent[1] - extent[0], self.most) if extent else "P1Y")


def _of_points(found: Sequence[Found], unit: _Unit) -> Series:
    points = [_point(each, unit.conversions[each.value.units]) for each in found]
    return Series(
        unit.name,
        points=[each for each in points if each.magnitude is not None],
        others=[each for each in points if each.magnitude is None],
        named_by=found[-1] if found else None,
    )


def _of_parts(parts: Sequence[Part], unit: _Unit) -> Series:
    others: dict[str | None, int] = {}
    for part in parts:
        if unit.conversions[part.unit] is None:
            others[part.unit] = others.get(part.unit, 0) + part.count
    converted = [part.converted(how) for part in parts if (how := unit.conversions[part.unit])]
    return Series(unit.name, parts=joined(converted), other_units=others)


def _point(found: Found, conversion: Conversion | None) -> Point:
    value = found.value
    if conversion is None or value.magnitude is None:
        return Point(found, None)
    low, high = (each if each is None else conversion(each) for each in value.range or (None, None))
    return Point(found, conversion(value.magnitude), (low, high) if value.range else None)
