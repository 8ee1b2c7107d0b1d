"""A composition by the web template: its nodes with values, as a tree that every format is written from."""

from dataclasses import replace
from uuid import UUID

from openward_openehr.examples import reference_model as rm
from openward_openehr.examples import values, wording
from openward_openehr.examples.counting import Counting
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.instances import Instance
from openward_openehr.examples.structures import Structures
from openward_openehr.examples.values import Making
from openward_openehr.web_template.model import Node, WebTemplate

_INTERVAL_EVENTS = 1 / 3
_NO_INFORMATION = "271"


def populated(
    template: WebTemplate, structures: Structures, dice: Dice, language: str, *, full: bool
) -> Instance:
    """Times of the reference model are all one moment."""
    now = f"2025-{dice.integer(1, 12):02}-{dice.integer(1, 28):02}T{dice.integer(8, 17):02}:30:00Z"
    return _Populating(Making(dice, language, now, full), structures).instance(template.tree)


class _Populating:
    def __init__(self, making: Making, structures: Structures) -> None:
        self._full = making.full
        self._making = making
        self._counting = Counting(structures, making.dice, full=making.full)

    def instance(self, node: Node, index: int = 0) -> Instance:
        rm_type = rm.type_of(node.rm_type)
        if rm_type not in rm.STRUCTURES:
            return self._leaf(node, index)
        if rm_type == "ISM_TRANSITION":
            return Instance(node, rm_type, index, self._transition(node))
        if rm_type == "ELEMENT":
            return Instance(node, rm_type, index, (self._value(node, index),))
        children = self._children(node)
        if rm_type == "EVENT":
            rm_type, added = self._event(node)
            return Instance(node, rm_type, index, (*children, *added))
        return Instance(node, rm_type, index, (*children, *self._beside(node, rm_type)))

    def _children(self, node: Node) -> tuple[Instance, ...]:
        return tuple(
            self.instance(child, index)
            for child, count in self._counting.children(node)
            for index in range(count)
        )

    def _leaf(self, node: Node, index: int = 0) -> Instance:
        return Instance(node, rm.type_of(node.rm_type), index, value=values.make(node, self._making))

    def _value(self, node: Node, index: int) -> Instance:
        """Of an ELEMENT: each type in turn where it repeats; why there is none where we know no type."""
        alternatives = self._counting.alternatives(node)
        if not alternatives:
            flavour = _attribute(node, "null_flavour", "DV_CODED_TEXT", prefix="_")
            return Instance(flavour, "DV_CODED_TEXT", value=rm.openehr_term(_NO_INFORMATION))
        if node.repeats:
            return self.instance(alternatives[index % len(alternatives)])
        return self.instance(self._making.dice.one_of(alternatives))

    def _event(self, node: Node) -> tuple[str, tuple[Instance, ...]]:
        if not self._full or not self._making.dice.chance(_INTERVAL_EVENTS):
            return "POINT_EVENT", ()
        width = _attribute(node, "width", "DV_DURATION")
        function = _attribute(node, "math_function", "DV_CODED_TEXT")
        return "INTERVAL_EVENT", (self._leaf(width), self._leaf(function))

    def _beside(self, node: Node, rm_type: str) -> tuple[Instance, ...]:
        """What may stand there too, and a web template does not show."""
        if not self._full:
            return ()
        if rm_type == "EVENT_CONTEXT":
            return self._of_context(node)
        return self._of_action(node) if rm_type == "ACTION" else ()

    def _of_action(self, node: Node) -> tuple[Instance, ...]:
        """The instruction that it carries out: one of another composition, that nobody has."""
        uid = {"_type": "HIER_OBJECT_ID", "value": str(UUID(int=self._making.dice.integer(1, 10**12)))}
        reference = {"_type": "LOCATABLE_REF", "namespace": "unknown", "type": "INSTRUCTION", "id": uid}
        details = {
            "_type": "INSTRUCTION_DETAILS",
            "instruction_id": {**reference, "path": "/content[0]"},
            "activity_id": "activities[at0001]",
        }
        at = _attribute(node, "instruction_details", "INSTRUCTION_DETAILS", prefix="_")
        return (Instance(at, "INSTRUCTION_DETAILS", value=details),)

    def _of_context(self, node: Node) -> tuple[Instance, ...]:
        end = _attribute(node, "end_time", "DV_DATE_TIME", prefix="_")
        place = _attribute(node, "location", "STRING", prefix="_")
        facility = _attribute(node, "health_care_facility", "PARTY_IDENTIFIED", prefix="_")
        party = {"_type": "PARTY_IDENTIFIED", "name": wording.ORGANISATION}
        return (
            self._leaf(replace(end, in_context=True)),
            Instance(place, "STRING", value=f"Ward {self._making.dice.integer(1, 9)}"),
            Instance(facility, "PARTY_IDENTIFIED", value=party),
        )

    def _transition(self, node: Node) -> tuple[Instance, ...]:
        """A careflow step, a state that it belongs to, and how that state is reached."""
        parts = {child.aql_path.rpartition("/")[2]: child for child in node.children}
        made: list[Instance] = []
        states: tuple[str, ...] = ()
        if step := parts.get("careflow_step"):
            chosen = self._leaf(step)
            made.append(chosen)
            states = _states_of(step, chosen)
        code = self._state(parts["current_state"], states)
        made.append(Instance(parts["current_state"], "DV_CODED_TEXT", value=rm.openehr_term(code)))
        if self._full and "transition" in parts and code in rm.TRANSITIONS:
            reached = rm.openehr_term(rm.TRANSITIONS[code])
            made.append(Instance(parts["transition"], "DV_CODED_TEXT", value=reached))
        return tuple(made)

    def _state(self, node: Node, states: tuple[str, ...]) -> str:
        codes = [choice.value for each in node.inputs for choice in each.choices]
        allowed = [each for each in codes if not states or each in states] or codes
        return self._making.dice.one_of(allowed or states or ("526", "245", "532"))


def _states_of(step: Node, chosen: Instance) -> tuple[str, ...]:
    code = chosen.value["defining_code"]["code_string"] if isinstance(chosen.value, dict) else None
    choices = [choice for each in step.inputs for choice in each.choices]
    return next((each.current_states for each in choices if each.value == code), ())


def _attribute(of: Node, name: str, rm_type: str, prefix: str = "") -> Node:
    return Node(f"{prefix}{name}", name, rm_type, 0, 1, f"{of.aql_path}/{name}")
