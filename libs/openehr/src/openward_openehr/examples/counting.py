"""How often each child of a node stands in an example: what is required, or everything once."""

from collections.abc import Iterable, Sequence

from openward_openehr.examples import reference_model as rm
from openward_openehr.examples import values
from openward_openehr.examples.dice import Dice
from openward_openehr.examples.paths import beneath
from openward_openehr.examples.structures import Structures
from openward_openehr.web_template.model import UNBOUNDED, Cardinality, Node

#: Attributes that say where data are from or why they are missing; an example has its data.
_LEFT_OUT = frozenset(
    {"null_flavour", "null_flavor", "name", "offset", "feeder_audit", "links", "uid", "media_type"}
)
_LEFT_OUT_BELOW = ("/instruction_details/", "/participations/")
_TWICE = 1 / 4


class Counting:
    """`full`: everything once and some of it twice. Chance is by `dice`."""

    def __init__(self, structures: Structures, dice: Dice, *, full: bool) -> None:
        self._structures = structures
        self._full = full
        self._dice = dice
        self._fillable: dict[int, bool] = {}

    def children(self, node: Node) -> list[tuple[Node, int]]:
        """In the order of the template. Of siblings with one path one is taken."""
        alternatives = [self._one(each) for each in by_path(node.children) if any(map(self.usable, each))]
        counts = [(each, self._wanted(each)) for each in alternatives]
        for cardinality in node.cardinalities:
            counts = self._kept(cardinality, counts)
        for required in self._structures.required(node.aql_path):
            inside = [child for child, _ in counts if child.aql_path.startswith(f"{required}/")]
            counts = self._with_one_of(inside, counts)
        if rm.type_of(node.rm_type) in rm.CONTENT:
            counts = self._with_one_of(_content(node), counts)
        return [each for each in counts if each[1]]

    def alternatives(self, node: Node) -> list[Node]:
        """What an ELEMENT that leaves a choice may hold."""
        usable = [each for each in node.children if self.usable(each)]
        return [each for each in usable if rm.type_of(each.rm_type) != "DV_STATE"] or usable

    def usable(self, node: Node) -> bool:
        """Whether something can be written for it: a leaf that we know, or what holds such."""
        if id(node) not in self._fillable:
            self._fillable[id(node)] = self._is_usable(node)
        return self._fillable[id(node)]

    def _is_usable(self, node: Node) -> bool:
        if _is_left_out(node) or self._refused(node):
            return False
        if any(self._refused(each) for each in node.children if each.min):
            return False
        if rm.type_of(node.rm_type) not in rm.STRUCTURES:
            return values.known(node.rm_type)
        inside = _content(node)
        return node.min > 0 or any(map(self.usable, inside))

    def _refused(self, node: Node) -> bool:
        return _is_refused(node) or self._structures.is_unnamable(node)

    def _one(self, alternatives: Sequence[Node]) -> Node:
        """Of one type the first: EHRbase reads what stands there by it."""
        types = {each.rm_type: each for each in reversed(alternatives) if self.usable(each)}
        usable = [each for each in alternatives if each in types.values()]
        return self._dice.one_of([each for each in usable if each.rm_type != "DV_STATE"] or usable)

    def _wanted(self, node: Node) -> int:
        if not self._full:
            return node.min
        if rm.type_of(node.rm_type) == "ELEMENT" and node.repeats:
            wanted = len(self.alternatives(node))
        else:
            wanted = 2 if node.repeats and self._dice.chance(_TWICE) else 1
        return max(node.min, wanted if node.max == UNBOUNDED else min(wanted, node.max))

    def _kept(self, cardinality: Cardinality, counts: list[tuple[Node, int]]) -> list[tuple[Node, int]]:
        """As many as the container takes: taken away from the last, added to the first."""
        total = sum(count for node, count in counts if node.id in cardinality.ids)
        most = total if cardinality.max in (None, UNBOUNDED) else cardinality.max or 0
        over, under = max(0, total - most), max(0, (cardinality.min or 0) - total)
        kept = []
        for node, count in reversed(counts):
            less = min(over, count - node.min) if node.id in cardinality.ids else 0
            over -= less
            kept.append((node, count - less))
        return _added(cardinality, list(reversed(kept)), under)

    def _with_one_of(self, nodes: list[Node], counts: list[tuple[Node, int]]) -> list[tuple[Node, int]]:
        """Something of what a structure holds, even where each part of it is optional."""
        inside = set(map(id, nodes))
        if any(count for child, count in counts if id(child) in inside):
            return counts
        first = next((child for child, _ in counts if id(child) in inside and self.usable(child)), None)
        return [(child, 1 if child is first else count) for child, count in counts]


def by_path(nodes: Iterable[Node]) -> list[list[Node]]:
    """Siblings with the same path are alternatives."""
    groups: dict[str, list[Node]] = {}
    for each in nodes:
        groups.setdefault(each.aql_path, []).append(each)
    return list(groups.values())


def _added(cardinality: Cardinality, counts: list[tuple[Node, int]], under: int) -> list[tuple[Node, int]]:
    added = []
    for node, count in counts:
        room = under if node.max == UNBOUNDED else max(0, node.max - count)
        more = min(under, room) if node.id in cardinality.ids else 0
        under -= more
        added.append((node, count + more))
    return added


def _is_left_out(node: Node) -> bool:
    attribute = node.aql_path.rpartition("/")[2].strip()
    return attribute in _LEFT_OUT or any(each in node.aql_path for each in _LEFT_OUT_BELOW)


def _is_refused(node: Node) -> bool:
    """What EHRbase 2.16 takes in no format, or not in FLAT.

    A class name with line breaks of its OPT; a CLUSTER of another model than EHR; EVENT_CONTEXT where a
    template makes it optional; an ELEMENT that has to have both a value and a null flavour.
    """
    rm_type, node_id = node.rm_type, node.node_id or ""
    if rm_type != rm_type.strip() or any(each.rm_type != each.rm_type.strip() for each in node.children):
        return True
    if node_id.startswith("openEHR-") and not node_id.startswith("openEHR-EHR-"):
        return True
    if rm_type == "ELEMENT":
        required = {each.aql_path.rpartition("/")[2] for each in node.children if each.min}
        return {"value", "null_flavour"} <= required
    return rm_type == "EVENT_CONTEXT" and node.min == 0


def _content(node: Node) -> list[Node]:
    """Children of which one has to be there; all, where the class does not ask for any of them."""
    attribute = rm.CONTENT.get(rm.type_of(node.rm_type))
    return [child for child in node.children if attribute is None or _is_content(node, child, attribute)]


def _is_content(node: Node, child: Node, attribute: str) -> bool:
    """Of an OBSERVATION, an event or what is in the data of its only event."""
    way = [step.attribute for step in beneath(child.aql_path, node.aql_path)]
    if way[:2] == ["data", "events"]:
        return way[2:] == [] or way[2] == "data"
    return way[:1] == [attribute]
