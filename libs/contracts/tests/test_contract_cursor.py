from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_contracts.cursor import MAX_CURSOR_LENGTH, ExpiredCursor, InvalidCursor, decode, encode

KEY = b"k" * 32
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
POSITIONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(POSITIONS, TEXTS)
def test_a_position_comes_back(position: object, scope: str) -> None:
    assert decode(KEY, encode(KEY, position, expires=SOON, scope=scope), scope=scope, now=NOW) == position


@given(POSITIONS)
def test_a_cursor_fits_into_a_url_as_it_is(position: object) -> None:
    cursor = encode(KEY, position, expires=SOON)
    assert all(character.isascii() and (character.isalnum() or character in "-_") for character in cursor)


@given(st.lists(TEXTS, max_size=3), st.data())
def test_no_changed_byte_goes_unnoticed(position: list[str], data: st.DataObject) -> None:
    cursor = encode(KEY, position, expires=SOON)
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    index = data.draw(st.integers(0, len(raw) - 1))
    raw[index] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidCursor, match="not a cursor of this list"):
        decode(KEY, urlsafe_b64encode(raw).rstrip(b"=").decode(), now=NOW)


@given(st.lists(TEXTS, max_size=3), st.data())
def test_no_changed_character_goes_unnoticed(position: list[str], data: st.DataObject) -> None:
    cursor = encode(KEY, position, expires=SOON)
    index = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda character: character != cursor[index]))
    with pytest.raises(InvalidCursor):
        decode(KEY, cursor[:index] + other + cursor[index + 1 :], now=NOW)


@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).rstrip(b"=").decode()))
def test_what_was_not_handed_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode(KEY, text, now=NOW)


@given(st.integers(-(10**6), 10**6))
def test_a_cursor_is_good_until_it_expires_and_not_after(seconds: int) -> None:
    cursor = encode(KEY, ["x"], expires=NOW + timedelta(seconds=seconds))
    if seconds > 0:
        assert decode(KEY, cursor, now=NOW) == ["x"]
    else:
        with pytest.raises(ExpiredCursor):
            decode(KEY, cursor, now=NOW)


def test_the_clock_is_asked_when_no_time_is_given() -> None:
    assert decode(KEY, encode(KEY, 1, expires=datetime.now(UTC) + timedelta(minutes=1))) == 1
    with pytest.raises(ExpiredCursor):
        decode(KEY, encode(KEY, 1, expires=datetime.now(UTC) - timedelta(seconds=1)))


def test_a_cursor_of_one_list_is_none_of_another() -> None:
    cursor = encode(KEY, ["x"], expires=SOON, scope="patients?name=a&sub=clara")
    for scope in ("", "patients?name=b&sub=clara", "patients?name=a&sub=ada"):
        with pytest.raises(InvalidCursor):
            decode(KEY, cursor, scope=scope, now=NOW)


def test_another_key_makes_another_cursor() -> None:
    with pytest.raises(InvalidCursor):
        decode(b"K" * 32, encode(KEY, ["x"], expires=SOON), now=NOW)


def test_an_expired_forgery_is_a_forgery() -> None:
    cursor = encode(b"K" * 32, ["x"], expires=NOW - timedelta(days=1))
    with pytest.raises(InvalidCursor) as raised:
        decode(KEY, cursor, now=NOW)
    assert type(raised.value) is InvalidCursor


@pytest.mark.parametrize("suffix", ["=", "==", "\n", " "])
def test_nothing_may_follow_a_cursor(suffix: str) -> None:
    with pytest.raises(InvalidCursor):
        decode(KEY, encode(KEY, ["x"], expires=SOON) + suffix, now=NOW)


def test_a_cursor_has_one_spelling() -> None:
    """Base64 has two names for two characters, and bits at the end that say nothing."""
    cursor = encode(KEY, "~~~???>>", expires=SOON)
    ends = (cursor[:-1] + last for last in ascii_letters + digits)
    others = {
        cursor.replace("-", "+").replace("_", "/"),
        *(end for end in ends if _bytes(end) == _bytes(cursor)),
    }
    assert len(others - {cursor}) >= 2
    for other in others - {cursor}:
        with pytest.raises(InvalidCursor):
            decode(KEY, other, now=NOW)


def _bytes(cursor: str) -> bytes:
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def test_an_endless_cursor_is_neither_made_nor_looked_at() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode(KEY, "x" * MAX_CURSOR_LENGTH, expires=SOON)
    with pytest.raises(InvalidCursor, match=r"^not a cursor$"):
        decode(b"", "A" * (MAX_CURSOR_LENGTH + 1), now=NOW)


def test_a_short_key_is_no_key() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        encode(b"short", ["x"], expires=SOON)


def test_an_expiry_has_a_zone() -> None:
    with pytest.raises(ValueError, match="needs a zone"):
        encode(KEY, ["x"], expires=datetime(2026, 3, 1))  # noqa: DTZ001  the point
