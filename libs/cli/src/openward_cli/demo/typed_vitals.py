"""A client of the vital-signs template, written against the types that the templates service makes of it.

`vital_signs_types` is that module; it is fetched when the demonstration runs (`generated`). A unit, a code or
a field that the template does not have is an error of the type checker here, before anything runs.
"""

from vital_signs_types import (
    AnyEvent,
    BloodPressure,
    Composition,
    Ctx,
    Diastolic,
    Systolic,
    VitalSigns,
)


def blood_pressure(systolic: float, diastolic: float, at: str, *, composer: str) -> str:
    """A STRUCTURED composition as JSON, sitting; `at` is an ISO 8601 time with zone."""
    measured = AnyEvent(
        systolic=[Systolic(magnitude=systolic, unit="mm[Hg]")],
        diastolic=[Diastolic(magnitude=diastolic, unit="mm[Hg]")],
        position=["at1001"],
        time=[at],
    )
    composition = Composition(
        vital_signs=VitalSigns(blood_pressure=[BloodPressure(any_event=[measured])]),
        ctx=Ctx(language="en", territory="GB", composer_name=composer, time=at),
    )
    written: str = composition.model_dump_json(by_alias=True, exclude_none=True)
    return written
