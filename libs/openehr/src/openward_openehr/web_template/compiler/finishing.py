"""From drafts to the nodes of a web template."""

from collections.abc import Sequence

from openward_openehr.web_template.compiler.draft import Draft, Step
from openward_openehr.web_template.model import Cardinality, Node


def finished(draft: Draft, *, full: bool = False) -> Node:
    """With term bindings and slots only if `full`: EHRbase's web templates do not have them."""
    return _finished(draft, {}, full)


def _finished(draft: Draft, written: dict[int, str], full: bool) -> Node:  # noqa: FBT001  a keyword above
    """`written`: paths, by the identity of their last step."""
    return Node(
        id=draft.id,
        name=draft.name,
        rm_type=draft.rm_type,
        min=draft.min,
        max=draft.max,
        aql_path=_path(draft.path, written),
        localized_name=draft.localized_name,
        node_id=draft.node_id,
        localized_names=draft.localized_names,
        localized_descriptions=draft.localized_descriptions,
        annotations=draft.annotations,
        proportion_types=draft.proportion_types,
        cardinalities=tuple(draft.cardinalities),
        inputs=tuple(draft.inputs),
        in_context=draft.in_context,
        term_bindings=draft.term_bindings if full else {},
        children=tuple([_finished(child, written, full) for child in draft.children]),
        is_slot=draft.is_slot,
    )


def with_existence(draft: Draft) -> Draft:
    """Attributes that may be absent are cardinalities from 0, as in EHRbase's own full tree."""
    draft.cardinalities += [_absent(children) for children in draft.optional if children]
    for child in draft.children:
        with_existence(child)
    return draft


def _absent(children: Sequence[Draft]) -> Cardinality:
    return Cardinality(0, 1, tuple(child.id for child in children))


def _path(step: Step, written: dict[int, str]) -> str:
    if (known := written.get(id(step))) is None:
        above = "" if step.before is None else _path(step.before, written)
        known = written[id(step)] = f"{above}{step.itself()}"
    return known
