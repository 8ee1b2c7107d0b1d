from typing import Any

import pytest
from patients.domain.record import PatientRecord
from pydantic import ValidationError


def record(**parts: Any) -> PatientRecord:
    return PatientRecord.model_validate({"names": [{"family": "Ng"}]} | parts)


@pytest.mark.parametrize(
    "name",
    [
        {"family": "X"},
        {"given": ["Sukarno"]},
        {"family": "O\u2019Neill", "given": ["Zoë"]},
        {"family": "van der Berg", "given": ["Jan-Willem"]},
        {"family": "ibn Rušd"},
        {"family": "毛", "given": ["泽东"]},
        {"family": "محمد", "given": ["علي"]},
        {"family": "e\u0301toile"},
        {"family": "ကျော်\u200cစွာ"},
    ],
)
def test_names_of_every_kind_survive(name: dict[str, Any]) -> None:
    kept = record(names=[name]).document()["names"][0]

    assert kept == {"use": "official", **name}


@pytest.mark.parametrize(
    ("parts", "location"),
    [
        ({"names": [{"family": "x" * 10_000}]}, ("names", 0, "family")),
        ({"names": [{"family": "   "}]}, ("names", 0, "family")),
        ({"names": [{"family": "a\x00b"}]}, ("names", 0, "family")),
        ({"names": [{"family": "a\u202eb"}]}, ("names", 0, "family")),
        ({"names": [{"given": ["\ud800"]}]}, ("names", 0, "given", 0)),
        ({"names": [{}]}, ("names", 0)),
        ({"birth_date": "2023-02-29"}, ("birth_date",)),
        ({"birth_date": "2999-01-01"}, ("birth_date",)),
        ({"birth_date": "1849-12-31"}, ("birth_date",)),
        ({"birth_date": "1980-1-1"}, ("birth_date",)),
        ({"birth_date": "1980-13"}, ("birth_date",)),
        ({"identifiers": [{"system": "urn:ex\u0430mple:mrn", "value": "1"}]}, ("identifiers", 0, "system")),
        ({"identifiers": [{"system": "not a uri", "value": "1"}]}, ("identifiers", 0, "system")),
        ({"addresses": [{"period": {"start": "2020", "end": "2019"}}]}, ("addresses", 0, "period")),
        ({"deceased_at": "2020-01-01"}, ()),
        ({"deceased": True, "deceased_at": "1979", "birth_date": "1980"}, ()),
        ({"deceased": True, "deceased_at": "2020-01-01T10:00:00"}, ("deceased_at",)),
        ({"deceased": True, "deceased_at": "0001-01-01T00:00:00+14:00"}, ("deceased_at",)),
        ({"communications": [{"language": "not a language"}]}, ("communications", 0, "language")),
        ({"names": []}, ()),
        ({"mrn": "1"}, ("mrn",)),
    ],
)
def test_what_is_wrong_is_named_by_its_place_and_not_repeated(parts: Any, location: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        record(**parts)

    (error,) = refused.value.errors()
    assert error["loc"] == location
    assert "input_value" not in str(refused.value)


def test_somebody_unknown_needs_no_name() -> None:
    assert not record(names=[], unidentified=True).matchable
    assert not record(test=True).matchable
    assert record().matchable


def test_changes_are_named_by_field() -> None:
    before = record(gender="female")
    after = record(names=[{"family": "Li"}], gender="male")

    assert after.changed_from(before) == ("names", "gender")
    assert before.changed_from(before) == ()


def test_what_is_stored_is_what_was_said() -> None:
    whole = record(birth_date="1980", contacts=[{"name": {"given": ["Mo"]}}])

    assert PatientRecord.model_validate(whole.model_dump(mode="json", exclude_defaults=True)) == whole
    assert PatientRecord.model_validate(whole.document()) == whole
