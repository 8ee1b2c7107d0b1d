"""What nodes are called in FLAT paths: their ids, but for numbers that lost what they tell apart.

EHRbase numbers nodes of one name among siblings (`result`, `result2`) before it drops those that a template
forbids, and again when it reads FLAT: of a lonely `result2` it reads `result`.
"""

import re
from typing import Final

from openward_openehr.web_template.model import Node

_NUMBERED: Final = re.compile(r"(.*?[^\d_])([2-9]|[1-9]\d+)")
_LAST_NUMBER: Final = re.compile(r"(\d+)\W*$")


def ids(parent: Node) -> dict[int, str]:
    """By `id(child)`; alternatives of one id and path have one number."""
    seen: dict[str, dict[str, int]] = {}
    named: dict[int, str] = {}
    for child in parent.children:
        base = _base(child)
        numbers = seen.setdefault(base, {})
        number = numbers.setdefault(f"{child.id} {child.aql_path}", len(numbers) + 1)
        named[id(child)] = base if number == 1 else f"{base}{number}"
    return named


def _base(node: Node) -> str:
    """Its id without the number, if that is not of the name itself."""
    match = _NUMBERED.fullmatch(node.id)
    of_name = _LAST_NUMBER.search(node.name)
    return node.id if not match or (of_name and of_name[1] == match[2]) else match[1]
