"""Finds the route of a request by how its path begins: to ask each in turn takes as long as an answer."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class RouteIndex(BaseRoute):
    """The first of an application's routes: whichever of the others is the first to match a request fully.

    What none of them takes as it is (no such path, another method) is left to the others, as if this were
    not there.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        """`routes`: all, in their order. Those that may begin in the middle of a segment are always asked."""
        self._by_beginning: dict[str, list[tuple[int, BaseRoute]]] = {"": []}
        for place, route in enumerate(routes):
            self._by_beginning.setdefault(_beginning(route), []).append((place, route))
        self._segments = max(beginning.count("/") for beginning in self._by_beginning)
        self._together: dict[tuple[str, ...], Sequence[BaseRoute]] = {}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and not scope.get("root_path"):
            for route in self._near(scope["path"]):
                match, child_scope = route.matches(scope)
                if match is Match.FULL:
                    return match, {**child_scope, "route": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)

    def _near(self, path: str) -> Sequence[BaseRoute]:
        known, beginning = [""], ""
        for segment in path.split("/", self._segments + 1)[1 : self._segments + 1]:
            beginning += f"/{segment}"
            if beginning in self._by_beginning:
                known.append(beginning)
        beginnings = tuple(known)
        if (near := self._together.get(beginnings)) is None:
            placed = sorted(
                (each for beginning in beginnings for each in self._by_beginning[beginning]),
                key=lambda each: each[0],
            )
            near = self._together[beginnings] = [route for _, route in placed]
        return near


def _beginning(route: BaseRoute) -> str:
    """Whole segments that each path of the route begins with."""
    fixed, parameter, _ = str(getattr(route, "path", "{")).partition("{")
    return fixed.rstrip("/") if not parameter or fixed.endswith("/") else ""
