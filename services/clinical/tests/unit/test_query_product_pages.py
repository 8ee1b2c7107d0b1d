"""Pages of a query product: none of its rows is left out or told twice, whatever is written meanwhile."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from clinical.domain.aql import read
from clinical.domain.query_product.clauses import selected
from clinical.domain.query_product.model import Column, Kind
from clinical.domain.query_product.paging import FIRST, Keys, Place, condition, keys, moved
from clinical.domain.query_product.rows import Form, printed, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

SELECT = "SELECT c/uid/value AS u, c/context/start_time/value AS t, c/name/value AS n"
AT = "c/context/start_time/value"
FROM = "FROM EHR e CONTAINS COMPOSITION c"
TIMES = ["2026-11-22T10:00:00Z", "2026-11-23", "2026-11-23T01:00:00+01:00"]


def ordered(by: str, where: str = "", select: str = SELECT) -> Keys:
    return keys(read(f"{select} {FROM} {where} ORDER BY {by} LIMIT 10"))


@pytest.mark.parametrize(
    ("by", "where", "total", "seekable"),
    [
        ("c/uid/value", "", True, True),
        ("c/uid/value DESC", "", True, True),
        (f"{AT}, c/uid/value", "", True, False),
        (f"{AT}, c/uid/value", f"WHERE {AT} > '2000'", True, True),
        (f"{AT}, c/uid/value", f"WHERE NOT {AT} > '2000'", True, False),
        (f"{AT}, c/uid/value", f"WHERE {AT} != '2000'", True, False),
        (f"{AT}, c/uid/value", f"WHERE {AT} > '2000' OR c/name/value = 'a'", True, False),
        ("c/name/value, c/uid/value", "WHERE c/name/value > 'a'", True, False),
        (AT, f"WHERE {AT} > '2000'", False, True),
        ("c/name/value", "", False, False),
    ],
)  # fmt: skip
def test_rows_are_sought_by_ids_and_times_that_are_there(
    by: str, where: str, *, total: bool, seekable: bool
) -> None:
    found = ordered(by, where)

    assert (found.total, found.seekable) == (total, seekable)


def test_a_time_at_two_places_is_not_taken_for_one() -> None:
    select = "SELECT o/data[at0001]/origin/value AS t, c/uid/value AS u"
    where = "WHERE o/data[at0002]/origin/value > '2000'"
    source = f"{FROM} CONTAINS OBSERVATION o"
    text = f"{select} {source} {where} ORDER BY o/data[at0001]/origin/value, c/uid/value LIMIT 1"

    assert not keys(read(text)).seekable
    assert keys(read(text.replace("at0002", "at0001"))).seekable


def test_groups_are_told_apart_by_what_they_are_made_of() -> None:
    by_name = "SELECT c/name/value AS n, COUNT(*) AS k"

    assert ordered("c/name/value", select=by_name).total
    assert not ordered("c/uid/value", select="SELECT DISTINCT c/uid/value AS u, c/name/value AS n").total


def test_a_condition_goes_on_where_the_page_has_ended() -> None:
    found = ordered(
        "c/context/start_time/value DESC, c/uid/value", "WHERE c/context/start_time/value > '2000'"
    )

    assert condition(found, Place(("2026", "a'b"), 1, 5)) == (
        "((c/context/start_time/value < '2026') OR "
        "(c/context/start_time/value = '2026' AND c/uid/value >= 'a\\'b'))"
    )


@dataclass
class Table:
    """Rows of `u`, `t`, `n`, as EHRbase would find them from a place on: the order is that of text."""

    rows: list[tuple[str, str, int]]

    def page(self, place: Place, size: int) -> list[tuple[str, str, int]]:
        rows = sorted(self.rows, key=lambda row: (row[1], row[0]))
        if place.keys:
            rows = [row for row in rows if (row[1], row[0]) >= place.keys]
        return rows[place.skip : place.skip + size]


ROWS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(TIMES), st.integers(0, 3)), max_size=30)


@settings(deadline=None)
@given(
    ROWS, st.integers(1, 7), st.lists(st.tuples(st.sampled_from("ghij"), st.sampled_from(TIMES)), max_size=5)
)
def test_what_was_there_all_the_time_is_told_once(
    rows: list[tuple[str, str, int]], size: int, added: list[tuple[str, str]]
) -> None:
    """Others are written after each page: compositions of their own, before and after the place."""
    found = ordered("c/context/start_time/value, c/uid/value", "WHERE c/context/start_time/value > '2000'")
    table, told, place, coming = Table(list(rows)), [], FIRST, list(added)
    while page := table.page(place, size):
        told += page
        for row in page:
            place = moved(found, place, row)
        table.rows += [(*coming.pop(), 9)] if coming else []

    assert sorted(row for row in told if row[2] != 9) == sorted(rows)
    assert place.before == len(told)


def test_without_keys_pages_are_counted() -> None:
    found = ordered("c/name/value, c/uid/value")
    place = moved(found, moved(found, FIRST, ("u", "t", "n")), ("u", "t", "n"))

    assert place == Place((), 2, 2)


def test_a_place_is_what_its_cursor_tells() -> None:
    place = Place(("2026-11-22T10:00:00Z", "a"), 2, 7)

    assert Place.of(json.loads(json.dumps(place.told()))) == place


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def cut(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield body[at : at + size]
        at += size
    yield body[at:]


@settings(deadline=None)
@given(
    rows=st.lists(st.lists(JSON, min_size=1, max_size=3), max_size=6),
    sizes=st.lists(st.integers(1, 20), max_size=20),
    ascii_only=st.booleans(),
)
def test_rows_are_cut_out_wherever_blocks_end(
    rows: list[list[Any]], sizes: list[int], *, ascii_only: bool
) -> None:
    text = json.dumps(rows, ensure_ascii=ascii_only).encode("utf-8", "replace")
    expected = json.loads(text)

    assert list(rows_of(cut(text[1:] + b"}", sizes))) == expected


COLUMNS = [Column("n", Kind.INTEGER, "d"), Column("s", Kind.STRING, "d"), Column("o", Kind.OBJECT, "d")]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "'\ra"),
        ("\uff1d1", "'\uff1d1"), ("a=1", "a=1"), ('a "b", c\r\nd', 'a "b", c\r\nd'), ("", ""), (None, ""),
        (True, "true"), (-1.5, "-1.5"), ({"a": [1]}, '{"a":[1]}'), ("é\U0001f600", "é\U0001f600"),
    ],
)  # fmt: skip
def test_a_cell_says_what_the_value_is_and_calculates_nothing(value: object, cell: str) -> None:
    body = b"".join(printed(Form.CSV, COLUMNS, [[-3.0, value, None]])).decode()

    assert list(csv.reader(io.StringIO(body, newline=""))) == [["n", "s", "o"], ["-3", cell, ""]]
    assert body.startswith("n,s,o\r\n")


def test_forms_hold_the_same_rows() -> None:
    rows: list[list[Any]] = [[1.0, "a\nb", {"x": 1}], [2.5, None, None]] * 150
    objects = [{"n": 1 if row[0] == 1 else 2.5, "s": row[1], "o": row[2]} for row in rows]

    lines = b"".join(printed(Form.NDJSON, COLUMNS, rows)).decode()
    items = b"".join(printed(Form.JSON, COLUMNS, rows)).decode()

    assert [json.loads(line) for line in lines.split("\n")[:-1]] == objects
    assert json.loads(f"[{items}]") == objects
    assert b"".join(printed(Form.CSV, COLUMNS, [])) == b"n,s,o\r\n"


def test_columns_are_those_of_select() -> None:
    query = read("SELECT DISTINCT c/a AS x, COUNT(c/b), 'l, m' AS y FROM COMPOSITION c")

    assert [(column.alias, column.text) for column in selected(query)] == [
        ("x", "c/a"),
        (None, "COUNT(c/b)"),
        ("y", "'l, m'"),
    ]


@pytest.mark.parametrize("form", list(Form))
def test_many_rows_take_no_more_memory_than_some_blocks(form: Form) -> None:
    """20,000 rows of some 400 bytes, in blocks of 256 KiB."""
    row = json.dumps([1.0, "x" * 300, {"a": ["y" * 50]}]).encode() + b","
    count, in_block = 20_000, 256 * 1024 // len(row)

    def blocks() -> Iterator[bytes]:
        for first in range(0, count, in_block):
            yield row * min(in_block, count - first)
        yield b"[1,null,null]]}"

    tracemalloc.start()
    size = sum(len(part) for part in printed(form, COLUMNS, rows_of(blocks())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 6_000_000
    assert peak < 4_000_000
