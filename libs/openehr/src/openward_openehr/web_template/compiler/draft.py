"""A node of a web template while it is made; its number and its path are known only when its siblings are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from openward_openehr.web_template.model import Cardinality, Input, TermBinding


@dataclass(slots=True)
class Step:
    """The last step of an AQL path: `attribute[code and name/value='label']`.

    Descendants hang on it, so that a label that it gets later is in their paths too.
    """

    before: "Step | None"
    attribute: str
    code: str | None = None
    label: str | None = None

    def then(self, attribute: str, code: str | None = None) -> "Step":
        return Step(self, attribute, code)

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """Among steps below the same node."""
        return self.attribute, self.code, self.label

    def written(self, *, labels: bool = True) -> str:
        """The whole path."""
        above = self.before.written(labels=labels) if self.before else ""
        return f"{above}{self.itself(labels=labels)}"

    def itself(self, *, labels: bool = True) -> str:
        """The last step. EHRbase writes labels as they are: a quotation mark is not escaped."""
        if self.before is None:
            return ""
        said = [self.code] if self.code else []
        if labels and self.label is not None:
            said.append(f"name/value='{self.label}'")
        predicate = f"[{' and '.join(said)}]" if said else ""
        return f"/{self.attribute}{predicate}"


@dataclass(slots=True, eq=False)
class Draft:
    """`number` tells its id from that of an earlier sibling; `optional`: children of optional attributes."""

    base_id: str
    name: str
    rm_type: str
    min: int
    max: int
    path: Step
    number: int | None = None
    is_slot: bool = False
    localized_name: str | None = None
    node_id: str | None = None
    localized_names: Mapping[str, str] = field(default_factory=dict)
    localized_descriptions: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    term_bindings: Mapping[str, TermBinding] = field(default_factory=dict)
    proportion_types: tuple[str, ...] = ()
    cardinalities: list[Cardinality] = field(default_factory=list)
    optional: list[Sequence["Draft"]] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    in_context: bool | None = None
    children: list["Draft"] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.base_id if self.number is None else f"{self.base_id}{self.number}"

    def child(self, id_: str) -> "Draft | None":
        return next((each for each in self.children if each.id == id_), None)

    def of_type(self, rm_type: str) -> Iterator["Draft"]:
        """Beneath it, the deepest first, then itself."""
        for child in self.children:
            yield from child.of_type(rm_type)
        if self.rm_type == rm_type:
            yield self

    def has_choices(self) -> bool:
        """There are children for the same place."""
        return len({child.path.key for child in self.children}) < len(self.children)

    def choices(self) -> list["Draft"]:
        """Children whose place others have too."""
        seen: dict[tuple[str, str | None, str | None], list[Draft]] = {}
        for child in self.children:
            seen.setdefault(child.path.key, []).append(child)
        return [each for same in seen.values() if len(same) > 1 for each in same]

    def values(self) -> list["Draft"]:
        """Of an ELEMENT: its values, and what else must be there."""
        return [
            child
            for child in self.children
            if child.name != "name" and (child.name not in ("null_flavour", "feeder_audit") or child.min != 0)
        ]


def number_siblings(node: Draft) -> None:
    """Second and later children of one id get numbers, from 2; a child that is alone loses its number."""
    for same in _by_base_id(node.children):
        if len(same) == 1:
            same[0].number = None
        for number, later in enumerate(same[1:], start=2):
            later.number = number
            for value in later.children if later.rm_type == "ELEMENT" else ():
                if value.id == later.base_id:
                    value.number = number


def _by_base_id(nodes: list[Draft]) -> Iterable[list[Draft]]:
    by_id: dict[str, list[Draft]] = {}
    for node in nodes:
        by_id.setdefault(node.base_id, []).append(node)
    return by_id.values()
