"""What is read of a query, and what is said of one that cannot be read."""

import re
from pathlib import Path

import pytest
from clinical.domain.aql import Query, read
from clinical.domain.aql.lexer import MAX_DEPTH, MAX_LENGTH, tokens_of
from clinical.domain.aql.query import Group, Source
from clinical.domain.aql.rewriting import Rewriting
from clinical.domain.errors import QueryUnreadable
from clinical.domain.query_product.parsing import parsed

_CORPUS = (Path(__file__).parents[1] / "aql" / "queries.txt").read_text(encoding="utf-8")
_CASES = re.findall(r"^#(!?) ([\w-]+): .*\n((?:(?!#!? [\w-]+: ).*\n)+)", _CORPUS, re.MULTILINE)
READABLE = [pytest.param(text, id=name) for wrong, name, text in _CASES if not wrong]
UNREADABLE = [pytest.param(text, id=name) for wrong, name, text in _CASES if wrong]
MANY = "SELECT c FROM EHR e CONTAINS COMPOSITION c WHERE "


def written(source: Source) -> str:
    """The classes of FROM with all their parentheses."""
    if isinstance(source, Group):
        return f"({f' {source.operator} '.join(map(written, source.members))})"
    word = " NOT CONTAINS " if source.negated else " CONTAINS "
    return source.type + (word + written(source.contains) if source.contains else "")


def problem(text: str) -> QueryUnreadable:
    with pytest.raises(QueryUnreadable) as caught:
        read(text)
    return caught.value


def classes(query: Query) -> list[tuple[str, str | None]]:
    return [(each.type, each.alias) for each in query.classes]


def test_there_are_queries_for_every_feature() -> None:
    assert len(READABLE) >= 200
    assert len(UNREADABLE) >= 25
    assert len({name for _, name, _ in _CASES}) == len(_CASES)


@pytest.mark.parametrize("text", READABLE)
def test_a_query_printed_and_read_again_is_the_same(text: str) -> None:
    query = read(text)
    printed = str(Rewriting(query))
    again = read(printed)

    assert [(token.type, str(token)) for token in again.tokens] == [
        (token.type, str(token)) for token in query.tokens
    ]
    assert (again.source, again.where, again.limit) == (query.source, query.where, query.limit)
    assert str(Rewriting(again)) == printed


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_the_grammar_does_not_have_is_refused_with_its_place(text: str) -> None:
    failure = problem(text)

    assert set(failure.extensions) == {"line", "column"}
    assert 1 <= failure.extensions["line"] <= text.count("\n") + 1
    assert failure.extensions["column"] >= 1
    assert "expected" in str(failure.detail) or "strings only" in str(failure.detail)


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("EHR e", "EHR"),
        (
            "EHR e CONTAINS COMPOSITION c CONTAINS OBSERVATION",
            "EHR CONTAINS COMPOSITION CONTAINS OBSERVATION",
        ),
        ("EHR NOT CONTAINS COMPOSITION", "EHR NOT CONTAINS COMPOSITION"),
        ("EHR CONTAINS A AND B OR C", "EHR CONTAINS ((A AND B) OR C)"),
        ("EHR CONTAINS A OR B AND C", "EHR CONTAINS (A OR (B AND C))"),
        ("EHR CONTAINS (A OR B) AND C", "EHR CONTAINS ((A OR B) AND C)"),
        ("EHR CONTAINS A CONTAINS B AND C", "EHR CONTAINS A CONTAINS (B AND C)"),
        ("EHR CONTAINS (A CONTAINS B) AND C", "EHR CONTAINS (A CONTAINS B AND C)"),
        ("EHR CONTAINS A AND B CONTAINS C OR D", "EHR CONTAINS (A AND B CONTAINS (C OR D))"),
        ("EHR CONTAINS VERSION v[LATEST_VERSION] CONTAINS A", "EHR CONTAINS VERSION CONTAINS A"),
        ("EHR AND A OR (B)", "((EHR AND A) OR B)"),
    ],
)
def test_contains_takes_all_that_follows_and_and_goes_before_or(source: str, meant: str) -> None:
    assert written(read(f"SELECT e FROM {source}").source) == meant


def test_what_is_asked_of_a_query_is_found_in_it() -> None:
    query = read(
        "SELECT c/uid/value AS uid, COUNT(*) FROM EHR e CONTAINS VERSION v"
        " CONTAINS COMPOSITION c[a-b-c.x.v1 AND archetype_details/template_id/value='t1']"
        " WHERE c/archetype_details/template_id/value MATCHES {'t2', $t}"
        " AND NOT c/x = $unknown LIMIT 10 OFFSET 20"
    )

    assert query.columns == ("uid", None)
    assert classes(query) == [("EHR", "e"), ("VERSION", "v"), ("COMPOSITION", "c")]
    assert query.parameters == {"t", "unknown"}
    assert query.template_ids({"t": "t3"}) == {"t1", "t2", "t3"}
    assert query.limit is not None
    assert (query.limit.rows, query.limit.offset) == ("10", "20")
    assert read("SELECT TOP 5 e/x FROM EHR e").top == "5"


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("e/x = 'a' AND (e/y = 'b' AND e/z = 1)", ["e/x", "e/y", "e/z"]),
        ("e/x = 'a' OR e/y = 'b'", []),
        ("e/x = 'a' AND (e/y = 'b' OR e/z = 'c')", ["e/x"]),
        ("NOT e/x = 'a' AND e/y LIKE 'b'", ["e/y"]),
        ("NOT (e/x = 'a' AND e/y = 'b')", []),
        ("EXISTS e/x AND length(e/x) > 1 AND e/y MATCHES {'b'}", ["e/y"]),
    ],
)
def test_what_holds_for_every_row_is_told_from_what_may_hold(text: str, required: list[str]) -> None:
    where = read(f"SELECT e FROM EHR e WHERE {text}").where

    assert where is not None
    assert ["/".join(comparison.path) for comparison in where.condition.required] == required


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("at0001 at0001.1 id1 at01x ID1", "CODE CODE CODE IDENTIFIER IDENTIFIER"),
        ("at1.01 at1.1x", "CODE INTEGER CODE IDENTIFIER"),
        ("a-b-c.d.v1 ns.x::a-b-c.d.v1.2-rc.3 a-b-c.d.v1-alpha", "ARCHETYPE ARCHETYPE ARCHETYPE"),
        ("a::b a(1)::b|c 'd| 1::2 -a::b .::c", "TERM TERM TERM TERM TERM"),
        ("_a::b __ a", "TERM UNREADABLE"),
        ("a(1)::b|c 'd\n| x", "TERM IDENTIFIER"),
        ("a::b:c a:b a: http://u:p@h:1/x?y#z a::b/c", "URI URI URI URI URI"),
        (
            "'2026-01-01' '20260101' \"10:11:12\" '2026-01-01T101112' '10:11:12.12'",
            "TEMPORAL " * 3 + "STRING STRING",
        ),
        ("1 1.5 .5 1e3 1.5E-3 1. 2", "INTEGER NUMBER NUMBER NUMBER NUMBER INTEGER UNREADABLE"),
        ("{/a/} { /a\\/}/;'b' } {/x", "REGEX REGEX LBRACE SLASH IDENTIFIER"),
        ("--a", "DASHES IDENTIFIER"),
        ("a -- b\n c --\r\nd -- e", "IDENTIFIER IDENTIFIER IDENTIFIER"),
        ("a -- b\rc", "IDENTIFIER DASHES IDENTIFIER IDENTIFIER"),
        ("--a::b", "TERM"),
        ("\ufeffa\x00FEFFb", "IDENTIFIER IDENTIFIER"),
        ("a\u00a0b", "IDENTIFIER UNREADABLE"),
        ("LiMiT limits LIMIT_", "LIMIT IDENTIFIER IDENTIFIER"),
    ],
)
def test_tokens_are_those_of_ehrbases_lexer(text: str, kinds: str) -> None:
    assert [token.type for token in tokens_of(text)] == kinds.split()


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "it ends where SELECT is expected"),
        ("SELECT c\nFROM EHR e\n  CONTAINS 'x'", 3, 12, "(, VERSION or a name is expected"),
        ("SELECT c FROM EHR e WHERE c/x = 'secret", 1, 33, "a string that does not end"),
        ("SELECT c FROM EHR e WHERE c/x = '\\z'", 1, 33, "an escape that AQL does not have"),
        ("SELECT c FROM EHR\u00a0e", 1, 18, "a character that AQL has in strings only"),
        ("SELECT c FROM EHR e LIMIT x", 1, 27, "a value is expected"),
        ("SELECT c FROM EHR e WHERE c/x = '\ud800'", 1, 34, "half a character"),
        ("SELECT c FROM EHR e CONTAINS", 1, 29, "it ends where (, VERSION or a name is expected"),
    ],
)
def test_the_place_is_a_line_and_a_column(text: str, line: int, column: int, said: str) -> None:
    failure = problem(text)

    assert failure.extensions == {"line": line, "column": column}
    assert said in str(failure.detail)
    assert "secret" not in str(failure.detail)


@pytest.mark.parametrize(
    "text",
    [
        f"SELECT '{'x' * MAX_LENGTH}' FROM EHR e",
        f"{MANY}{'(' * (MAX_DEPTH + 1)}c/x = 1{')' * (MAX_DEPTH + 1)}",
        f"{MANY}{'NOT ' * (MAX_DEPTH + 1)}c/x = 1",
        f"SELECT c FROM EHR e{' CONTAINS A' * (MAX_DEPTH + 1)}",
        f"SELECT c FROM EHR e[{'a[' * MAX_DEPTH}",
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    assert re.search("longer than|nested more than", str(problem(text).detail))


def test_what_is_just_deep_enough_is_read() -> None:
    query = read(f"{MANY}{'(' * MAX_DEPTH}c/x = 1{')' * MAX_DEPTH}")
    chain = read(f"SELECT c FROM EHR e{' CONTAINS A' * MAX_DEPTH}")

    assert query.where is not None
    assert len(list(chain.classes)) == MAX_DEPTH + 1


@pytest.mark.parametrize("length", [100, 2_000, 20_000])
def test_a_text_is_parsed_once_however_often_a_run_asks_for_it(length: int) -> None:
    text = f"{MANY}c/x = '{'y' * length}'"

    assert read(text) is read(text)


def test_a_products_text_stays_parsed_whatever_is_run_meanwhile() -> None:
    text = f"{MANY}c/x = '{'y' * 20_000}'"
    query = parsed(text)
    for number in range(10):
        read(f"{MANY}c/x = '{number}{'y' * 20_000}'")

    assert parsed(text) is query
