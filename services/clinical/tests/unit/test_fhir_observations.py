"""What of an entry becomes an Observation, and what loses something and does not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import fhirkit
import pytest
from clinical.domain.fhir.asking import ObservationsAsked, Token
from clinical.domain.fhir.dates import bounds
from clinical.domain.fhir.observations import Observation, ObservationId, Told, observations
from clinical.domain.timeline import Row
from openward_contracts.fhir_view import read_view
from openward_contracts.identifiers import EhrId
from openward_openehr.recorded.model import Code, Entry, Value

VIEW = read_view()
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
EVENT = "/data[at0002]/events[at0003]"
RATE = "/data[at0001]/items[at0004]/value"
OBJECT = UUID(int=7)
NORMAL = {"_type": "CODE_PHRASE", "code_string": "H"}


def quantity(magnitude: float = 72.0, units: str = "/min", **more: Any) -> dict[str, Any]:
    return {"_type": "DV_QUANTITY", "magnitude": magnitude, "units": units, **more}


def value(content: Any = None, *, event: str = EVENT, own: str = "", **fields: Any) -> Value:
    given: dict[str, Any] = {
        "node": f"{EVENT}{RATE}",
        "path": f"{event}{RATE}{own}",
        "names": ("Any event", "Rate"),
        "rm_type": "DV_QUANTITY",
        "text": "72 /min",
        "time": AT,
        "content": content or quantity(),
    }
    return Value(**(given | fields))


def shown(
    *values: Value,
    archetype: str = "openEHR-EHR-OBSERVATION.pulse.v2",
    state: str | None = "532",
    moved: datetime | None = None,
) -> list[Observation]:
    entry = Entry(3, "OBSERVATION", archetype, "Pulse", "/content[1]", values, AT)
    row = Row(OBJECT, 2, EhrId.new(), None, None, None, None, None, AT, AT, None, entry)
    return list(observations(row, Told(None, moved, state), VIEW))


def test_what_was_cut_is_not_shown() -> None:
    assert shown(value())
    assert not shown(value(cut=5_000))


def body(*values: Value) -> dict[str, Any]:
    [found] = shown(*values)
    resource = {
        "resourceType": "Observation",
        "id": str(found.id),
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": found.at.isoformat(),
        **found.body,
    }
    assert fhirkit.validate(resource) == []
    return found.body


@pytest.mark.parametrize(
    ("moved", "updated"),
    [(None, AT), (AT - timedelta(hours=1), AT), (AT + timedelta(hours=1), AT + timedelta(hours=1))],
)
def test_what_moved_after_it_was_committed_was_updated_then(
    moved: datetime | None, updated: datetime
) -> None:
    [found] = shown(value(), moved=moved)
    assert found.updated == updated
    asked = ObservationsAsked(updated=bounds(f"ge{updated.isoformat()}"))
    assert asked.holds(found)
    assert not ObservationsAsked(updated=bounds(f"gt{updated.isoformat()}")).holds(found)


def interval(**more: Any) -> dict[str, Any]:
    return {"_type": "DV_INTERVAL", "lower": quantity(60.0), "upper": quantity(100.0), **more}


def test_a_quantity_keeps_number_unit_comparator_range_and_judgement() -> None:
    content = quantity(72.5, magnitude_status="<=", normal_range=interval(), normal_status=NORMAL)
    told = body(value(content))
    assert told["valueQuantity"] == {
        "value": 72.5,
        "comparator": "<=",
        "unit": "/min",
        "system": "http://unitsofmeasure.org",
        "code": "/min",
    }
    assert told["referenceRange"][0]["low"]["value"] == 60
    assert told["referenceRange"][0]["high"]["value"] == 100
    assert told["interpretation"][0]["coding"][0]["code"] == "H"


@pytest.mark.parametrize(
    ("code", "reason"), [("253", "unknown"), ("272", "masked"), ("273", "not-applicable")]
)
def test_a_missing_value_tells_why(code: str, reason: str) -> None:
    missing = value(rm_type="ELEMENT", null_flavour=Code("openehr", code), content=None)
    assert body(missing)["dataAbsentReason"]["coding"][0]["code"] == reason


@pytest.mark.parametrize(
    "lossy",
    [
        [value(quantity(magnitude_status="~"))],
        [value(quantity(accuracy=0.5))],
        [value(quantity(units="bpm"))],
        [value(quantity(other_reference_ranges=[{}]))],
        [value(quantity(normal_status={"code_string": "HHH"}))],
        [value(quantity(normal_range=interval(upper_included=False)))],
        [value(quantity(normal_range=interval(upper=quantity(1.0, "Hz"))))],
        [value(quantity(normal_range=interval(lower=None, upper=None)))],
        [value(rm_type="DV_COUNT", content={"_type": "DV_COUNT", "magnitude": 72})],
        [value(rm_type="ELEMENT", null_flavour=Code("openehr", "271"), content=None)],
        [value(rm_type="ELEMENT", null_flavour=None, content=None)],
        [value(), value(own="2")],
        [value(), value(node=f"{EVENT}/data[at0001]/items[at0005]/value")],
        [value(), value(node=f"{EVENT}/math_function", path=f"{EVENT}/math_function")],
        [value(), value(node="/subject/relationship", path="/subject/relationship", time=None)],
        [
            value(),
            value(node="/protocol[at0010]/value", path="/protocol[at0010]/value"),
        ],
        [value(time=None)],
    ],
)
def test_what_has_no_place_hides_the_whole_event(lossy: list[Value]) -> None:
    assert shown(*lossy) == []


@pytest.mark.parametrize(
    ("state", "status"),
    [(None, "unknown"), ("532", "final"), ("553", "preliminary"), ("800", "unknown")],
)
def test_what_is_not_complete_is_not_final(state: str | None, status: str) -> None:
    [found] = shown(value(), state=state)
    assert (found.status, found.body["status"]) == (status, status)


def test_each_event_is_one_and_hides_no_other() -> None:
    second, third = f"{EVENT[:-1]} and name/value='Left ]']", f"{EVENT[:-1]},3]"
    found = shown(
        value(), value(quantity(magnitude_status="~"), event=second), value(quantity(90.0), event=third)
    )
    assert [str(each.id) for each in found] == [f"{OBJECT}.3.0", f"{OBJECT}.3.2"]


def test_components_that_the_profile_needs_decide_whether_it_is_claimed() -> None:
    event = "/data[at0001]/events[at0006]"
    nodes = [f"{event}/data[at0003]/items[{item}]/value" for item in ("at0004", "at0005")]
    values = [value(quantity(units="mm[Hg]"), node=node, event=node, path=node) for node in nodes]
    archetype = "openEHR-EHR-OBSERVATION.blood_pressure.v2"
    [both], [one] = shown(*values, archetype=archetype), shown(values[0], archetype=archetype)
    assert both.body["meta"]["profile"] == ["http://hl7.org/fhir/StructureDefinition/bp"]
    assert "meta" not in one.body
    assert len(one.body["component"]) == 1


def test_the_position_of_the_body_is_an_extension_of_a_measured_pressure() -> None:
    """R4's vital signs bind what components hold to units; HL7 has an extension for the position."""
    event, archetype = "/data[at0001]/events[at0006]", "openEHR-EHR-OBSERVATION.blood_pressure.v2"
    named = (f"{event}/data[at0003]/items[at0004]/value", f"{event}/state[at0007]/items[at0008]/value")
    systolic, position = [{"node": node, "event": node, "path": node} for node in named]
    pressure = value(quantity(units="mm[Hg]"), **systolic)
    coded = {"_type": "DV_CODED_TEXT", "value": "Sitting", "defining_code": {}}
    codes = (Code("local", "at1001"),)
    sitting = value(coded, **position, rm_type="DV_CODED_TEXT", text="Sitting", codes=codes)
    absent = value(**position, rm_type="ELEMENT", null_flavour=Code("openehr", "253"))

    [found] = shown(pressure, sitting, archetype=archetype)
    assert found.body["extension"] == [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition",
            "valueCodeableConcept": {
                "coding": [
                    {
                        "system": "http://snomed.info/sct",
                        "code": "33586001",
                        "display": "Sitting position",
                    }
                ],
                "text": "Sitting",
            },
        }
    ]
    assert len(found.body["component"]) == 1
    assert shown(pressure, absent, archetype=archetype) == []
    assert shown(sitting, archetype=archetype) == []


def test_what_is_not_mapped_is_not_shown() -> None:
    assert shown(value(), archetype="openEHR-EHR-OBSERVATION.story.v1") == []


@pytest.mark.parametrize("text", [f"{OBJECT}.0.0", f"{OBJECT}.12.3"])
def test_ids_are_read_as_they_are_written(text: str) -> None:
    assert str(ObservationId.read(text)) == text


@pytest.mark.parametrize(
    "text", ["", "x", str(OBJECT), f"{OBJECT}.1", f"{OBJECT}.01.1", f"{OBJECT}.1.1234567", f"{OBJECT}.1.1\n"]
)
def test_what_names_nothing_is_no_id(text: str) -> None:
    assert ObservationId.read(text) is None


@pytest.mark.parametrize(
    ("token", "holds"),
    [
        (Token(None, "a"), True),
        (Token("s", "a"), True),
        (Token("s", ""), True),
        (Token("t", "a"), False),
        (Token("", "a"), False),
        (Token(None, "b"), False),
    ],
)
def test_tokens_name_codes_of_their_system(token: Token, *, holds: bool) -> None:
    assert token.names("s", "a") is holds
