from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.keys import delete_keys, one_edit

WORDS = st.text("ab", max_size=7)


def edited_once(word: str, letters: str) -> set[str]:
    """By definition, written for clarity: everything one edit makes of a word."""
    splits = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    return {
        word,
        *(begin + end[1:] for begin, end in splits),
        *(begin + letter + end for begin, end in splits for letter in letters),
        *(begin + letter + end[1:] for begin, end in splits if end for letter in letters),
        *(begin + end[1] + end[0] + end[2:] for begin, end in splits if len(end) > 1),
    }


@given(WORDS, WORDS)
def test_one_edit_is_what_the_definition_says(a: str, b: str) -> None:
    assert one_edit(a, b) == (b in edited_once(a, "ab"))
    assert one_edit(a, b) == one_edit(b, a)


@pytest.mark.parametrize("word", ["", "a", "li", "anna", "williams", "x" * 40, ascii_lowercase * 2])
def test_words_within_one_edit_share_a_delete_key(word: str) -> None:
    keys = set(delete_keys(word))

    for typo in edited_once(word, ascii_lowercase):
        assert one_edit(word, typo)
        assert keys & set(delete_keys(typo))


def test_delete_keys_begin_with_the_word_and_hold_no_duplicates() -> None:
    assert delete_keys("anna") == ("anna", "nna", "ana", "ann")
    assert delete_keys("") == ("",)


@given(st.text(), st.text())
def test_any_text_can_be_compared(a: str, b: str) -> None:
    assert one_edit(a, b) == one_edit(b, a)
    assert one_edit(a, a)
    assert delete_keys(a) == delete_keys(a)
