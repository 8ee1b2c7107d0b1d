"""Two readers of JSON, one that makes all of it and one that does not, and no difference between them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openward_servicekit import json_outline, strict_json
from openward_servicekit.json_outline import DEEPEST, LONGEST_KEPT, MOST_KEPT, WHOLE, outline

NOTHING: dict[str, Any] = {}
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
names = st.sampled_from(["a", "b", "é", 'q"\\', "", "\n"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
)
#: Pieces that make JSON, and what is nearly JSON, far more often than random bytes do.
pieces = st.sampled_from(
    [
        *r"""{ } [ ] , : "a" "b" "\u0061" 1 -0 01 1.5e3 1e999 1. - true null NaN tru {} [] " \ "\x" "\/"
        "\ud83d\ude00" "\ud83d" "\u0000" "\\u0000" "é" """.split(),  # noqa: SIM905  a line of JSON is easier to read
        " ",
        "\n",
        "\x0b",
        '"\t"',
    ]
)


class Everything(Mapping[Any, Any]):
    """All is wanted."""

    def __getitem__(self, name: Any) -> "Everything":
        return self

    def __iter__(self) -> Any:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def accepted(read: Any, body: bytes) -> tuple[bool, Any]:
    try:
        return True, read(body)
    except ValueError:
        return False, None


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_wanted_comes_through_unchanged(
    value: object,
    ascii_only: bool,  # noqa: FBT001  hypothesis gives it
    indent: int | None,
) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()

    assert outline(body, Everything()) == value
    assert strict_json.loads(body) == value


@given(st.lists(pieces, max_size=12).map(lambda parts: "".join(parts).encode()))
@example(b'{"a":1,}')
@example(b"[1,]")
@example(b"[1 2]")
@example(b'{"a":[],"a":[]}')
@example(b"")
def test_what_one_reader_refuses_the_other_refuses(body: bytes) -> None:
    expected = accepted(strict_json.loads, body)

    assert accepted(lambda sent: outline(sent, Everything()), body) == expected
    assert accepted(lambda sent: outline(sent, NOTHING), body)[0] == expected[0]
    assert accepted(lambda sent: outline(b'{"_":%b}' % sent, NOTHING), body)[0] == expected[0]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b'{"a": {"b": 1, "\\u0062": 2}}', "a name occurs twice in an object"),
        (b'{"a": [1e999]}', "a number out of range"),
        (b"1" * 5000, "a number out of range"),
        (b"[" * (DEEPEST + 1), "nested too deeply"),
        (b'{"a":' * (DEEPEST + 1), "nested too deeply"),
        (b'["\\ud800"]', "half a surrogate pair or a NUL character"),
        (b'{"a\\u0000": 1}', "half a surrogate pair or a NUL character"),
        (b'{"a": 1} x', "not JSON at byte 8"),
    ],
)
def test_what_is_refused_is_told_by_rule(body: bytes, rule: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the whole message is compared
        outline(body, NOTHING)

    assert str(refused.value) == rule


@pytest.mark.parametrize("count", [1000, 1001, 5000])
@pytest.mark.parametrize("wanted", [NOTHING, Everything()])
def test_of_many_names_none_may_occur_twice(count: int, wanted: Any) -> None:
    members = [b'"n%d":0' % number for number in range(count)]

    outline(b"[{%b}]" % b",".join(members), {None: wanted})
    with pytest.raises(ValueError, match="twice"):
        outline(b"[{%b}]" % b",".join([*members, b'"n7":0']), {None: wanted})


def test_what_is_kept_is_bounded() -> None:
    long = json.dumps({"a": "x" * LONGEST_KEPT}).encode()

    assert outline(long, {"a": {}}) == {"a": None}
    assert outline(b'{"a": {"b": [1]}, "c": %b}' % long, {"a": WHOLE, "c": WHOLE}) == {
        "a": {"b": [1]},
        "c": None,
    }
    with pytest.raises(ValueError, match="a name of more than"):
        outline(b'{"%b":1}' % (b"x" * (LONGEST_KEPT + 1)), {})
    with pytest.raises(ValueError, match="a list of more than"):
        outline(json.dumps([0] * (MOST_KEPT + 1)).encode(), {None: {}})


def test_a_visitor_is_told_every_member_and_of_what_type_it_is() -> None:
    told: dict[str, Any] = {}

    outline(b'{"a": "x", "b": 7.5, "c": false, "d": null, "e": [1], "f": {"g": 1}}', {}, told.__setitem__)

    assert told == {"a": "", "b": 0, "c": True, "d": None, "e": [], "f": {}}


@given(
    st.dictionaries(names, values, max_size=4).map(lambda inner: {"in": inner}),
    st.dictionaries(names, values, max_size=2),
    st.booleans(),
)
def test_a_member_is_replaced_or_added_and_nothing_else_is_touched(
    value: dict[str, Any],
    new: dict[str, Any],
    large: bool,  # noqa: FBT001  hypothesis gives it
) -> None:
    body = json.dumps(value, indent=1).encode()
    read = outline(body, Everything()) if large else strict_json.loads(body)

    stored = b"".join(strict_json.changed(body, read, [(read["in"], new), (read, {"uid": 1})]))

    assert strict_json.loads(stored) == {"in": {**value["in"], **new}, "uid": 1}


def test_the_size_of_a_text_decides_who_reads_it() -> None:
    small, large = b'{"a": [1]}', b'{"a": [1]}' + b" " * strict_json.SMALL

    assert not isinstance(strict_json.read(small, {}), json_outline.Outlined)
    assert isinstance(strict_json.read(large, {}), json_outline.Outlined)
    with pytest.raises(ValueError, match="not UTF-8"):
        strict_json.read(b'"\xff"' + b" " * strict_json.SMALL, {})
    with pytest.raises(ValueError, match="not UTF-8"):
        strict_json.read(b" " * strict_json.SMALL + b'"\xc3', {})
