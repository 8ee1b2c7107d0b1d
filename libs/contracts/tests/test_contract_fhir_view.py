"""The mapping file of the FHIR view: what is shipped holds, and what is wrong is told with its place."""

from pathlib import Path

import pytest
from openward_contracts.fhir_view import ViewInvalid, capabilities, checked_file, read_view

ARCHETYPE = "openEHR-EHR-OBSERVATION.pulse.v2"
CODES = 'codes = [{ system = "http://loinc.org", code = "8867-4" }]'
VALUE = 'value = { node = "/data/value", units = { "/min" = "/min" } }'

UNITS = "node = '/x', units = { a = 'b' }"
TERMS = "node = '/data/value', terms = { a = { system = 'urn:x', code = 'y' } }"


def observation(*lines: str, archetype: str = ARCHETYPE, codes: str = CODES) -> str:
    return "\n".join(("[[observation]]", f'archetype = "{archetype}"', codes, *lines, ""))


def file(folder: Path, text: str) -> Path:
    path = folder / "view.toml"
    path.write_text(text)
    return path


def test_what_is_shipped_maps_the_vital_signs() -> None:
    view = read_view()
    assert ARCHETYPE in view.by_archetype
    observation, encounter = capabilities(view)
    assert "http://hl7.org/fhir/StructureDefinition/bp" in observation["supportedProfile"]
    assert (observation["type"], encounter["type"]) == ("Observation", "Encounter")


def test_what_can_be_searched_by_is_what_hl7_defines() -> None:
    defined = [
        each["definition"].removeprefix("http://hl7.org/fhir/SearchParameter/")
        for resource in capabilities(read_view())
        for each in resource["searchParam"]
    ]
    assert defined == [
        *("Resource-id", "Resource-lastUpdated", "Observation-category", "clinical-code", "clinical-date"),
        *("clinical-encounter", "clinical-patient", "Observation-status", "Observation-subject"),
        *("Resource-id", "Resource-lastUpdated", "Encounter-class", "clinical-date", "clinical-patient"),
        *("Encounter-status", "Encounter-subject"),
    ]


def test_a_file_of_one_s_own_takes_its_place(tmp_path: Path) -> None:
    path = file(tmp_path, observation(VALUE))
    assert checked_file(path) == path
    assert list(read_view(path).by_archetype) == [ARCHETYPE]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no toml", "view.toml: "),
        ("observations = 7", "view.toml: observations: "),
        (observation(), "a value or components"),
        (observation(VALUE, "components = [{}]"), "observation.0.components.0.node"),
        (observation(VALUE, archetype="pulse"), "observation.0.archetype"),
        (observation(VALUE, codes="codes = []"), "observation.0.codes"),
        (observation(VALUE) * 2, "maps an archetype twice"),
        (observation('value = { node = "/x" }'), "needs units or terms"),
        (observation('value = { node = "x", units = { "a" = "b" } }'), "observation.0.value.node"),
        (observation('value = { node = "/x", units = { "a" = " " } }'), "observation.0.value.units.a"),
        (
            observation(VALUE, 'extensions = [{ node = "/data/value", url = "urn:x", terms = {} }]'),
            "needs units",
        ),
        (observation(VALUE, f"extensions = [{{ {UNITS}, url = 'urn:x' }}]"), "needs terms"),
        (observation(VALUE, f"extensions = [{{ {TERMS}, url = 'urn:x' }}]"), "names a node twice"),
        (observation("[[observation.components]]", 'node = "/x"', "code = 7"), "components.0.code"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ViewInvalid) as refused:
        read_view(file(tmp_path, text))
    assert told in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ViewInvalid):
        read_view(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ViewInvalid):
        checked_file(tmp_path / "binary.toml")
