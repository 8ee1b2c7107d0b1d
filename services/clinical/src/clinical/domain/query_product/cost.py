"""What running a product would cost EHRbase, roughly: it tells no plan unless it is run for debugging."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clinical.domain.query_product.binding import row_limit
from clinical.domain.query_product.clauses import depth, ordered, selected
from clinical.domain.query_product.model import Definition, Reach
from clinical.domain.query_product.paging import keys
from clinical.domain.query_product.parsing import parsed


class Cost(StrEnum):
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


#: Compositions looked at, times how deep. Some 60 ms and a second, as measured with vital signs.
_MEDIUM: Final = 10_000
_LARGE: Final = 200_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """`compositions`: among which it looks; `whole`: at all, whatever LIMIT says, to order or to count."""

    cost: Cost
    reach: Reach
    compositions: int
    depth: int
    rows: int
    whole: bool
    paging: str


def estimate(definition: Definition, compositions: int) -> Estimate:
    query = parsed(definition.aql)
    deep, rows = max(1, depth(query)), row_limit(definition)
    together = any(column.is_aggregate for column in selected(query))
    whole = bool(ordered(query)) or together or query.tokens[1].type == "DISTINCT"
    looked_at = (compositions if whole else min(compositions, rows)) * deep
    cost = Cost.SMALL if looked_at < _MEDIUM else Cost.MEDIUM if looked_at < _LARGE else Cost.LARGE
    paging = "keyset" if keys(query).seekable else "offset"
    return Estimate(cost, definition.reach, compositions, deep, rows, whole, paging)
