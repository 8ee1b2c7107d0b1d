"""Differences between web templates."""

from typing import Any

from openward_openehr.web_template.comparing import differences


def template(*children: dict[str, Any], **root: Any) -> dict[str, Any]:
    return {"templateId": "t", "tree": {"id": "report", "children": list(children), **root}}


RATE = {"id": "rate", "name": "Rate", "inputs": [{"type": "DECIMAL"}]}


def said(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    return [str(each) for each in differences(ours, theirs)]


def test_equal_templates_have_none() -> None:
    assert differences(template(RATE), template(dict(reversed(RATE.items())))) == []


def test_a_difference_has_the_path_of_its_node() -> None:
    assert said(template(RATE), template(RATE | {"inputs": [{"type": "INTEGER"}]})) == [
        "rate.inputs[0].type: 'DECIMAL' instead of 'INTEGER'"
    ]


def test_a_node_that_one_lacks_is_a_difference() -> None:
    assert [(each.path, each.ours) for each in differences(template(), template(RATE))] == [("rate", None)]


def test_the_order_of_nodes_counts() -> None:
    (found,) = differences(template(RATE, {"id": "time"}), template({"id": "time"}, RATE))

    assert (found.path, found.ours, found.theirs) == (" (order)", ["rate", "time"], ["time", "rate"])


def test_nodes_with_one_id_are_compared_by_position() -> None:
    assert said(template(RATE, RATE), template(RATE, RATE | {"name": "R"})) == [
        "[1].name: 'Rate' instead of 'R'"
    ]


def test_true_is_not_one() -> None:
    assert said(template(max=1), template(max=True)) == ["max: 1 instead of True"]
