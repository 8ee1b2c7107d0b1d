"""What stands in one composition: nodes of the web template, each as often as it is there, with values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openward_openehr.web_template.model import Node

#: A value of the reference model in canonical JSON.
Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence of a node. `index` counts those of the node in one parent, from 0.

    `rm_type` is the class that was made, where the template leaves a choice of subclasses (EVENT).
    A leaf has a `value`; only what can hold something has `children`.
    """

    node: Node
    rm_type: str
    index: int = 0
    children: tuple["Instance", ...] = ()
    value: Value | str | None = None

    def leaves(self) -> Iterator["Instance"]:
        if self.value is not None:
            yield self
        for child in self.children:
            yield from child.leaves()
