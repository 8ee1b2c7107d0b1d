from typing import Any

import pytest
from patients.domain.errors import IdentifierInvalid, MrnGiven
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.identity import checked, contradicted, overlaid
from patients.domain.record import PatientRecord

PERSON: dict[str, Any] = {
    "names": [{"family": "Lindqvist", "given": ["Asta"]}],
    "birth_date": "1980-02-29",
    "gender": "female",
}


def record(**parts: Any) -> PatientRecord:
    return PatientRecord.model_validate(PERSON | parts)


def named(family: str, given: str, **more: Any) -> list[dict[str, Any]]:
    return [{"family": family, "given": [given], **more}]


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"names": named("Moreau", "Jules"), "birth_date": "1990-01-02"}, ("names", "birth_date")),
        ({"names": named("Moreau", "Jules"), "gender": "male"}, ("names", "gender")),
        (
            {"names": named("Moreau", "Asta"), "birth_date": "1990-01-02", "gender": "male"},
            ("names", "birth_date", "gender"),
        ),
    ],
)
def test_another_person_is_noticed(parts: dict[str, Any], fields: tuple[str, ...]) -> None:
    assert overlaid(record(), record(**parts)) == fields


@pytest.mark.parametrize(
    "parts",
    [
        {"names": named("Moreau", "Asta")},
        {"names": named("Moreau", "Jules")},
        {"gender": "male"},
        {"names": named("LINDQVIST", "Ásta"), "birth_date": "1990-01-02", "gender": "male"},
        {"names": named("Moreau", "Jules") + named("Lindqvist", "Asta", use="old"), "gender": "male"},
        {"names": named("Moreau", "Jules"), "birth_date": "1980"},
    ],
)
def test_a_correction_is_no_other_person(parts: dict[str, Any]) -> None:
    assert overlaid(record(), record(**parts)) == ()


def test_who_was_not_known_can_become_anybody() -> None:
    unknown = record(names=named("Doe", "John"), unidentified=True)

    assert overlaid(unknown, record(birth_date="1990-01-02", gender="male")) == ()


DOMAINS = Domains(
    {
        "urn:nhs": IdentifierDomain(system="urn:nhs", name="NHS number", check_rule="gb.nhs"),
        "urn:closed": IdentifierDomain(system="urn:closed", name="Closed", valid_to="2001-01-01"),
    }
)


@pytest.mark.parametrize(
    ("identifier", "pointer"),
    [
        ({"system": "urn:nhs", "value": "9434765918"}, "/identifiers/0/value"),
        ({"system": "urn:closed", "value": "1"}, "/identifiers/0/system"),
    ],
)
def test_an_identifier_that_breaks_a_rule_is_named(identifier: dict[str, str], pointer: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        checked(record(identifiers=[identifier]), DOMAINS, None)

    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert identifier["value"] not in str(refused.value.errors)


PESEL = Domains({"urn:pesel": IdentifierDomain(system="urn:pesel", name="PESEL", check_rule="pl.pesel")})


@pytest.mark.parametrize(
    ("born", "places"),
    [("1944-05-14", []), ("1944-05", []), ("1944-05-15", ["/identifiers/0/value"])],
)
def test_an_identifier_that_tells_another_birth_date_is_named(born: str, places: list[str]) -> None:
    known = record(birth_date=born, identifiers=[{"system": "urn:pesel", "value": "44051401359"}])

    assert [error.pointer for error in contradicted(known, PESEL)] == places


def test_a_record_number_is_not_chosen() -> None:
    with pytest.raises(MrnGiven):
        checked(record(identifiers=[{"system": "urn:openward:mrn", "value": "1"}]), DOMAINS, None)


@pytest.mark.parametrize(
    ("sent", "region", "kept"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("ask the neighbour", "GB", "ask the neighbour"),
    ],
)
def test_a_phone_number_is_kept_in_one_form(sent: str, region: str | None, kept: str) -> None:
    record_ = checked(record(telecoms=[{"system": "phone", "value": sent}]), DOMAINS, region)

    assert record_.telecoms[0].value == kept
