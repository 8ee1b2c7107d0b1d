"""Which nodes stand in an example and how often: occurrences, cardinalities, alternatives, refusals."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from openward_openehr.examples.counting import Counting
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.structures import Structures
from openward_openehr.web_template.model import Cardinality, Node, WebTemplate

SEEDS = range(10)
ROOT = "/content[openEHR-EHR-EVALUATION.story.v1]/data[at0001]/items[at0002]"


def cluster(*children: Node, **more: Any) -> Node:
    return Node("group", "group", "CLUSTER", 0, 1, ROOT, children=children, **more)


def text(name: str, low: int, high: int, **more: Any) -> Node:
    return Node(name, name, "DV_TEXT", low, high, f"{ROOT}/items[{name}]/value", **more)


def counted(of: Node, seed: int = 0, *, full: bool = False) -> dict[str, int]:
    counting = Counting(Structures(None, "en"), Dice(seed), full=full)
    counts: Counter[str] = Counter()
    for child, count in counting.children(of):
        counts[child.id] += count
    return dict(counts)


def test_a_minimal_example_has_the_least_of_each() -> None:
    assert counted(cluster(text("a", 1, 1), text("b", 0, 1), text("c", 2, -1))) == {"a": 1, "c": 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_full_example_has_everything_within_its_bounds(seed: int) -> None:
    counts = counted(cluster(text("a", 1, 1), text("b", 0, 2), text("c", 3, -1)), seed, full=True)
    assert counts["a"] == 1
    assert counts["b"] in (1, 2)
    assert counts["c"] == 3


def test_something_full_stands_twice_where_it_may() -> None:
    assert {counted(cluster(text("a", 0, -1)), seed, full=True)["a"] for seed in SEEDS} == {1, 2}


def test_a_cluster_is_never_empty() -> None:
    assert counted(cluster(text("a", 0, 1), text("b", 0, 1))) == {"a": 1}


def test_an_observation_has_data_in_its_only_event() -> None:
    event = "/content[o]/data[at0001]/events[at0002]"
    position = Node("position", "position", "DV_TEXT", 1, 1, f"{event}/state[at0007]/items[at0008]/value")
    rate = Node("rate", "rate", "DV_TEXT", 0, 1, f"{event}/data[at0003]/items[at0004]/value")
    observation = Node("o", "o", "OBSERVATION", 0, 1, "/content[o]", children=(position, rate))
    assert counted(observation) == {"position": 1, "rate": 1}


def test_a_container_takes_no_more_than_its_cardinality() -> None:
    limited = cluster(text("a", 0, 1), text("b", 0, 1), cardinalities=(Cardinality(1, 1, ("a", "b")),))
    assert counted(limited, full=True) == {"a": 1}


def test_a_container_takes_no_less_than_its_cardinality() -> None:
    limited = cluster(text("a", 0, 1), text("b", 0, -1), cardinalities=(Cardinality(3, -1, ("a", "b")),))
    assert counted(limited) == {"a": 1, "b": 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_of_alternatives_there_is_one(seed: int) -> None:
    path = f"{ROOT}/items[at0004]"
    either, other = (Node(name, name, "CLUSTER", 1, 1, path, children=(text("t", 1, 1),)) for name in "ab")
    assert sum(counted(cluster(either, other), seed, full=True).values()) == 1


def test_what_says_why_a_value_is_missing_is_left_out() -> None:
    flavour = Node("null_flavour", "null_flavour", "DV_CODED_TEXT", 0, 1, f"{ROOT}/items[at4]/null_flavour")
    assert counted(cluster(text("a", 1, 1), flavour), full=True) == {"a": 1}


@pytest.mark.parametrize(
    "refused",
    [
        Node("x", "x", "CLUSTER", 0, 1, f"{ROOT}/items[x]", node_id="openEHR-DEMOGRAPHIC-CLUSTER.x.v0"),
        Node("x", "x", "DV_DATE_TIME\n   ", 0, 1, f"{ROOT}/items[x]/value"),
        Node("x", "x", "CLUSTER", 0, 1, f"{ROOT}/items[x]"),
        Node("x", "x", "DV_SCALE", 0, 1, f"{ROOT}/items[x]/value"),
    ],
    ids=["another model", "line break", "nothing inside", "unknown type"],
)
def test_what_ehrbase_does_not_take_is_left_out(refused: Node) -> None:
    assert counted(cluster(text("a", 1, 1), refused), full=True) == {"a": 1}


def test_what_needs_something_that_is_refused_is_left_out_too() -> None:
    element = Node("e", "e", "ELEMENT", 1, 1, f"{ROOT}/items[e]", children=_value_and_flavour())
    inner = Node("inner", "inner", "CLUSTER", 0, 1, f"{ROOT}/items[i]", children=(text("t", 1, 1), element))
    assert counted(cluster(text("a", 1, 1), inner), full=True) == {"a": 1}


def _value_and_flavour() -> tuple[Node, Node]:
    """Both mandatory: the reference model allows one of them."""
    return (
        Node("value", "value", "DV_TEXT", 1, 1, f"{ROOT}/items[e]/value"),
        Node("flavour", "flavour", "DV_CODED_TEXT", 1, 1, f"{ROOT}/items[e]/null_flavour"),
    )


def test_of_alternatives_of_one_type_it_is_the_first() -> None:
    path = f"{ROOT}/items[at0004]"
    inner = Node("t", "t", "DV_TEXT", 1, 1, f"{path}/items[at0005]/value")
    first, second = (Node(name, name, "CLUSTER", 0, 1, path, children=(inner,)) for name in "ab")
    assert {tuple(counted(cluster(first, second), seed, full=True)) for seed in SEEDS} == {("a",)}


def test_an_element_whose_name_has_a_code_that_is_not_told_is_left_out() -> None:
    element = Node("e", "e", "ELEMENT", 0, 1, f"{ROOT}/items[e]", children=_value_and_flavour()[:1])
    name = Node("name", "name", "DV_CODED_TEXT", 1, 1, f"{ROOT}/items[e]/name")
    full = WebTemplate("t", "en", ("en",), replace(element, children=(name,)))
    counting = Counting(Structures(full, "en"), Dice(0), full=True)
    assert not counting.usable(element)
    assert Counting(Structures(None, "en"), Dice(0), full=True).usable(element)
