"""What AQL has and EHRbase has not (2.16, tried on it one by one): found in a text, with the place.

Whatever is not known here EHRbase itself refuses when the product is tried (`service/query_products.py`).
"""

import re
from collections.abc import Iterator
from typing import Final

from lark import Token

from clinical.domain.aql.query import Query
from clinical.domain.query_product.clauses import Path, aliases, paths

#: Code, what to do instead, and the index of the token.
Found = tuple[str, str, int]

#: In the words of EHRbase's own refusal of any other.
_CLASSES: Final = frozenset(
    (
        "EHR",
        "CONTENT_ITEM",
        "ENTRY",
        "CARE_ENTRY",
        "EVENT",
        "ITEM_STRUCTURE",
        "ITEM",
        "COMPOSITION",
        "FOLDER",
        "EHR_STATUS",
        "EVENT_CONTEXT",
        "SECTION",
        "GENERIC_ENTRY",
        "ADMIN_ENTRY",
        "OBSERVATION",
        "INSTRUCTION",
        "ACTION",
        "EVALUATION",
        "ACTIVITY",
        "HISTORY",
        "POINT_EVENT",
        "INTERVAL_EVENT",
        "FEEDER_AUDIT",
        "ITEM_LIST",
        "ITEM_SINGLE",
        "ITEM_TABLE",
        "ITEM_TREE",
        "CLUSTER",
        "ELEMENT",
        "VERSION",
    )
)
_WORDS: Final = {
    "EXISTS": ("feature-exists", "EHRbase has no EXISTS: compare the path with a value it always fulfils."),
    "TOP": ("feature-top", "EHRbase has no TOP: use LIMIT."),
    "FUNCTION": ("feature-function", "EHRbase has no functions but COUNT, MIN, MAX, SUM and AVG in SELECT."),
    "TERMINOLOGY": ("feature-terminology", "EHRbase has no terminology server: list the codes in MATCHES."),
    "URI": ("feature-terminology", "EHRbase does not expand value sets: list the codes in MATCHES."),
    "REGEX": ("feature-regex", "EHRbase has no regular expressions: use LIKE with * and ?."),
    "ALL_VERSIONS": ("feature-versions", "EHRbase's AQL sees the latest versions only."),
}
_TEMPLATE: Final = ("archetype_details", "template_id", "value")
_NODE: Final = re.compile(r"""['"]openEHR-EHR-[A-Z_]+\.""")


def features(query: Query) -> Iterator[Found]:
    for rule in (_words, _calls, _negations, _classes, _nulls, _aliases, _operands, _likes, _versions):
        yield from rule(query)


def _words(query: Query) -> Iterator[Found]:
    for index, token in enumerate(query.tokens):
        if token.type in _WORDS:
            yield (*_WORDS[token.type], index)


def _calls(query: Query) -> Iterator[Found]:
    """Of functions that AQL itself does not name."""
    for index, (token, after) in enumerate(zip(query.tokens, query.tokens[1:], strict=False)):
        if token.type == "IDENTIFIER" and after.type == "LPAR":
            yield (*_WORDS["FUNCTION"], index)


def _negations(query: Query) -> Iterator[Found]:
    for expression in query.classes:
        if expression.negated:
            index = expression.named if expression.predicate is None else expression.predicate.end
            yield "feature-not-contains", "EHRbase has no NOT CONTAINS.", index


def _classes(query: Query) -> Iterator[Found]:
    seen: set[str] = set()
    for expression in query.classes:
        if expression.type.upper() not in _CLASSES:
            yield "class-unknown", "There is no such class that FROM could name.", expression.start
        if expression.type.upper() == "FOLDER":
            yield "feature-folder", "EHRbase does not search directories.", expression.start
        if expression.alias is not None and expression.alias in seen:
            yield "alias-twice", "Two in FROM have this alias.", expression.start + 1
        seen.add(expression.alias or "")


def _nulls(query: Query) -> Iterator[Found]:
    for index, token in enumerate(query.tokens):
        if token.type == "NULL" and index >= query.source.start:
            yield "feature-null", "EHRbase compares nothing with NULL.", index


def _aliases(query: Query) -> Iterator[Found]:
    known = aliases(query)
    for path in paths(query):
        if path.names[0] not in known:
            yield "alias-unknown", "Nothing in FROM has this alias.", path.start


def _operands(query: Query) -> Iterator[Found]:
    for index, (token, after) in enumerate(zip(query.tokens, query.tokens[1:], strict=False)):
        if token.type == "COMPARE" and after.type == "IDENTIFIER":
            yield "feature-path-comparison", "EHRbase compares a path with values only.", index + 1


def _likes(query: Query) -> Iterator[Found]:
    for path in _in_where(query):
        operator = query.tokens[path.end] if path.end < len(query.tokens) else None
        if operator is None:
            continue
        like, operand = operator.type == "LIKE", query.tokens[path.end + 1 : path.end + 2]
        if path.names[-3:] == _TEMPLATE and not _equals(operator):
            yield (
                "feature-template-comparison",
                "EHRbase compares template ids by =, != and MATCHES.",
                path.start,
            )
        elif like and path.names[-2:] in {("uid", "value"), ("ehr_id", "value")}:
            yield "feature-like", "EHRbase has no LIKE for ids.", path.start
        elif like and path.names[-1] == "archetype_node_id" and not _node_pattern(operand):
            yield "feature-like", "Begin the pattern with openEHR-EHR-<TYPE>. for EHRbase.", path.start


def _equals(operator: Token) -> bool:
    return operator.type == "MATCHES" or operator in {"=", "!="}


def _node_pattern(operand: tuple[Token, ...]) -> bool:
    return bool(operand) and _NODE.match(operand[0]) is not None


def _versions(query: Query) -> Iterator[Found]:
    named = {name: each.type.upper() for name, each in aliases(query).items()}
    ordered = query.tail if query.limit is None or query.limit.start != query.tail else len(query.tokens)
    for path in paths(query):
        of = named.get(path.names[0])
        if of in {"EHR", "VERSION"} and len(path.names) == 1:
            yield "select-whole", f"EHRbase does not give out a whole {of}: name what of it.", path.start
        elif of == "VERSION" and path.start >= ordered:
            yield "feature-version-order", "EHRbase does not order by what a VERSION says.", path.start
        elif of == "VERSION" and path.start > query.source.start:
            yield "feature-version-condition", "EHRbase has no conditions on what a VERSION says.", path.start
    yield from _version_predicates(query)


def _version_predicates(query: Query) -> Iterator[Found]:
    for expression in query.classes:
        if expression.type.upper() == "VERSION":
            inside = query.tokens[expression.named : expression.end]
            if any(token.type == "COMPARE" for token in inside):
                yield (
                    "feature-versions",
                    "EHRbase takes VERSION alone or with LATEST_VERSION.",
                    expression.start,
                )


def _in_where(query: Query) -> Iterator[Path]:
    if query.where is not None:
        yield from (path for path in paths(query) if query.where.start <= path.start < query.tail)
