import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients.domain.keys import family_keys, given_keys, search_key, words


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Müller", "muller"),
        ("Mu\u0308ller", "muller"),
        ("O'Neill", "oneill"),
        ("O\u2019NEILL", "oneill"),
        ("O\u00b4Neill", "oneill"),
        ("Jean-Luc", "jean luc"),
        ("  van  der Berg ", "van der berg"),
        ("İpek", "ipek"),
        ("Straße", "strasse"),
        ("Weiß", "weiss"),
        ("Łukasz", "lukasz"),
        ("Ørsted", "orsted"),
        ("Nguyễn Văn", "nguyen van"),
        ("Иванов", "ivanov"),
        ("Сергей", "sergey"),
        ("Фёдоров", "fedorov"),
        ("Γιώργος", "giorgos"),
        ("毛泽东", "maozedong"),
        ("김정은", "gimjeongeun"),
        ("ガンダム", "gandamu"),
        ("スーパー", "supa"),
        ("हिन्दी", "hindi"),
        ("a\u00adb", "ab"),
        ("Anna \u2603", "anna"),
        ("\x00a\tb", "a b"),
        ("...", ""),
    ],
)
def test_a_search_key_is_ascii_without_case_diacritics_or_punctuation(name: str, key: str) -> None:
    assert search_key(name) == key


@pytest.mark.parametrize("text", ["\u2603", "+", "\u0627", "\ue000", "\U0001f600", "\U00014400"])
def test_text_of_symbols_only_can_be_searched(text: str) -> None:
    assert search_key(text)


@given(st.text())
def test_a_search_key_is_its_own_key_and_ascii(text: str) -> None:
    key = search_key(text)

    assert search_key(key) == key
    assert key.isascii()
    assert key == " ".join(words(text))


@given(st.characters())
def test_a_single_character_has_a_key_of_its_own(character: str) -> None:
    assert search_key(search_key(character)) == search_key(character)


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_and_accented_text_go_the_same_way(text: str) -> None:
    assert search_key(f"{text} é") == f"{search_key(f'{text} e')}"


@pytest.mark.parametrize(
    ("family", "keys"),
    [
        ("Smith", ("smith",)),
        ("van der Berg", ("van der berg", "der berg", "berg")),
        ("García-López", ("garcia lopez", "lopez")),
        ("A B C D E F", ("a b c d e f", "d e f", "e f", "f")),
        ("...", ("",)),
        (None, ("",)),
    ],
)
def test_a_family_name_is_found_by_each_later_word(family: str | None, keys: tuple[str, ...]) -> None:
    assert family_keys(family) == keys


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (["Jean-Luc Marie", "Jean"], ("jean", "luc", "marie")),
        (["A B C D", "E F G"], ("a", "b", "c", "d", "e", "f")),
        (["..."], ("",)),
        ([], ("",)),
    ],
)
def test_a_given_name_is_found_by_each_word(names: list[str], keys: tuple[str, ...]) -> None:
    assert given_keys(names) == keys


@given(st.text())
def test_keys_of_names_are_their_own(text: str) -> None:
    assert family_keys(family_keys(text)[0]) == family_keys(text)
    assert given_keys(given_keys([text])) == given_keys([text])
    assert len(family_keys(text)) <= 4
    assert len(given_keys([text])) <= 6
