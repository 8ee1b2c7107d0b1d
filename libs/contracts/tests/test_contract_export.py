import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openward_contracts.asyncapi import asyncapi
from openward_contracts.catalogue import PAYLOADS, SUBSCRIPTIONS
from openward_contracts.envelope import Envelope
from openward_contracts.export import ROOT, SCHEMAS, generated, main, outdated
from openward_contracts.headers import header_schema

SUBJECT = "patients.patient.registered.v1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    assert main(["--root", str(tmp_path)]) == 0
    return tmp_path


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_what_is_committed_is_what_the_models_say() -> None:
    assert outdated(ROOT, generated()) == []


def test_what_was_written_passes_the_check(root: Path) -> None:
    assert main(["--root", str(root), "--check"]) == 0


def test_the_check_writes_nothing_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(tmp_path), "--check"]) == 1
    assert not list(tmp_path.iterdir())
    assert "docs/events.md is out of date" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["docs/events.md", "docs/asyncapi.json"])
def test_an_edited_document_fails_the_check_and_is_written_anew(root: Path, path: str) -> None:
    (root / path).write_text("edited", "utf-8")
    assert main(["--root", str(root), "--check"]) == 1
    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0


def test_a_model_that_breaks_the_published_schema_is_not_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = root / SCHEMAS / f"{SUBJECT}.json"
    properties = json.loads(published.read_text("utf-8"))["properties"]
    edit(published, properties=properties | {"ward": {"type": "string"}})
    before = published.read_text("utf-8")
    for arguments in ([], ["--check"]):
        assert main(["--root", str(root), *arguments]) == 1
        assert f"{SUBJECT}: field-removed at /properties/ward" in capsys.readouterr().err
    assert published.read_text("utf-8") == before


def test_a_subject_that_left_the_catalogue_is_missed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / SCHEMAS / "patients.patient.forgotten.v1.json").write_text("{}", "utf-8")
    assert main(["--root", str(root), "--check"]) == 1
    assert "subject-removed" in capsys.readouterr().err


def test_an_earlier_release_can_be_the_measure(root: Path, tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (release / f"{SUBJECT}.json").write_text((root / SCHEMAS / f"{SUBJECT}.json").read_text("utf-8"), "utf-8")
    arguments = ["--root", str(root), "--check", "--published", str(release)]
    assert main(arguments) == 0
    edit(release / f"{SUBJECT}.json", required=[])
    assert main(arguments) == 1


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)


def _resolve(document: Any, reference: str) -> Any:
    for token in reference.removeprefix("#/").split("/"):
        document = document[token]
    return document


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = asyncapi()
    references = set(_references(document))
    assert len(references) > 2 * len(PAYLOADS)
    assert all(_resolve(document, reference) for reference in references)


def test_asyncapi_has_every_event_sent_and_received() -> None:
    document = asyncapi()
    assert document["channels"].keys() == PAYLOADS.keys()
    for action in ("send", "receive"):
        operations = [one for one in document["operations"].values() if one["action"] == action]
        channels = {_resolve(document, one["channel"]["$ref"])["address"] for one in operations}
        assert channels == PAYLOADS.keys()


def test_asyncapi_names_the_durables() -> None:
    consumers = [one.get("x-jetstream", {}) for one in asyncapi()["operations"].values()]
    durables = {one["durable"] for one in consumers if "durable" in one}
    assert durables == {one.durable for one in SUBSCRIPTIONS if one.durable}


def test_every_attribute_of_the_envelope_is_a_described_header() -> None:
    properties = header_schema()["properties"]
    attributes = {f"ce-{name}" for name in Envelope.__dataclass_fields__} | {"ce-specversion", "Nats-Msg-Id"}
    assert properties.keys() == attributes
    assert all(one["description"] for one in properties.values())
