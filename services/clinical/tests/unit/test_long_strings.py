"""Long strings are cut out of JSON as it comes in; all else stays as it is, wherever blocks end."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from clinical.adapters.long_strings import BEGINNING, LONGEST, LongStrings
from clinical.domain.recorded import ContentsTooLarge
from hypothesis import given
from hypothesis import strategies as st
from openward_openehr.recorded.cutting import beginning

#: Characters of one to four bytes, and of all kinds of escapes.
CHARACTERS: Final = 'a"\\/\n\x01üड😀\x7f'
TEXTS: Final = st.text(CHARACTERS + "b,:[]{}", max_size=12)
LONG: Final = st.builds(
    lambda text, size: (text * (size // len(text) + 1))[:size],
    st.text(CHARACTERS, min_size=1, max_size=5),
    st.integers(LONGEST // 12, 2 * LONGEST),
)
DOCUMENTS: Final = st.recursive(
    st.one_of(TEXTS, LONG, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def left(document: bytes, *ends: int) -> bytes:
    """Of blocks that end there."""
    strings, places = LongStrings(10**9), [0, *sorted(ends), len(document)]
    for start, end in pairwise(places):
        strings.feed(document[start:end])
    return strings.left()


def is_cut(document: Any, read: Any, length: Any) -> bool:
    """Whether `read` is that document but for what is too long; `length` of a string in bytes of JSON."""
    if isinstance(document, str) and length(document) > LONGEST:
        begins = beginning(read).removesuffix("…")
        enough = BEGINNING - 12 < length(begins) <= BEGINNING
        return bool(document.startswith(begins) and enough and read["_cut"] == length(document))
    if isinstance(document, dict):
        return document.keys() == read.keys() and all(
            is_cut(each, read[name], length) for name, each in document.items()
        )
    if isinstance(document, list):
        return len(document) == len(read) and all(map(is_cut, document, read, [length] * len(read)))
    return bool(document == read)


@pytest.mark.parametrize(
    "document", [[*range(9), *["short"] * 5000], ["\n" * 3000, "a"], {"a": "\n" * 1500, "b": ["x"] * 1500}]
)
def test_a_block_may_have_more_strings_and_escapes_than_an_expression_takes_at_once(document: Any) -> None:
    read = json.loads(left(json.dumps(document).encode()))

    assert is_cut(document, read, lambda text: len(json.dumps(text)) - 2)


@given(document=DOCUMENTS, ascii_only=st.booleans(), ends=st.lists(st.integers(0, 40_000), max_size=20))
def test_what_is_left_is_the_document_with_beginnings_for_long_strings(
    *, document: Any, ascii_only: bool, ends: list[int]
) -> None:
    def length(text: str) -> int:
        return len(json.dumps(text, ensure_ascii=ascii_only).encode()) - 2

    body = json.dumps(document, ensure_ascii=ascii_only).encode()
    found = left(body, *(min(end, len(body)) for end in ends))

    assert is_cut(document, json.loads(found), length)


SHORT: Final = st.recursive(
    st.one_of(TEXTS, st.floats(allow_nan=False), st.none()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner)),
)


@given(document=SHORT, ascii_only=st.booleans(), ends=st.lists(st.integers(0, 500), max_size=20))
def test_what_has_no_long_strings_is_left_byte_for_byte(
    *, document: Any, ascii_only: bool, ends: list[int]
) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only, indent=1).encode()
    assert left(body, *(min(end, len(body)) for end in ends)) == body


@pytest.mark.parametrize("before", range(13))
@pytest.mark.parametrize("ascii_only", [True, False])
def test_no_character_is_left_in_half(before: int, *, ascii_only: bool) -> None:
    text = "x" * (BEGINNING - before) + "😀\\ü" * LONGEST
    (found,) = json.loads(left(json.dumps([text], ensure_ascii=ascii_only).encode()))

    assert text.startswith(beginning(found).removesuffix("…"))
    found["begins"].encode()


def every_byte(body: bytes) -> Iterator[bytes]:
    return (body[place : place + 1] for place in range(len(body)))


def test_blocks_may_be_single_bytes() -> None:
    document = {"text": 'say "no"\\' * 600, "short": '\\"', "": [1, "\\"]}
    body, strings = json.dumps(document).encode(), LongStrings(10**6)
    for byte in every_byte(body):
        strings.feed(byte)

    assert strings.left() == left(body)
    assert json.loads(strings.left()) | {"text": None} == document | {"text": None}


def test_half_a_character_within_is_no_text() -> None:
    body = b'["' + rb"\ud800" + b"x" * LONGEST + b'"]'
    assert json.loads(left(body)) == [{"_cut": LONGEST + 6, "begins": ""}]


def test_no_more_is_left_than_is_wanted() -> None:
    strings = LongStrings(10_000)
    strings.feed(b'["' + b"x" * 1_000_000 + b'"')
    with pytest.raises(ContentsTooLarge):
        strings.feed(b',"some"' * 1_500)
