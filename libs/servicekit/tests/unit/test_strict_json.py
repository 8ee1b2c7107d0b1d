import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit import strict_json

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
)


@given(values, st.booleans())
def test_what_json_can_say_comes_through_unchanged(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    assert strict_json.loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"a": 1, "a": 2}', "a name occurs twice in an object"),
        (b'[{"b": {"a": 1, "\\u0061": 2}}]', "a name occurs twice in an object"),
        (b"NaN", "not a finite number"),
        (b"[-Infinity]", "not a finite number"),
        (b"1e999", "a number out of range"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-8-sig"), "not JSON at character 0"),
        (b"{'a': 1}", "not JSON at character 1"),
        (b"", "not JSON at character 0"),
        (b'"\\ud800"', "half a surrogate pair"),
        (b'{"\\udc00": 1}', "half a surrogate pair"),
        (b'"a\\u0000b"', "a NUL character"),
    ],
)
def test_what_json_does_not_allow_is_refused_by_rule(body: bytes, rule: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the whole message is compared
        strict_json.loads(body)

    assert str(refused.value) == rule


@pytest.mark.parametrize("body", [b'"\\ud83d\\ude00"', b'"\\\\u0000"', b'"\\\\\\\\u0000"'])
def test_a_pair_of_surrogates_and_a_spelled_out_escape_are_text(body: bytes) -> None:
    assert strict_json.loads(body) == json.loads(body)


def test_an_integer_of_absurd_length_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        strict_json.loads(b"1" * 10_000)
