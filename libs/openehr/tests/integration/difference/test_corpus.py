"""Every template of openEHR_SDK's test data, changed in one place: that change is found, and no other.

A sample: of each template some nodes, chosen by a fixed seed, each with every change that it can have.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final

import pytest
from openward_openehr import web_template
from openward_openehr.difference import difference
from openward_openehr.web_template.model import UNBOUNDED, Choice, Node, WebTemplate
from openward_testkit import corpus

NODES: Final = 8
Edit = Callable[[Node], Node | None]


def without_a_choice(node: Node) -> Node | None:
    """Of the first input that has several; EHRbase has some twice."""
    for at, each in enumerate(node.inputs):
        rest = tuple(choice for choice in each.choices if choice.value != each.choices[0].value)
        if rest:
            shorter = replace(each, choices=rest)
            return replace(node, inputs=(*node.inputs[:at], shorter, *node.inputs[at + 1 :]))
    return None


def relabelled(choice: Choice) -> Choice:
    return replace(choice, label="§", localized_labels=dict.fromkeys(choice.localized_labels, "§"))


def with_other_labels(node: Node) -> Node | None:
    inputs = tuple(
        replace(each, choices=tuple(relabelled(choice) for choice in each.choices)) for each in node.inputs
    )
    return replace(node, inputs=inputs) if inputs != node.inputs else None


def without_a_child(node: Node) -> Node | None:
    return replace(node, children=node.children[1:]) if node.children else None


#: What may be found; with several, any of them, and nothing else.
EDITS: Final[dict[str, tuple[Edit, set[str]]]] = {
    "renamed": (lambda node: replace(node, id=f"{node.id}_x"), {"node-renamed"}),
    "once more": (
        lambda node: None if node.max == UNBOUNDED else replace(node, max=node.max + 1),
        {"occurrences-widened"},
    ),
    "required": (lambda node: None if node.min else replace(node, min=1), {"required-added"}),
    "optional": (lambda node: replace(node, min=0) if node.min else None, {"required-removed"}),
    "another type": (lambda node: replace(node, rm_type="DV_PARAGRAPH"), {"type-changed"}),
    "annotated": (lambda node: replace(node, annotations={"§": "§"}), {"annotation-changed"}),
    "a code less": (without_a_choice, {"codes-removed", "units-removed"}),
    "other labels": (with_other_labels, {"code-label-changed"}),
    "a child less": (without_a_child, {"node-removed", "required-node-removed"}),
}


@cache
def compiled(opt: corpus.Opt) -> WebTemplate:
    return web_template.compile(opt.read())


def edited(template: WebTemplate, place: Node, put: Node) -> WebTemplate:
    def visit(node: Node) -> Node:
        return (
            put if node is place else replace(node, children=tuple(visit(child) for child in node.children))
        )

    return replace(template, tree=visit(template.tree))


def changed(template: WebTemplate) -> Iterator[tuple[str, set[str], WebTemplate]]:
    nodes = list(template.tree.walk())
    chosen = random.Random(template.template_id).sample(nodes, min(NODES, len(nodes)))  # noqa: S311  a sample
    for node in chosen:
        for name, (edit, expected) in EDITS.items():
            if put := edit(node):
                yield f"{name}: {node.aql_path}", expected, edited(template, node, put)


@pytest.mark.parametrize("opt", corpus.opts(), ids=lambda opt: opt.name)
def test_nothing_differs_from_itself(opt: corpus.Opt) -> None:
    assert difference(compiled(opt), compiled(opt)) == []


@pytest.mark.parametrize("opt", corpus.opts(), ids=lambda opt: opt.name)
def test_a_change_is_found_and_no_other(opt: corpus.Opt) -> None:
    template = compiled(opt)
    for what, expected, other in changed(template):
        kinds = {change.kind for change in difference(template, other)}
        assert kinds, what
        assert kinds <= expected, what
