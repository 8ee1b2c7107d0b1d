"""Whether a value is of a type that its node in the template allows."""

from collections.abc import Mapping
from typing import Final

from openward_openehr.validation.canonical.branches import Branch
from openward_openehr.validation.canonical.classes import may_be
from openward_openehr.validation.problem import Rule
from openward_openehr.validation.report import Report

#: What EHRbase looks for among the inputs of a node to validate a value of the class; without it, it fails.
_INPUT_OF: Final[Mapping[str, str]] = {
    "DV_TEXT": "TEXT",
    "DV_COUNT": "INTEGER",
    "DV_BOOLEAN": "BOOLEAN",
    "DV_DATE": "DATE",
    "DV_TIME": "TIME",
    "DV_DATE_TIME": "DATETIME",
    "DV_ORDINAL": "CODED_TEXT",
    "DV_PROPORTION": "",
}


def check_alternatives(branch: Branch | None, rm_class: str, pointer: str, report: Report) -> None:
    if branch is None or not branch.spots:
        return
    types = [spot.rm_type for spot in branch.spots]
    if any(may_be(rm_class, each) for each in types):
        return
    report.add(
        Rule.WRONG_TYPE,
        f"{pointer}/_type",
        branch.spots[0],
        {"types": types},
        rm_class,
        tolerated=_is_tolerated(branch, rm_class),
    )


def _is_tolerated(branch: Branch, rm_class: str) -> bool:
    """EHRbase looks at a value only as one of its own class, and not at all where there is a choice."""
    node = branch.spots[0].node
    if len(branch.spots) > 1 or node.rm_type == "DV_TEXT" or not node.inputs:
        return True
    wanted = _INPUT_OF.get(rm_class)
    if wanted is None:
        return True
    return node.rm_type != "DV_CODED_TEXT" and any(each.type == wanted for each in node.inputs)
