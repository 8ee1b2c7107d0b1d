import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.mrn import is_mrn, mrn

NUMBERS = st.integers(0, 10**10)


def test_a_number_has_eight_digits_and_a_check_digit() -> None:
    assert mrn(572) == "000005724"
    assert mrn(123_456_789).startswith("123456789")
    assert len(mrn(123_456_789)) == 10


@given(NUMBERS)
def test_a_number_given_out_is_one(number: int) -> None:
    assert is_mrn(mrn(number))


@given(NUMBERS)
def test_every_wrong_digit_is_found(number: int) -> None:
    right = mrn(number)

    for place, digit in enumerate(right):
        for wrong in set("0123456789") - {digit}:
            assert not is_mrn(right[:place] + wrong + right[place + 1 :])


@given(NUMBERS)
def test_every_transposition_of_neighbours_is_found(number: int) -> None:
    right = mrn(number)

    for place in range(len(right) - 1):
        first, second = right[place], right[place + 1]
        if first != second:
            assert not is_mrn(right[:place] + second + first + right[place + 2 :])


@given(NUMBERS)
def test_a_lost_or_added_zero_in_front_is_found(number: int) -> None:
    assert not is_mrn("0" + mrn(number))
    assert not is_mrn(mrn(number).lstrip("0")) or number >= 10**7


@pytest.mark.parametrize("text", ["", "5724", "00000572x", "00000572٤", " 000005724", "-00005724"])
def test_other_text_is_no_number(text: str) -> None:
    assert not is_mrn(text)


def test_a_sequence_does_not_go_below_zero() -> None:
    with pytest.raises(ValueError, match="below zero"):
        mrn(-1)
