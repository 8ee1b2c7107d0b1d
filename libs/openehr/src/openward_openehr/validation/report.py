"""Problems as they are found, each with what is known of its node."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from openward_openehr.validation.problem import Problem, Rule, kind_of
from openward_openehr.validation.spot import Spot

#: More would be no help, and hostile input could make more than fit into memory.
MOST: Final = 1_000
#: Of a composition for another template all paths are unknown; suggestions would help nobody then.
SUGGESTED: Final = 50
#: Marks that nothing was found, where None is a value of JSON.
NOTHING: Final = object()


class Report:
    """Problems in the order in which they are found; the first thousand.

    `given`: names of the fields of `ctx`, which stand in for what is missing elsewhere.
    """

    __slots__ = ("given", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.given: frozenset[str] = frozenset()

    def add(
        self,
        rule: Rule,
        path: str,
        spot: Spot,
        expected: Mapping[str, Any] | None = None,
        found: object = NOTHING,
        *,
        tolerated: bool = False,
    ) -> None:
        """`found` is the value; only its kind is kept."""
        if len(self.problems) >= MOST:
            return
        node = spot.node
        self.problems.append(
            Problem(
                rule,
                path,
                node.aql_path,
                node.localized_name or node.name,
                node.localized_names,
                expected or {},
                None if found is NOTHING else kind_of(found),
                tolerated=tolerated,
            )
        )

    def unknown(
        self,
        path: str,
        suggest: Callable[[], tuple[str, ...]] = tuple,
        *,
        rule: Rule = Rule.UNKNOWN_PATH,
        tolerated: bool = False,
    ) -> None:
        """Suggestions take time to find: the first unknown paths get some."""
        if len(self.problems) < MOST:
            suggestions = suggest() if len(self.problems) < SUGGESTED else ()
            self.problems.append(Problem(rule, path, did_you_mean=suggestions, tolerated=tolerated))
