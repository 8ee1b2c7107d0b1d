from datetime import date
from typing import Any

from openward_contracts.identifiers import PatientId
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.record import PatientRecord

SOMEBODY = PatientId("6f0b8f0e-97ab-4d0c-8a55-0c2f2a6a9d21")


def record(**parts: Any) -> PatientRecord:
    return PatientRecord.model_validate({"names": [{"family": "Ng"}]} | parts)


def test_every_family_key_stands_with_every_given_word() -> None:
    names = [{"family": "van der Berg", "given": ["Jan Willem"]}, {"use": "old", "family": "Ng"}]

    keys = findable(SOMEBODY, record(names=names), Domains(), None)

    assert {family for family, _ in keys.names} == {"van der berg", "der berg", "berg", "ng"}
    assert {given for _, given in keys.names} == {"jan", "willem", ""}
    assert ("family", "berg") in keys.words()
    assert ("given", "willem") in keys.words()


def test_a_partial_birth_date_is_found_by_its_first_day() -> None:
    assert findable(SOMEBODY, record(birth_date="1980-02"), Domains(), None).birth_date == date(1980, 2, 1)


def test_contacts_and_places_have_keys_by_kind() -> None:
    parts = {
        "telecoms": [
            {"system": "phone", "value": "020 7946 0958"},
            {"system": "email", "value": "Some.Body@Example.ORG"},
            {"system": "url", "value": "https://example.org"},
        ],
        "addresses": [{"line": ["1 High Street"], "city": "Straße", "postal_code": "sw1a 1aa"}],
        "mothers_maiden_name": "Ørsted",
    }

    keys = dict(findable(SOMEBODY, record(**parts), Domains(), "GB").keys)

    assert keys["phone"] == "+442079460958"
    assert set(keys) == {"phone", "email", "line", "city", "postal", "maiden"}


def test_only_a_current_value_of_an_exclusive_domain_is_nobody_elses() -> None:
    shared = IdentifierDomain(system="urn:shared", name="Card", exclusive=False)
    identifiers = [
        {"system": "urn:own", "value": "A-1"},
        {"system": "urn:own", "value": "2", "use": "old"},
        {"system": "urn:own", "value": "3", "period": {"end": "2001"}},
        {"system": "urn:shared", "value": "4"},
    ]

    keys = findable(SOMEBODY, record(identifiers=identifiers), Domains({"urn:shared": shared}), None)

    holders = {value: holder for _, value, holder in keys.identifiers}
    assert holders == {"A1": "", "2": str(SOMEBODY), "3": str(SOMEBODY), "4": str(SOMEBODY)}
