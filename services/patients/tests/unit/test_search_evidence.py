"""Why a record is what was searched for, or is not."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from openward_contracts.actor import SYSTEM_ACTOR
from openward_contracts.identifiers import EhrId, PatientId
from patients.domain.findable import findable
from patients.domain.identifier_domain import Domains
from patients.domain.patient import Change, EhrState, Patient
from patients.domain.record import Gender, PatientRecord
from patients.domain.search.asking import DayRange, How, Reason, Search, Term, Typos
from patients.domain.search.criteria import Criteria
from patients.domain.search.evidence import Evidence, rank

ID = PatientId(UUID(int=1))
RECORD = PatientRecord.model_validate(
    {
        "names": [
            {"family": "Müller-Lüdenscheidt", "given": ["Zoë", "Anna Maria"]},
            {"use": "maiden", "family": "McIntyre", "given": ["Zoë"]},
        ],
        "gender": "female",
        "birth_date": "1980-02",
        "identifiers": [{"system": "urn:x:y", "value": "ab-1"}],
        "telecoms": [{"system": "email", "value": "Zoe@example.org"}],
        "addresses": [{"city": "Bad Homburg", "postal_code": "61348", "line": ["Hauptstraße 7"]}],
        "mothers_maiden_name": "O'Neill",
    }
)


def why(**search: Any) -> set[tuple[str, str, bool]] | None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    change = Change(at, SYSTEM_ACTOR("patients"), ())
    patient = Patient(ID, 1, "0000000018", RECORD, EhrId(UUID(int=2)), EhrState.READY, at, change)
    keys = findable(ID, RECORD, Domains(), None)
    reasons = Evidence(Criteria.of(Search(**search), None), patient, keys).reasons()
    return None if reasons is None else {(r.field, r.how.value, r.former) for r in reasons}


def test_each_word_has_its_best_reason() -> None:
    assert why(words="zoe mull mcintyer") == {
        ("given", "exact", False),
        ("family", "prefix", False),
        ("family", "typo", True),
    }
    assert why(words="zoe mull mcintyer", typos=Typos.NO) is None
    assert why(words="zoe nobody") is None


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        ({"family": (Term("ludenscheidt"),)}, ("family", "exact", False)),
        ({"given": (Term("mari"),)}, ("given", "prefix", False)),
        ({"identifiers": (("urn:x:y", "AB 1"),)}, ("identifier", "exact", False)),
        ({"identifiers": ((None, "0000000018"),)}, ("mrn", "exact", False)),
        ({"email": "zoe@EXAMPLE.org"}, ("email", "exact", False)),
        ({"mothers_maiden_name": Term("oneil")}, ("mothers_maiden_name", "prefix", False)),
        ({"ids": (ID,)}, ("id", "exact", False)),
    ],
)
def test_each_field_says_what_it_was_found_by(search: Any, reason: tuple[str, str, bool]) -> None:
    assert why(**search) == {reason}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"postal_code": Term("613")}, True),
        ({"city": Term("bad hom")}, True),
        ({"city": Term("homburg")}, False),
        ({"line": Term("Hauptstr. 7")}, True),
        ({"address": Term("613")}, True),
        ({"address": Term("leeds")}, False),
        ({"gender": Gender.FEMALE}, True),
        ({"gender": Gender.MALE}, False),
        ({"birth": (DayRange(date(1980, 1, 1), date(1980, 12, 31)),)}, True),
        ({"birth": (DayRange(date(1980, 2, 1), date(1980, 2, 1)),)}, True),
        ({"birth": (DayRange(date(1980, 2, 2), date(1980, 2, 28)),)}, False),
        ({"identifiers": (("urn:x:y", None),)}, True),
        ({"identifiers": (("urn:x:z", None),)}, False),
    ],
)
def test_everything_that_is_asked_for_must_be_so(search: Any, found: bool) -> None:  # noqa: FBT001  a parameter
    assert (why(family=(Term("muller"),), **search) is not None) is found


@pytest.mark.parametrize(
    ("field", "written", "other"),
    [
        ("family", "McIntyre", "Mcintyre"),
        ("family", "Müller-Lüdenscheidt", "Muller-Ludenscheidt"),
        ("given", "Zoë", "Zoe"),
        ("given", "Anna Maria", "Anna"),
    ],
)
def test_an_exact_name_is_compared_as_it_is_written(field: str, written: str, other: str) -> None:
    assert why(**{field: (Term(written, exact=True),)}) is not None
    assert why(**{field: (Term(other, exact=True),)}) is None


def test_an_exact_city_or_mothers_name_is_compared_as_it_is_written() -> None:
    named = {"family": (Term("muller"),)}

    assert why(**named, city=Term("Bad Homburg", exact=True)) is not None
    assert why(**named, city=Term("Bad homburg", exact=True)) is None
    assert why(**named, mothers_maiden_name=Term("O'Neill", exact=True)) is not None
    assert why(**named, mothers_maiden_name=Term("Oneill", exact=True)) is None


def test_a_hit_is_as_good_as_its_worst_name_and_better_by_a_current_one() -> None:
    exact, begun = Reason("family", How.EXACT), Reason("given", How.PREFIX)
    former, typo = Reason("family", How.EXACT, former=True), Reason("family", How.TYPO)
    city = Reason("city", How.PREFIX)

    assert rank([exact, city]) < rank([former]) < rank([exact, begun]) < rank([former, begun]) < rank([typo])
