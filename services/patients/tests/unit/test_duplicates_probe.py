from datetime import date
from typing import Any

import pytest
from patients.domain.duplicates.probe import Probe, call, near, probe
from patients.domain.duplicates.traits_of import traits_of
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains, IdentifierDomain
from patients.domain.keys import delete_keys
from patients.domain.matching.traits import AddressTraits
from patients.domain.record import PatientRecord
from patients.service.duplicates import NOBODY

NHS = "urn:example:nhs"
FAMILY_NUMBER = "urn:example:family"
DOMAINS = Domains(
    {
        NHS: IdentifierDomain(system=NHS, name="NHS number", check_rule="gb.nhs"),
        FAMILY_NUMBER: IdentifierDomain(system=FAMILY_NUMBER, name="Insured family", exclusive=False),
    }
)


def record(**said: Any) -> PatientRecord:
    names = [{"family": "van der Berg", "given": ["Anna Maria", "Zoë"]}]
    return PatientRecord.model_validate({"names": names, "birth_date": "1980-02-05"} | said)


def probe_of(**said: Any) -> Probe:
    asked = record(**said)
    return probe(asked, findable(NOBODY, asked, DOMAINS, "GB"), traits_of(asked, DOMAINS, "GB"))


def test_names_are_looked_for_as_they_are_stored() -> None:
    found = probe_of()

    assert found.families == ("berg", "der berg", "van der berg")
    assert found.givens == ("anna", "maria", "zoe")
    assert set(delete_keys("van der berg")) <= set(found.family_edits)
    assert found.call == ("van der berg", "anna")


def test_a_single_name_is_looked_for_among_single_names() -> None:
    found = probe_of(names=[{"given": ["Sukarno"]}])

    assert (found.families, found.givens, found.lone) == ((), ("sukarno",), (("", "sukarno"),))


def test_a_name_that_hides_somebody_finds_nobody() -> None:
    found = probe_of(names=[{"use": "anonymous", "family": "Doe", "given": ["Jane"]}])

    assert (found.families, found.givens, found.lone) == ((), (), ())


@pytest.mark.parametrize(
    ("born", "day", "swapped"),
    [
        ("1980-02-05", date(1980, 2, 5), date(1980, 5, 2)),
        ("1980-02-02", date(1980, 2, 2), None),
        ("1980-02-25", date(1980, 2, 25), None),
        ("1980-01-01", None, None),
        ("1980-02", None, None),
        ("1980", None, None),
    ],
)
def test_only_a_whole_day_that_is_no_default_is_looked_for_by_itself(
    born: str, day: date | None, swapped: date | None
) -> None:
    found = probe_of(birth_date=born)

    assert (found.day, found.swapped) == (day, swapped)
    assert (found.earliest, found.latest) == (date(1979, 1, 1), date(1981, 12, 31))


def test_a_day_may_be_mistaken_for_those_a_slip_away() -> None:
    days = near(date(1980, 2, 5))

    assert {
        date(1980, 2, 5),
        date(1981, 2, 5),
        date(1980, 2, 6),
        date(1980, 5, 2),
        date(1908, 2, 5),
        date(1980, 2, 1),
        date(1980, 1, 1),
    } <= set(days)
    assert date(1981, 2, 6) not in days
    assert all(1850 <= day.year <= 2100 for day in days)


def test_an_unknown_birth_date_looks_for_no_day() -> None:
    found = probe_of(birth_date=None)

    assert (found.born, found.days, found.earliest) == (None, (), None)


def test_a_number_that_families_share_is_no_evidence() -> None:
    shared, own = {"system": FAMILY_NUMBER, "value": "1"}, {"system": "urn:example:x", "value": "a-1"}

    found = probe_of(identifiers=[shared, own])

    assert found.identifiers == (("urn:example:x", "A1"),)


@pytest.mark.parametrize(
    ("identifier", "checked"),
    [
        ({"system": NHS, "value": "943 476 5919"}, True),
        ({"system": NHS, "value": "943 476 5918"}, False),
        ({"system": NHS, "value": "943 476 5919", "use": "old"}, False),
        ({"system": "urn:example:x", "value": "943 476 5919"}, False),
    ],
)
def test_a_check_digit_counts_where_it_is_right_and_the_number_is_in_use(
    identifier: dict[str, Any], *, checked: bool
) -> None:
    traits = traits_of(record(identifiers=[identifier]), DOMAINS, None)

    assert len(traits.identifiers) == 1
    assert bool(traits.checked) is checked


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["12 Main Street"], AddressTraits("SW1A1AA", "london", ("main st",), "12")),
        (["Flat 3", "12b Main St"], AddressTraits("SW1A1AA", "london", ("main st",), "12b")),
        (["Hauptstraße 7"], AddressTraits("SW1A1AA", "london", ("hauptstr",), "7")),
        ([], AddressTraits("SW1A1AA", "london")),
    ],
)
def test_of_an_address_the_street_and_the_house_are_apart(lines: list[str], expected: AddressTraits) -> None:
    address = {"line": lines, "city": "London", "postal_code": "sw1a 1aa"}

    assert traits_of(record(addresses=[address]), DOMAINS, None).addresses == (expected,)


def test_a_generation_is_a_suffix_and_a_degree_is_not() -> None:
    names = [{"family": "King", "given": ["Martin"], "suffix": ["PhD", "Junior"]}]

    assert traits_of(record(names=names), DOMAINS, None).suffix == "jr"
    assert traits_of(record(names=[names[0] | {"suffix": ["MD"]}]), DOMAINS, None).suffix == ""


def test_former_names_are_looked_for_but_do_not_call() -> None:
    asked = record(names=[{"use": "maiden", "family": "Old"}, {"family": "New", "given": ["Ann"]}])

    assert call(asked) == ("new", "ann")
    assert {name.family for name in traits_of(asked, DOMAINS, None).names} == {"old", "new"}
