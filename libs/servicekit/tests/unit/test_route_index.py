"""Whatever a router would choose by asking its routes in turn, the index chooses."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.route_index import RouteIndex
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Scope

SEGMENTS = st.sampled_from(["a", "b", "{x}", "{x:int}", "b{x}", "$do", "1"])
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda segments: "/" + "/".join(segments))
ASKED = st.lists(st.sampled_from(["a", "b", "bc", "b1", "$do", "1", ""]), max_size=5).map(
    lambda segments: "/" + "/".join(segments)
)
METHODS = st.sampled_from(["GET", "POST"])


async def endpoint(_request: object) -> Response:
    return Response()


def scope_of(path: str, method: str) -> Scope:
    return {"type": "http", "path": path, "method": method, "headers": []}


def asked_in_turn(routes: Sequence[BaseRoute], scope: Scope) -> BaseRoute | None:
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


def made(routes: Sequence[tuple[str, str]]) -> list[BaseRoute]:
    """No name twice in a path, which no route may have."""
    return [
        Route(path if path.count("{x") < 2 else "/a", endpoint, methods=[method]) for path, method in routes
    ]


@given(st.lists(st.tuples(PATHS, METHODS), max_size=12), st.lists(st.tuples(ASKED, METHODS), max_size=12))
def test_it_finds_the_first_that_matches(routes: list[tuple[str, str]], asked: list[tuple[str, str]]) -> None:
    others = made(routes)
    index = RouteIndex(others)

    for path, method in asked:
        match, found = index.matches(scope_of(path, method))
        expected = asked_in_turn(others, scope_of(path, method))
        assert (match is Match.FULL, found.get("route")) == (expected is not None, expected)


def test_what_it_cannot_place_is_asked_each_time() -> None:
    mount = Mount("/", routes=[Route("/{x}", endpoint)])
    index = RouteIndex([Route("/a/{x}", endpoint), mount])

    assert index.matches(scope_of("/a/b", "GET"))[1]["route"] is not mount
    assert index.matches(scope_of("/c", "GET"))[1]["route"] is mount


def test_below_a_root_path_the_others_are_asked() -> None:
    index = RouteIndex([Route("/a", endpoint)])

    assert index.matches({**scope_of("/a", "GET"), "root_path": "/root"})[0] is Match.NONE
