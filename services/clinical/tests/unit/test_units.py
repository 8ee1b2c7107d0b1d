"""Conversion between units of UCUM."""

import sys
from subprocess import run

import pytest
from clinical.adapters.ucum import UcumUnits
from clinical.domain.conversion import SAME, Conversion
from hypothesis import given
from hypothesis import strategies as st

UNITS = UcumUnits()
CONVERTIBLE = [
    ("mm[Hg]", "kPa", 120, 15.9986864898),
    ("cm[H2O]", "mm[Hg]", 10, 7.35559135277),
    ("Cel", "[degF]", 36.8, 98.24),
    ("[degF]", "Cel", 98.6, 37.0),
    ("K", "Cel", 310.15, 37.0),
    ("[lb_av]", "kg", 150, 68.0388555),
    ("[in_i]", "cm", 70, 177.8),
    ("g/dL", "g/L", 13.5, 135.0),
    ("umol/L", "mmol/L", 88, 0.088),
    ("10*3/uL", "10*9/L", 7.1, 7.1),
    ("U/L", "ukat/L", 60, 1.0),
    ("{beats}/min", "/min", 72, 72.0),
    ("{beats}", None, 3, 3.0),
    ("%", None, 98, 0.98),
    ("m[IU]/L", "[IU]/L", 2500, 2.5),
]


@pytest.mark.parametrize(("source", "target", "magnitude", "expected"), CONVERTIBLE)
async def test_known_values_are_converted(
    source: str, target: str | None, magnitude: float, expected: float
) -> None:
    conversion = await UNITS.conversion(source, target)
    assert conversion is not None
    assert conversion(magnitude) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        *(("mg/dL", "mmol/L"), ("g", "mol")),  # by substance
        *(("meq/L", "mmol/L"), ("eq", "mol"), ("osm/kg", "mol/kg")),  # by valence, by what it falls into
        *(("[iU]/L", "/L"), ("[iU]", "[arb'U]"), ("[iU]/L", "U/L"), ("[CFU]", None)),  # by assay
        *(("mm[Hg]", "/min"), ("Cel/min", "K/min"), ("dB", None), ("[pH]", "mol/L")),
        *(("bpm", "/min"), ("mm Hg", "mm[Hg]"), ("", "kg"), ("kg", "x" * 100), ("10*99999", None)),
    ],
)
async def test_what_cannot_be_converted_is_not(source: str, target: str | None) -> None:
    assert await UNITS.conversion(source, target) is None


async def test_the_same_unit_is_left_alone_even_if_nobody_knows_it() -> None:
    assert await UNITS.conversion("bpm", "bpm") is SAME
    assert await UNITS.conversion(None, "1") is SAME
    assert SAME(0.1 + 0.2) == 0.1 + 0.2


async def test_units_are_known_by_ucum() -> None:
    known = {unit: await UNITS.known(unit) for unit in ("mm[Hg]", "/min", "Cel", "bpm", "mmHg", "", "9" * 9)}
    assert [unit for unit, is_known in known.items() if is_known] == ["mm[Hg]", "/min", "Cel"]


@pytest.mark.parametrize("unit", ["9+99999", "99999999999", "(" * 60, "m" * 10_000, "9-9999", "{", "\0", "é"])
async def test_odd_units_are_refused(unit: str) -> None:
    assert not await UNITS.known(unit)


@given(st.sampled_from(CONVERTIBLE), st.floats(-1e6, 1e6))
async def test_there_and_back_is_where_one_began(
    pair: tuple[str, str | None, float, float], magnitude: float
) -> None:
    there, back = await UNITS.conversion(pair[0], pair[1]), await UNITS.conversion(pair[1], pair[0])
    assert there is not None
    assert back is not None
    assert back(there(magnitude)) == pytest.approx(magnitude, rel=1e-8, abs=1e-8)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30))
def test_a_sum_is_converted_as_its_parts_are(magnitudes: list[float]) -> None:
    conversion = Conversion(1.8, 32.0)
    expected = sum(each * 1.8 + 32.0 for each in magnitudes)
    assert conversion.sum(sum(magnitudes), len(magnitudes)) == pytest.approx(expected, abs=1e-6)


def test_nothing_is_loaded_before_a_unit_is_asked_for() -> None:
    code = "import sys, clinical.adapters.ucum as u; u.UcumUnits(); sys.exit('pint' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
