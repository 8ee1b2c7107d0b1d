"""Ids of nodes: parts of FLAT paths."""

import pytest
from openward_openehr.web_template.compiler.java_order import combined_hash, in_set_order, text_hash
from openward_openehr.web_template.compiler.naming import node_id


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Blood pressure", "blood_pressure"),
        ("  Any   event ", "any_event"),
        ("Größe (cm)", "größe_cm"),
        ("1st reading", "a1st_reading"),
        ("A.b-c_d", "a.b-c_d"),
        ("systolic/diastolic", "systolic_diastolic"),
        ("体重", "体重"),
        ("नाम", "नाम"),  # with vowel signs, which are no letters by themselves
        ("Ø²", "ø"),
        ("Ⅳ", "ⅳ"),
        ("it`s", "it_s"),
        ("?", ""),
    ],
)
def test_an_id_is_made_of_letters_digits_and_few_signs(name: str, id_: str) -> None:
    assert node_id(name) == id_


def test_hashes_are_those_of_java() -> None:
    assert text_hash("hello") == 99162322
    assert text_hash(None) == text_hash("") == 0
    assert combined_hash(1, 2) == 31 * (31 * 1 + 1) + 2


def test_a_set_has_the_order_of_its_table_and_within_a_place_that_of_adding() -> None:
    languages = ["ar-sy", "en", "de", "fi"]

    assert in_set_order([(each, text_hash(each)) for each in languages]) == ["de", "fi", "ar-sy", "en"]


def test_a_larger_set_has_a_larger_table() -> None:
    numbers = [(number, number) for number in (40, 20, 3, 16, 0, *range(100, 110), 3)]

    assert in_set_order(numbers)[:5] == [0, 3, 100, 101, 102]
    assert in_set_order(numbers[:5]) == [16, 0, 3, 20, 40]
