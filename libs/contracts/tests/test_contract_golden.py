"""Messages as they were once written. They are read for ever: the audit log is replayed from its beginning.

A golden message is added for every new contract version (`<subject>.<minor>.json`) and never edited.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openward_contracts.binding import decode_value
from openward_contracts.catalogue import PAYLOADS
from openward_contracts.event import decode
from openward_contracts.headers import header_schema
from openward_contracts.schemas import schema_of

FOLDER = Path(__file__).parent / "golden"
MESSAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


@pytest.fixture(params=MESSAGES)
def golden(request: pytest.FixtureRequest) -> dict[str, Any]:
    message: dict[str, Any] = MESSAGES[request.param]
    return message


def test_a_golden_message_still_says_the_same(golden: dict[str, Any]) -> None:
    event = decode(golden["subject"], golden["headers"], json.dumps(golden["body"]).encode())
    assert type(event.data) is PAYLOADS[golden["subject"]]
    assert golden["body"].items() <= event.data.model_dump(mode="json").items()
    assert golden["headers"] == event.headers()


def test_the_schemas_accept_a_golden_message(golden: dict[str, Any]) -> None:
    payload = schema_of(PAYLOADS[golden["subject"]])
    headers = {name: decode_value(value) for name, value in golden["headers"].items()}
    for schema, instance in ((payload, golden["body"]), (header_schema(), headers)):
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(instance)


def test_every_contract_version_has_a_golden_message() -> None:
    told = {message["headers"]["ce-dataschema"] for message in MESSAGES.values()}
    assert told >= {payload.dataschema() for payload in PAYLOADS.values()}


def test_no_golden_message_was_edited() -> None:
    lines = (line.split() for line in (FOLDER / "SHA256SUMS").read_text("utf-8").splitlines())
    sums = {name: digest for digest, name in lines}
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.json")
    }
