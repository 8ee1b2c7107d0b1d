"""Measurements that have a name: the mapping file, and what callers may ask for."""

from pathlib import Path
from typing import Any

import clinical
import pytest
from clinical.adapters.ucum import UcumUnits
from clinical.domain.mapping_files import MappingUnreadable
from clinical.domain.measurements import Measurements, Node
from clinical.settings import Settings
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.settings import load

SHIPPED = Path(clinical.__path__[0]) / "measurements.toml"
NODE = "openEHR-EHR-OBSERVATION.pulse.v2/data[at0002]/events[at0003]/data[at0001]/items[at0004]"
FILE = f"""
[spellings]
"bpm" = "/min"
[measurements.pulse]
label = {{ en = "Pulse", "de-AT" = "Puls" }}
nodes = ["{NODE}", {{ node = "{NODE}/value", code = "LOINC::8867-4" }}]
"""


async def test_the_shipped_file_can_be_read_and_its_units_are_units() -> None:
    shipped, units = Measurements.read(SHIPPED.read_text(encoding="utf-8")), UcumUnits()
    assert {"systolic", "diastolic", "pulse", "temperature", "respiration", "spo2"} <= shipped.by_alias.keys()
    asked = {each.unit for each in shipped.by_alias.values() if each.unit} | set(shipped.spellings.values())
    assert [unit for unit in sorted(asked) if not await units.known(unit)] == []
    assert all(each.labels.keys() >= {"en", "de"} for each in shipped.by_alias.values())


def test_a_measurement_is_found_by_its_name_and_by_a_node() -> None:
    measurements = Measurements.read(FILE)
    pulse = measurements.of("pulse")
    assert pulse is not None
    assert pulse.nodes == (Node(f"{NODE}/value"), Node(f"{NODE}/value", "LOINC::8867-4"))
    for ending in ("", "/value", "/value/magnitude"):
        by_node = measurements.of(NODE + ending)
        assert by_node is not None
        assert by_node.nodes == (Node(f"{NODE}/value"),)
    assert measurements.of("pulse", "LOINC::8867-4") is None
    assert (measurements.ucum("bpm"), measurements.ucum("kg"), measurements.ucum(None)) == (
        "/min",
        "kg",
        None,
    )


def test_nodes_that_are_no_elements_are_left_as_they_are() -> None:
    node = "openEHR-EHR-INSTRUCTION.medication_order.v3/expiry_time"
    assert Node.read(node) == Node(node)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "pulse2",
            "openEHR-EHR-OBSERVATION.pulse.v2",
            "/data[at0001]",
            "openEHR-EHR-OBSERVATION.pulse.v2/",
        ),
        *(f"{NODE} and more", NODE.replace("at0004", "at0004 and name/value='Left'"), f"{NODE}\n", NODE * 40),
        "openEHR-EHR-OBSERVATION.pulse.v2/data[at0002]" + "/a" * 60,
    ],
)
def test_what_is_neither_name_nor_node_is_unknown(text: str) -> None:
    assert Measurements.read(FILE).of(text) is None


@given(st.text(max_size=300))
def test_any_text_is_a_node_or_none(text: str) -> None:
    assert Node.read(text) is None
    node = Node.read(NODE, text)
    assert node is None or node.code == text


def test_labels_are_in_the_first_language_that_there_is() -> None:
    pulse = Measurements.read(FILE).by_alias["pulse"]
    asked = [("de",), ("fr", "de-CH"), ("fr",), ()]
    assert [pulse.label(languages) for languages in asked] == ["Puls", "Puls", "Pulse", "Pulse"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[measurements", "Expected"),
        ("measurements = 3", "measurements: "),
        ("[measurements.Pulse]\nlabel={en='x'}\nnodes=['x']", "measurements.Pulse"),
        (
            "[measurements.pulse]\nlabel={en='x'}\nnodes=['x']",
            "measurements.pulse.nodes.0: must be an archetype",
        ),
        (f"[measurements.pulse]\nlabel={{}}\nnodes=['{NODE}']", "measurements.pulse.label"),
        (f"[measurements.pulse]\nlabel={{en='x'}}\nnodes=['{NODE}']\nunits='kg'", "measurements.pulse.units"),
        (f"[measurements.pulse]\nlabel={{en='x'}}\nnodes=[{{node='{NODE}', kode='x'}}]", "pulse.nodes.0"),
    ],
)
def test_a_file_that_says_something_else_is_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(MappingUnreadable) as refused:
        Measurements.read(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    secret = tmp_path / "secret"
    secret.write_text("c" * 32)
    given = {
        "ENVIRONMENT": "local",
        "PORT": "1",
        "PUBLIC_URL": "http://x",
        "OIDC_ISSUER": "http://x",
        "OIDC_JWKS_URL": "http://x",
        "NATS_URL": "nats://x",
        "EHRBASE_URL": "http://x",
        "EHRBASE_USER": "x",
        "DATABASE_URL": "postgresql://x@x/x",
        "EVT_DATABASE_URL": "postgresql://x@x/x",
        **dict.fromkeys(
            ("DATABASE_PASSWORD_FILE", "NATS_SEED_FILE", "EHRBASE_PASSWORD_FILE", "CURSOR_KEY_FILE"),
            str(secret),
        ),
        "EVT_DATABASE_PASSWORD_FILE": str(secret),
    }
    for name, value in given.items():
        monkeypatch.setenv(f"OPENWARD_{name}", value)
    return tmp_path


@pytest.mark.parametrize(
    "content", ["[measurements", None, b"\xff\xff", "[measurements.x]\nlabel={en='{y}'}"]
)
def test_a_file_that_cannot_be_used_stops_the_start_with_one_line(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: Any
) -> None:
    file = environment / "mine.toml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("OPENWARD_MEASUREMENTS_FILE", str(file))
    with pytest.raises(SystemExit) as stopped:
        load(Settings)
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert told.startswith("openward clinical: OPENWARD_MEASUREMENTS_FILE: ")
    assert told.count("\n") == 1


def test_a_snapshot_of_measurements_that_have_no_name_stops_it_too(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = environment / "mine.toml"
    file.write_text(FILE)
    monkeypatch.setenv("OPENWARD_MEASUREMENTS_FILE", str(file))
    with pytest.raises(SystemExit):
        load(Settings)
    told = capsys.readouterr().err
    assert told.startswith("openward clinical: OPENWARD_SNAPSHOT_FILE: ")
    assert "none is called systolic" in told


def test_a_file_of_ones_own_takes_the_place_of_ours(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = environment / "mine.toml"
    file.write_text(FILE)
    monkeypatch.setenv("OPENWARD_MEASUREMENTS_FILE", str(file))
    snapshot = environment / "snapshot.toml"
    snapshot.write_text("[[sections]]\nname='vitals'\nlabel={en='V'}\nmeasurements=['pulse']")
    monkeypatch.setenv("OPENWARD_SNAPSHOT_FILE", str(snapshot))
    settings = load(Settings)
    assert (settings.measurements_file, settings.snapshot_file) == (file, snapshot)
