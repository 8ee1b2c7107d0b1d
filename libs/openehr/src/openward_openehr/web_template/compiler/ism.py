"""ISM transitions: a template has one for each careflow step, a web template one for all.

Source: how EHRbase's SDK (2.22) puts them together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from openward_openehr.web_template.compiler.draft import Draft, Step
from openward_openehr.web_template.compiler.naming import node_id
from openward_openehr.web_template.model import Choice, Input


def merged_transition(attribute: str, transitions: Sequence[Draft], parent: Step) -> Draft:
    """`transitions`: those of the template, at least one; `attribute`: which they constrain."""
    first, path = transitions[0], parent.then(attribute)
    step = Input("CODED_TEXT", "code", tuple(_steps(transitions)), terminology="local")
    states = tuple(choice for each in transitions for choice in _choices(each, "current_state"))
    state = Input("CODED_TEXT", "code", states, terminology="openehr")
    children = [
        _coded(first, "careflow_step", path, step),
        _coded(first, "current_state", path, state),
    ]
    if transition := first.child("transition"):
        transition.path = path.then("transition")
        transition.in_context = True
        children.append(transition)
    merged = Draft(node_id(attribute), attribute, "ISM_TRANSITION", first.min, first.max, path)
    merged.in_context = True
    merged.children = children
    return merged


def _coded(first: Draft, name: str, path: Step, code: Input) -> Draft:
    """It may be there as often as the first transition says that it must."""
    known = first.child(name)
    minimum = known.min if known else 0
    node = Draft(name, name.capitalize(), "DV_CODED_TEXT", minimum, minimum, path.then(name))
    node.in_context = True
    node.inputs = [code]
    return node


def _steps(transitions: Sequence[Draft]) -> Iterator[Choice]:
    """The first careflow step of each, with its states."""
    for each in transitions:
        for step in _first_choices(each, "careflow_step")[:1]:
            states = tuple(choice.value for choice in _first_choices(each, "current_state"))
            yield replace(step, current_states=step.current_states + states)


def _first_choices(transition: Draft, name: str) -> Sequence[Choice]:
    known = transition.child(name)
    return known.inputs[0].choices if known and known.inputs else ()


def _choices(transition: Draft, name: str) -> Iterator[Choice]:
    known = transition.child(name)
    for each in known.inputs if known else ():
        yield from each.choices
