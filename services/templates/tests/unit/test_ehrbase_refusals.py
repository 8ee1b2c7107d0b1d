import json

import pytest
from templates.adapters.refusals import refusal


def said(message: object) -> str:
    return refusal(json.dumps({"error": "Bad Request", "message": message}).encode())


def test_a_missing_part_is_named() -> None:
    assert said("Supplied template has nil or empty description") == "The template has no description."


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Invalid int value: SECRET", "Invalid int value"),
        (
            "error: cvc-elt.1: Cannot find the declaration of element 'SECRET'.",
            "error: cvc-elt.1: Cannot find the declaration of element …",
        ),
        ("java.lang.NullPointerException: x is null\n\tat org.ehrbase.A.b(A.java:7)", "… x is null"),
        ("Cannot reach http://10.1.2.3:8080/SECRET or db.internal:5432", "Cannot reach … or …"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_a_reason_is_passed_on_without_values_hosts_and_stacks(message: str, reason: str) -> None:
    assert said(message) == f"The clinical data repository refuses it: {reason}."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>SECRET</html>",
        b"[]",
        b"{}",
        b'{"message": null}',
        b'{"message": "\\"SECRET\\""}',
        b"\xff",
    ],
)
def test_without_a_reason_it_is_said_so(body: bytes) -> None:
    assert refusal(body) == "The clinical data repository refuses this template without a reason."
