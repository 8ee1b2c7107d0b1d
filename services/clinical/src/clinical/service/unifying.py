"""Values brought to the unit in which they are wanted."""

from dataclasses import dataclass

from clinical.domain.conversion import Units
from clinical.domain.latest import Latest
from clinical.domain.measurements import Measurements
from clinical.domain.series import Found


@dataclass(frozen=True)
class Unifier:
    measurements: Measurements
    units: Units

    async def known(self, unit: str) -> bool:
        return await self.units.known(self.measurements.ucum(unit) or "")

    async def latest(self, found: Found, wanted: str | None) -> Latest:
        """As it was recorded where that cannot be converted, or no unit is wanted."""
        value = found.value
        unit = self.measurements.ucum(wanted)
        source = self.measurements.ucum(value.units)
        how = await self.units.conversion(source, unit) if unit and value.magnitude is not None else None
        if how is None or value.magnitude is None:
            return Latest(found, value.magnitude, value.units, value.range)
        low, high = (each if each is None else how(each) for each in value.range or (None, None))
        return Latest(found, how(value.magnitude), unit, (low, high) if value.range else None)
