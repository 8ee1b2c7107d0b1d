"""Whatever is generated from the grammar is read as meant; whatever else comes is refused, and soon."""

import time
from dataclasses import dataclass, field
from typing import Any

from clinical.domain.aql import Scope, population, read, restricted
from clinical.domain.aql.lexer import tokens_of
from clinical.domain.aql.query import ClassExpression, Group, Source
from clinical.domain.errors import QueryNotBound, QueryUnreadable
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openward_contracts.identifiers import EhrId

EHR = EhrId("7d44b88c-4199-4bad-97dc-d78268e01398")

names = st.from_regex(r"[b-hj-z][a-z_0-9]{0,5}_", fullmatch=True)
spaces = st.sampled_from([" ", "\n", "\t ", " \r\n", ' -- it\'s "all" here\n', "\ufeff ", " --\n"])
strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(
    lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
)
literals = st.one_of(
    strings,
    st.integers(0, 10**9).map(str),
    st.sampled_from(["1.5", "-2", "1e3", "TRUE", "null", "'2026-01-01'", '"10:11:12"', '"it\'s"']),
)
archetypes = st.sampled_from(["openEHR-EHR-COMPOSITION.x.v1", "a::b-c-d.e-f.v1.2.3-rc.4", "at0001", "id1.1"])
terms = st.sampled_from(["'name'", "$given", "a::b|it's|", "SNOMED-CT::123", "at0002"])
operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@dataclass(frozen=True)
class Said:
    """Words of a query, and what they mean."""

    words: list[str]
    meant: Any = None
    parameters: frozenset[str] = field(default=frozenset())


@st.composite
def paths(draw: st.DrawFn, root: st.SearchStrategy[str] = names, depth: int = 1) -> Said:
    words, steps = [], []
    for number in range(draw(st.integers(1, 3))):
        step = draw(root if number == 0 else names)
        words += ["/", step] if number else [step]
        steps.append(step)
        if depth and draw(st.booleans()):
            words += draw(predicates(depth - 1)).words
    return Said(words, tuple(steps))


@st.composite
def predicates(draw: st.DrawFn, depth: int = 0) -> Said:
    words, count = ["["], draw(st.integers(1, 3))
    for number in range(count):
        words += [draw(st.sampled_from(["OR", "or"]))] if number else []
        words += draw(terms_of_predicates(depth))
        for _ in range(draw(st.integers(0, 2))):
            words += ["and", *draw(terms_of_predicates(depth))]
    return Said([*words, "]"], count)


@st.composite
def terms_of_predicates(draw: st.DrawFn, depth: int) -> list[str]:
    kind = draw(st.sampled_from(["archetype", "named", "parameter", "comparison", "regex"]))
    if kind == "archetype":
        return [draw(archetypes)]
    if kind == "named":
        return [draw(archetypes), ",", draw(terms)]
    if kind == "parameter":
        return ["$given"]
    path = draw(paths(depth=depth)).words
    if kind == "regex":
        return [*path, "MATCHES", draw(st.sampled_from(["{/x.*'/}", r"{ /a\/}/ ; 'b' }"]))]
    return [*path, draw(operators), draw(literals)]


@st.composite
def classes(draw: st.DrawFn) -> Said:
    kind = draw(st.sampled_from(["EHR", "COMPOSITION", "OBSERVATION", "VERSION", "ehr"]))
    alias = draw(st.none() | names)
    words, alternatives = [kind, *([alias] if alias else [])], None
    if draw(st.booleans()):
        if kind == "VERSION":
            words += ["[", draw(st.sampled_from(["LATEST_VERSION", "all_versions", "x_ > 1"])), "]"]
        else:
            predicate = draw(predicates())
            words, alternatives = words + predicate.words, predicate.meant
    return Said(words, (kind, alias, alternatives))


def chain(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    word = st.sampled_from([["CONTAINS"], ["NOT", "contains"]])
    return st.builds(
        lambda holder, contains, contained: Said(
            [*holder.words, *contains, "(", *contained.words, ")"],
            (*holder.meant, len(contains) == 2, contained.meant),
        ),
        classes(),
        word,
        inner,
    )


def joined(inner: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    def join(operator: str, members: list[Said]) -> Said:
        words = [word for member in members for word in (operator, "(", *member.words, ")")]
        return Said(words[1:], (operator, [member.meant for member in members]))

    return st.builds(join, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3))


sources = st.recursive(classes(), lambda inner: chain(inner) | joined(inner), max_leaves=5)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> Said:
    """`meant` are the paths that must hold."""
    kind = draw(
        st.sampled_from(["compare", "like", "matches", "exists", *(["and", "or", "not"] if depth else [])])
    )
    if kind in {"and", "or"}:
        sides = [draw(conditions(depth - 1)) for _ in range(2)]
        words = ["(", *sides[0].words, ")", kind, "(", *sides[1].words, ")"]
        return Said(words, [*sides[0].meant, *sides[1].meant] if kind == "and" else [])
    if kind == "not":
        return Said(["NOT", "(", *draw(conditions(depth - 1)).words, ")"], [])
    path = draw(paths())
    if kind == "exists":
        return Said(["exists", *path.words], [])
    rest = {
        "compare": [draw(operators), draw(literals)],
        "like": ["LIKE", "'a*'"],
        "matches": [
            "matches",
            *draw(st.sampled_from([["{", "'a'", ",", "$given", "}"], ["{", "http://a/(b)'", "}"]])),
        ],
    }[kind]
    return Said([*path.words, *rest], [path.meant])


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, Said, Said | None, int | None]:
    source, where = draw(sources), draw(st.none() | conditions())
    columns = [draw(paths()).words for _ in range(draw(st.integers(1, 3)))]
    words = ["SELECT", *[word for column in columns for word in (",", *column)][1:], "FROM", *source.words]
    words += ["WHERE", *where.words] if where else []
    limit = draw(st.none() | st.integers(0, 10**6))
    words += ["LIMIT", str(limit)] if limit is not None else []
    separators = [draw(spaces) for _ in words]
    return "".join(word + space for word, space in zip(words, separators, strict=True)), source, where, limit


def told(source: Source) -> Any:
    if isinstance(source, Group):
        return (source.operator, [told(member) for member in source.members])
    alternatives = len(source.predicate.alternatives) if source.predicate else None
    itself = (source.type, source.alias, alternatives)
    return (*itself, source.negated, told(source.contains)) if source.contains else itself


@given(queries())
@settings(deadline=None, max_examples=60)
def test_a_generated_query_is_read_as_it_was_meant(
    generated: tuple[str, Said, Said | None, int | None],
) -> None:
    text, source, where, limit = generated

    query = read(text)

    assert told(query.source) == source.meant
    required = query.where.condition.required if query.where else ()
    assert [comparison.path for comparison in required] == (where.meant if where else [])
    assert (int(query.limit.rows) if query.limit else None) == limit


@given(queries())
@settings(deadline=None, max_examples=60)
def test_a_restricted_query_is_read_again_with_the_ehr_around_it(
    generated: tuple[str, Any, Any, Any],
) -> None:
    try:
        text = restricted(generated[0], Scope([EHR], ["a", "it's"]))
    except QueryNotBound:
        return
    query = read(text)

    source = query.source
    assert isinstance(source, ClassExpression)
    assert source.type.upper() == "EHR"
    assert source.predicate is not None
    for alternative in source.predicate.alternatives:
        assert alternative.comparisons[-1].path == ("ehr_id", "value")
        assert alternative.comparisons[-1].operands == (f"'{EHR}'",)
    assert [each for each in query.classes if each.type.upper() == "EHR"] == [source]


@given(queries())
@settings(deadline=None, max_examples=60)
def test_a_query_over_all_is_read_again_as_one_over_ehrs_that_allow_it(
    generated: tuple[str, Any, Any, Any],
) -> None:
    try:
        asked = population(generated[0], "mark", ["a", "it's"])
    except QueryNotBound:
        return
    for text in filter(None, (asked.text, asked.searched)):
        query = read(text)

        assert isinstance(query.source, ClassExpression)
        assert query.source.type.upper() == "EHR"
        assert query.where is not None
        alias = query.source.alias
        assert f"{alias}/ehr_status/is_queryable = true" in text
        assert [each for each in query.classes if each.alias == alias] == [query.source]


@given(queries(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_query_with_anything_changed_is_read_or_refused(
    generated: tuple[str, Any, Any, Any], data: Any
) -> None:
    text = generated[0]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 5)))
        piece = data.draw(
            st.text(max_size=3) | st.sampled_from([*"'\"[](){}/,\\-:|$.;<=>!\n\x00\ufeff", "--", "::"])
        )
        text = text[:start] + piece + text[end:]

    read_or_refused(text)


@given(st.text(max_size=200))
@settings(deadline=None)
@example("SELECT c FROM EHR e WHERE c/x = '")
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)


@given(
    st.sampled_from(
        [
            "{/",
            "{/\\/",
            "a::b|",
            "a:",
            "a-a-a.",
            "'",
            "\\",
            "(",
            "[a",
            "a(a",
            "--a",
            "a.",
            "9",
            "at0.",
            "{ ",
            "http://[0000:",
        ]
    ),
    st.sampled_from(["", "SELECT ", "SELECT c FROM EHR e WHERE c/x matches {", "SELECT c FROM EHR e["]),
)
@settings(deadline=None)
def test_no_long_text_takes_long(piece: str, start: str) -> None:
    text = start + piece * ((64 * 1024 - len(start)) // len(piece))

    began = time.process_time()
    read_or_refused(text)

    assert time.process_time() - began < 20


def read_or_refused(text: str) -> None:
    try:
        printed = restricted(text, Scope([EHR], ["a"]))
    except (QueryUnreadable, QueryNotBound):
        return
    assert [str(token) for token in tokens_of(printed)] == [str(token) for token in read(printed).tokens]
