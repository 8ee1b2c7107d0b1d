"""What changed in nodes."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final

from openward_openehr.difference import matching
from openward_openehr.difference.bounds import way_of_lower, way_of_upper
from openward_openehr.difference.change import Change, Value
from openward_openehr.difference.inputs import changes_of_inputs
from openward_openehr.difference.matching import Placed
from openward_openehr.difference.texts import differing_texts
from openward_openehr.web_template.model import UNBOUNDED, Cardinality, Node

#: Source: PROPORTION_KIND of the reference model.
_ALL_PROPORTIONS: Final = frozenset({"ratio", "unitary", "percent", "fraction", "integer_fraction"})


def changes_between(old: Node, new: Node, languages: Collection[str]) -> list[Change]:
    """Of two trees: what is in both in the new order, then what moved, went and came.

    `languages`: in which texts are compared.
    """
    comparison = _Comparison(languages)
    comparison.compare(Placed(old, old.id, old.aql_path), Placed(new, new.id, new.aql_path))
    comparison.finish()
    return comparison.changes


@dataclass
class _Comparison:
    _languages: Collection[str]
    changes: list[Change] = field(default_factory=list)
    _removed: list[Placed] = field(default_factory=list)
    _added: list[Placed] = field(default_factory=list)

    def compare(self, old: Placed, new: Placed) -> None:
        self.changes += _of_node(old, new, self._languages)
        pairs, removed, added = matching.paired(old.children(), new.children())
        self._removed += removed
        self._added += added
        position = {id(node): at for at, node in enumerate(new.node.children)}
        for pair in sorted(pairs, key=lambda pair: position[id(pair[1].node)]):
            self.compare(*pair)

    def finish(self) -> None:
        """What is left over in its parent may be somewhere else."""
        removed, added = self._removed, self._added
        moved = matching.moved(removed, added)
        self._removed = [each for each in removed if not any(each is old for old, _ in moved)]
        self._added = [each for each in added if not any(each is new for _, new in moved)]
        for old, new in moved:
            self.changes.append(_at(new, "node-moved", old.flat_path, new.flat_path))
            self.compare(replace(old, relative=""), replace(new, relative=""))
        self.changes += [_at(each, _by_need(each, "removed")) for each in self._removed]
        self.changes += [_at(each, _by_need(each, "added")) for each in self._added]


def _at(placed: Placed, kind: str, before: Value = None, after: Value = None) -> Change:
    return Change(kind, placed.flat_path, placed.node.aql_path, before, after)


def _by_need(placed: Placed, what: str) -> str:
    return f"required-node-{what}" if placed.node.min > 0 else f"node-{what}"


def _of_node(old: Placed, new: Placed, languages: Collection[str]) -> Iterator[Change]:
    one, other = old.node, new.node
    for kind, before, after in (
        ("node-renamed", one.id, other.id),
        ("path-changed", old.relative, new.relative),
        ("type-changed", one.rm_type, other.rm_type),
        ("dependency-changed", _joined(one.depends_on), _joined(other.depends_on)),
        ("context-changed", one.in_context, other.in_context),
    ):
        if before != after:
            yield _at(new, kind, before, after)
    yield from _of_occurrences(new, one, other)
    yield from _of_cardinalities(new, one, other)
    yield from _of_proportions(new, one, other)
    yield from _of_texts(new, one, other, languages)
    yield from _of_bindings(new, one, other)
    for each in changes_of_inputs(one.inputs, other.inputs, languages):
        flat_path = f"{new.flat_path}|{each.suffix}" if each.suffix else new.flat_path
        yield Change(each.kind, flat_path, other.aql_path, each.before, each.after, each.about, each.language)


def _joined(names: Iterable[str]) -> str | None:
    return " ".join(sorted(names)) or None


def _of_occurrences(at: Placed, old: Node, new: Node) -> Iterator[Change]:
    if (old.min == 0) != (new.min == 0):
        yield _at(at, "required-added" if new.min else "required-removed", old.min, new.min)
    elif way := way_of_lower(old.min, new.min):
        yield _at(at, f"occurrences-{way}", old.min, new.min)
    if way := way_of_upper(_without_end(old.max), _without_end(new.max)):
        yield _at(at, f"occurrences-{way}", old.max, new.max)


def _without_end(maximum: int) -> int | None:
    return None if maximum == UNBOUNDED else maximum


def _of_cardinalities(at: Placed, old: Node, new: Node) -> Iterator[Change]:
    """Of containers in their order: the ids of what counts change with every child."""
    for was, now in zip_longest(old.cardinalities, new.cardinalities, fillvalue=Cardinality(None, None)):
        if way := way_of_lower(was.min or None, now.min or None):
            yield _at(at, f"cardinality-{way}", was.min, now.min)
        if way := way_of_upper(_end(was.max), _end(now.max)):
            yield _at(at, f"cardinality-{way}", was.max, now.max)


def _end(maximum: int | None) -> int | None:
    return None if maximum is None else _without_end(maximum)


def _of_proportions(at: Placed, old: Node, new: Node) -> Iterator[Change]:
    """Without any, all types of proportions are allowed."""
    was, now = (set(node.proportion_types) or _ALL_PROPORTIONS for node in (old, new))
    if gone := was - now:
        yield _at(at, "proportion-types-removed", _joined(gone), None)
    if come := now - was:
        yield _at(at, "proportion-types-added", None, _joined(come))


def _of_texts(at: Placed, old: Node, new: Node, languages: Collection[str]) -> Iterator[Change]:
    names = [*differing_texts(old.localized_names, new.localized_names, languages)]
    if not names and (old.name, old.localized_name) != (new.name, new.localized_name):
        yield _at(at, "label-changed", old.localized_name or old.name, new.localized_name or new.name)
    descriptions = differing_texts(old.localized_descriptions, new.localized_descriptions, languages)
    for kind, texts in (("label-changed", names), ("description-changed", descriptions)):
        for language, before, after in texts:
            yield replace(_at(at, kind, before, after), language=language)
    keys = sorted(old.annotations.keys() | new.annotations.keys())
    for key, was, now in ((key, old.annotations.get(key), new.annotations.get(key)) for key in keys):
        if was != now:
            yield replace(_at(at, "annotation-changed", was, now), about=key)


def _of_bindings(at: Placed, old: Node, new: Node) -> Iterator[Change]:
    for terminology in sorted(old.term_bindings.keys() | new.term_bindings.keys()):
        was, now = (node.term_bindings.get(terminology) for node in (old, new))
        if was != now:
            before, after = (f"{each.terminology_id}::{each.value}" if each else None for each in (was, now))
            yield replace(_at(at, "binding-changed", before, after), about=terminology)
