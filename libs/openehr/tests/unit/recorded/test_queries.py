"""AQL that goes with a value."""

import pytest
from openward_openehr.recorded.model import Entry, Value
from openward_openehr.recorded.queries import aql

UID = "8849182c-82ad-4088-a07f-48ead4180515::openward.local::1"
PULSE = "openEHR-EHR-OBSERVATION.pulse.v2"


def value(path: str) -> Value:
    return Value("", path, (), "DV_TEXT", "")


def entry(path: str = f"/content[{PULSE}]", name: str = "Pulse") -> Entry:
    return Entry(0, "OBSERVATION", PULSE, name, path, ())


def test_a_value_is_asked_for_in_its_entry_and_version() -> None:
    assert aql(entry(), value("/data[at0001]/events[at0006]/width"), UID, "e-1") == (
        "SELECT x/data[at0001]/events[at0006]/width FROM EHR e CONTAINS COMPOSITION c"
        f" CONTAINS OBSERVATION x[{PULSE} and name/value='Pulse']"
        f" WHERE e/ehr_id/value = 'e-1' AND c/uid/value = '{UID}'"
    )


def test_without_an_ehr_the_version_alone_is_asked_for() -> None:
    assert aql(entry(), value("/narrative"), UID).endswith(f" WHERE c/uid/value = '{UID}'")


def test_sections_are_asked_for_too() -> None:
    path = f"/content[openEHR-EHR-SECTION.adhoc.v1 and name/value='A/B']/items[{PULSE},2]"
    held = f"SECTION s0[openEHR-EHR-SECTION.adhoc.v1 and name/value='A/B'] CONTAINS OBSERVATION x[{PULSE} and"
    assert held in aql(entry(path), value("/narrative"), UID)


def test_other_context_is_asked_for_in_the_composition() -> None:
    context = Entry(0, "EVENT_CONTEXT", "openEHR-EHR-COMPOSITION.report.v1", "context", "/context", ())
    asked = aql(context, value("/other_context[at0001]/items[at0002]/value"), UID)
    assert asked.startswith("SELECT c/context/other_context[at0001]/items[at0002]/value FROM")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/data[at0001]/items[at0004,3]/value", "x/data[at0001]/items[at0004]/value"),
        ("/items[at0004 and name/value='a[1]/b,2']/value", "x/items[at0004 and name/value='a[1]/b,2']/value"),
        ("/ism_transition/reason[2]", "x/ism_transition/reason"),
        ("/items[3]/value", "x/items/value"),
        ("/items[no code]/value", "x/items/value"),
    ],
)
def test_places_and_what_is_no_node_id_are_left_out(path: str, asked: str) -> None:
    assert aql(entry(), value(path), UID).startswith(f"SELECT {asked} FROM ")


def test_names_are_quoted() -> None:
    assert "name/value='O\\'Brien\\\\s'" in aql(entry(name="O'Brien\\s"), value("/narrative"), UID)
