"""The instruction state machine: where a transition leads, and in which states a careflow step is.

Source: openEHR RM 1.1.0, EHR Information Model, Standard Instruction State Machine.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report
from openward_openehr.validation.spot import Spot
from openward_openehr.web_template.model import Choice

#: The state that each transition leads to, by their codes in the openEHR terminology.
TARGETS: Final[Mapping[str, str]] = {
    "166": "528",
    "534": "529",
    "535": "526",
    "536": "526",
    "537": "527",
    "538": "526",
    "539": "529",
    "540": "245",
    "541": "532",
    "542": "527",
    "543": "245",
    "544": "530",
    "545": "530",
    "546": "245",
    "547": "531",
    "548": "532",
    "549": "533",
    "550": "531",
    "551": "532",
    "552": "528",
}
#: What EHRbase puts in for a state that is not given.
COMPLETED: Final = "532"


class Move(NamedTuple):
    """Codes of an ISM transition as they are given."""

    state: str | None
    transition: str | None
    careflow_step: str | None


def check_move(move: Move, steps: Mapping[str, Choice] | None, spot: Spot, path: str, report: Report) -> None:
    """`steps` are those of the template. Without a transition EHRbase compares nothing."""
    if move.transition is None or move.state is None:
        return
    target = TARGETS.get(move.transition)
    if target is not None and target != move.state:
        report.add(Rule.INCONSISTENT, path, spot, {"current_state": target})
    if steps and move.careflow_step is not None:
        step = steps.get(move.careflow_step)
        states = step.current_states if step else ()
        if move.state not in states:
            report.add(Rule.INCONSISTENT, path, spot, {"current_states": list(states)})
