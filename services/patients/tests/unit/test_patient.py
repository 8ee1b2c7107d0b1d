from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.errors import NothingToRegister
from patients.domain.patient import Demographics, Gender, Identifier, Name, NameUse, merge_patch, search_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Müller", "muller"),
        ("O'Neill", "oneill"),
        ("O\u2019NEILL", "oneill"),
        ("Jean-Luc", "jean luc"),
        ("  van  der Berg ", "van der berg"),
        ("Straße", "strasse"),
        ("王小明", "王小明"),
        ("İpek", "ipek"),
        ("...", ""),
    ],
)
def test_a_search_key_has_no_case_diacritics_or_punctuation(name: str, key: str) -> None:
    assert search_key(name) == key


@given(st.text())
def test_a_search_key_is_its_own_key(text: str) -> None:
    assert search_key(search_key(text)) == search_key(text)


def test_a_patient_needs_a_name_or_an_identifier() -> None:
    with pytest.raises(NothingToRegister):
        Demographics((), date(1980, 1, 1), Gender.FEMALE)

    Demographics((), None, Gender.UNKNOWN, (Identifier("urn:x:y", "1"),))


def test_changes_are_named_by_field() -> None:
    before = Demographics((Name(NameUse.OFFICIAL, "A", ()),), None, Gender.FEMALE)
    after = Demographics((Name(NameUse.OFFICIAL, "B", ()),), None, Gender.MALE)

    assert after.changed_from(before) == ("names", "gender")
    assert before.changed_from(before) == ()


# RFC 7396, appendix A
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_applied_as_the_rfc_says(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result
