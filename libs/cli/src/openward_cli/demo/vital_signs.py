"""The demonstration's own template: vital signs at an encounter.

Archetype ids and node ids are those under which such data is known everywhere, so that existing AQL finds it;
all texts, ranges and choices are ours.
"""

from openward_cli.demo.flat import in_context
from openward_cli.demo.opt import composition, observation, template
from openward_cli.demo.opt_constraints import (
    Archetype,
    Node,
    coded,
    element,
    percent,
    quantity,
    tree,
)

TEMPLATE_ID = "openward_vital_signs.v1"
_UID = "6f1c1f9e-3f0e-4d5c-9b0a-6a4f6a1f7e01"

_PRESSURE, _TEMPERATURE, _FREQUENCY = "125", "127", "382"
"""Codes of the group `property` of the openEHR terminology."""

_BLOOD_PRESSURE = observation(
    "blood_pressure.v2",
    ("at0001", "at0006", "at0003"),
    (
        element("at0004", quantity(_PRESSURE, ("mm[Hg]", 0.0, 1000.0, 0))),
        element("at0005", quantity(_PRESSURE, ("mm[Hg]", 0.0, 1000.0, 0))),
    ),
    {
        "at0000": ("Blood pressure", "Pressure of the blood in the arteries"),
        "at0001": ("History", "When it was measured"),
        "at0003": ("Data", "What was measured"),
        "at0004": ("Systolic", "Highest pressure of a heart beat"),
        "at0005": ("Diastolic", "Lowest pressure of a heart beat"),
        "at0006": ("Any event", "One measurement"),
        "at0007": ("State", "How the person was while measured"),
        "at0008": ("Position", "Posture of the person"),
        "at1000": ("Standing", "On the feet"),
        "at1001": ("Sitting", "On a chair or a bed"),
        "at1003": ("Lying", "On the back or a side"),
    },
    state=tree("at0007", element("at0008", coded("at1000", "at1001", "at1003"))),
)
_PULSE = observation(
    "pulse.v2",
    ("at0002", "at0003", "at0001"),
    (element("at0004", quantity(_FREQUENCY, ("/min", 0.0, 400.0, 0))),),
    {
        "at0000": ("Pulse", "Beats of the heart as felt or counted"),
        "at0001": ("Data", "What was measured"),
        "at0002": ("History", "When it was measured"),
        "at0003": ("Any event", "One measurement"),
        "at0004": ("Rate", "Beats in a minute"),
    },
)
_BODY_TEMPERATURE = observation(
    "body_temperature.v2",
    ("at0002", "at0003", "at0001"),
    (element("at0004", quantity(_TEMPERATURE, ("Cel", 20.0, 46.0, 1), ("[degF]", 68.0, 115.0, 1))),),
    {
        "at0000": ("Body temperature", "Warmth of the body"),
        "at0001": ("Data", "What was measured"),
        "at0002": ("History", "When it was measured"),
        "at0003": ("Any event", "One measurement"),
        "at0004": ("Temperature", "The temperature measured"),
    },
)
_RESPIRATION = observation(
    "respiration.v2",
    ("at0001", "at0002", "at0003"),
    (element("at0004", quantity(_FREQUENCY, ("/min", 0.0, 150.0, 0))),),
    {
        "at0000": ("Respiration", "Breathing"),
        "at0001": ("History", "When it was observed"),
        "at0002": ("Any event", "One observation"),
        "at0003": ("Data", "What was observed"),
        "at0004": ("Rate", "Breaths in a minute"),
    },
)
_PULSE_OXIMETRY = observation(
    "pulse_oximetry.v1",
    ("at0001", "at0002", "at0003"),
    (element("at0006", percent(0.0, 100.0)),),
    {
        "at0000": ("Pulse oximetry", "Oxygen in the blood, measured through the skin"),
        "at0001": ("History", "When it was measured"),
        "at0002": ("Any event", "One measurement"),
        "at0003": ("Data", "What was measured"),
        "at0006": ("SpO2", "Share of haemoglobin that carries oxygen"),
    },
)
_ENCOUNTER = Archetype(
    "openEHR-EHR-COMPOSITION.encounter.v1",
    composition("433", element("at0002", Node("DV_TEXT"))),
    {
        "at0000": ("Vital signs", "Vital signs taken at an encounter"),
        "at0001": ("Context", "More about the encounter"),
        "at0002": ("Ward", "Where the person was"),
    },
)


def opt() -> bytes:
    """Operational template 1.4 as UTF-8 XML; the same bytes at every call."""
    return template(
        TEMPLATE_ID,
        _UID,
        "To record vital signs at the bedside.",
        _ENCOUNTER,
        _BLOOD_PRESSURE,
        _PULSE,
        _BODY_TEMPERATURE,
        _RESPIRATION,
        _PULSE_OXIMETRY,
    )


def flat(systolic: float, diastolic: float, at: str, *, composer: str) -> dict[str, object]:
    """A FLAT composition of this template; `at` is an ISO 8601 time with zone."""
    root = "vital_signs"
    event = "any_event:0"
    values: dict[str, object] = {
        f"{root}/blood_pressure/{event}/systolic|magnitude": systolic,
        f"{root}/blood_pressure/{event}/systolic|unit": "mm[Hg]",
        f"{root}/blood_pressure/{event}/diastolic|magnitude": diastolic,
        f"{root}/blood_pressure/{event}/diastolic|unit": "mm[Hg]",
        f"{root}/blood_pressure/{event}/position|code": "at1001",
        f"{root}/pulse/{event}/rate|magnitude": 72,
        f"{root}/pulse/{event}/rate|unit": "/min",
        f"{root}/body_temperature/{event}/temperature|magnitude": 36.8,
        f"{root}/body_temperature/{event}/temperature|unit": "Cel",
        f"{root}/respiration/{event}/rate|magnitude": 14,
        f"{root}/respiration/{event}/rate|unit": "/min",
        f"{root}/pulse_oximetry/{event}/spo2|numerator": 98.0,
        f"{root}/pulse_oximetry/{event}/spo2|denominator": 100.0,
        f"{root}/pulse_oximetry/{event}/spo2|type": 2,
    }
    observations = ("blood_pressure", "pulse", "body_temperature", "respiration", "pulse_oximetry")
    times = {f"{root}/{name}/{event}/time": at for name in observations}
    return in_context(at, composer) | values | times
