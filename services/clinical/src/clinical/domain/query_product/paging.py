"""After what the next page begins: by the values of ORDER BY where they can be asked for, else by a count.

EHRbase orders and compares times as text and uids as such, both the same way in ORDER BY and in WHERE, and
has no condition for what is absent. So a page is sought by its first row's keys where each key is a uid, an
EHR's id, or a time that WHERE compares anyway, and thus there. Nothing else may travel in a cursor, either:
it holds ids and times alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clinical.domain.aql.query import Query
from clinical.domain.aql.rewriting import printed, quoted
from clinical.domain.query_product.clauses import Ordered, aliases, ordered, paths, selected

_TIMES: Final = frozenset(
    (
        ("start_time", "value"),
        ("end_time", "value"),
        ("origin", "value"),
        ("time", "value"),
        ("time_created", "value"),
    )
)
_COMPARED: Final = frozenset(("=", ">", ">=", "<", "<=", "MATCHES"))


@dataclass(frozen=True, slots=True)
class Keys:
    """`columns`: the numbers of those in ORDER BY. `total`: they tell compositions, or groups, apart.

    `seekable`: the rows from some keys on can be asked for.
    """

    orders: tuple[Ordered, ...]
    columns: tuple[int, ...]
    total: bool
    seekable: bool


@dataclass(frozen=True, slots=True)
class Place:
    """What comes next: of the rows from these `keys` on (of all, if empty), those after the first `skip`.

    `before`: how many rows were on the pages before.
    """

    keys: tuple[str, ...]
    skip: int
    before: int

    def told(self) -> list[object]:
        return [list(self.keys), self.skip, self.before]

    @classmethod
    def of(cls, told: Sequence[object]) -> "Place":
        keys, skip, before = told
        return cls(tuple(map(str, keys if isinstance(keys, list) else ())), int(str(skip)), int(str(before)))


FIRST: Final = Place((), 0, 0)


def is_one_row(query: Query) -> bool:
    """Whether all that is found becomes one row."""
    return all(column.is_aggregate for column in selected(query))


def keys(query: Query) -> Keys:
    orders, columns = tuple(ordered(query)), selected(query)
    texts = [column.text for column in columns]
    numbers = tuple(texts.index(order.path) for order in orders if order.path in texts)
    grouped = {c.text for c in columns if not c.is_aggregate} <= {order.path for order in orders}
    together = any(column.is_aggregate for column in columns) or query.tokens[1].type == "DISTINCT"
    total = grouped if together else any(_is_id(query, order.path) for order in orders)
    there = len(numbers) == len(orders) and all(_is_there(query, order.path) for order in orders)
    return Keys(orders, numbers, total and bool(orders), bool(orders) and there)


def condition(found: Keys, place: Place) -> str:
    """Of all rows from the one with these keys on, those that are equal to it among them."""
    alternatives = []
    for number, (order, key) in enumerate(zip(found.orders, place.keys, strict=True)):
        last = number == len(found.orders) - 1
        sign = ("<" if order.descending else ">") + ("=" if last else "")
        equal = [
            f"{before.path} = {quoted(value)}"
            for before, value in zip(found.orders[:number], place.keys[:number], strict=True)
        ]
        alternatives.append(" AND ".join((*equal, f"{order.path} {sign} {quoted(key)}")))
    return f"({' OR '.join(f'({each})' for each in alternatives)})"


def moved(found: Keys, place: Place, row: Sequence[object]) -> Place:
    """The place after this row, which is the next."""
    if not found.seekable:
        return Place((), place.skip + 1, place.before + 1)
    shown = tuple(str(row[number]) for number in found.columns)
    return Place(shown, place.skip + 1 if shown == place.keys else 1, place.before + 1)


def _is_id(query: Query, path: str) -> bool:
    """Whether it is the uid of a composition, or the id of the EHR where nothing is contained."""
    alias, _, rest = path.partition("/")
    named = aliases(query).get(alias)
    if named is None:
        return False
    kind = named.type.upper()
    return (kind, rest) == ("COMPOSITION", "uid/value") or (
        (kind, rest) == ("EHR", "ehr_id/value") and named.contains is None
    )


def _is_there(query: Query, path: str) -> bool:
    alias, _, rest = path.partition("/")
    named = aliases(query).get(alias)
    kind = named.type.upper() if named else ""
    if (kind, rest) in {("COMPOSITION", "uid/value"), ("EHR", "ehr_id/value")}:
        return True
    names = tuple(rest.split("/")[-2:])
    return names in _TIMES and path in _compared(query)


def _compared(query: Query) -> set[str]:
    """Paths, as they are printed, that are there in every row: a condition of all rows compares them."""
    if query.where is None:
        return set()
    required = {each.path for each in query.where.condition.required if each.operator in _COMPARED}
    found: dict[tuple[str, ...], set[str]] = {names: set() for names in required}
    for path in paths(query):
        if query.where.start <= path.start < query.tail and path.names in found:
            found[path.names].add(printed(query.tokens[path.start : path.end]))
    return {text for texts in found.values() if len(texts) == 1 for text in texts}
