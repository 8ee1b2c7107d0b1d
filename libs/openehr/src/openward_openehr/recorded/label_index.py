"""The nodes of a web template by where their values are, for labels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from openward_openehr.recorded.model import Entry
from openward_openehr.web_template.model import Choice, Node, WebTemplate

_STEP: Final = re.compile(r"/([^/\[]+)(?:\[((?:'(?:[^'\\]|\\.)*'|[^\]'])*)\])?")
_ID: Final = re.compile(r"(?!\s*name/value)[^\s,]+")
_NAME: Final = re.compile(r"(?:and name/value\s*=|,)\s*'((?:[^'\\]|\\.)*)'")
_LEVEL: Final = re.compile(r"/(?:events|items|item|rows|activities)\[[^\]]*\]")
#: How archetype editors mark what nobody translated yet.
_UNTRANSLATED: Final = re.compile(r"\*.*\([\w-]+\)\s*", re.DOTALL)
_CONTEXT: Final = "EVENT_CONTEXT"
_ENTRIES: Final = frozenset(
    {"OBSERVATION", "EVALUATION", "INSTRUCTION", "ACTION", "ADMIN_ENTRY", "GENERIC_ENTRY", _CONTEXT}
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """`labels` by language; `names`: whatever it may be called without being renamed."""

    own: str
    labels: Mapping[str, str]
    names: frozenset[str]


@dataclass(slots=True)
class Spot:
    """Where values are: the labels of what they may be, by code and by unit."""

    choices: dict[str, Labelled] = field(default_factory=dict)
    units: dict[str, Labelled] = field(default_factory=dict)


@dataclass(slots=True)
class EntryIndex:
    """Of one entry; `nodes` and `spots` by path from it (`Value.node`), those without `/value`."""

    labelled: Labelled
    nodes: dict[str, list[Labelled]] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)

    def at(self, path: str, name: str) -> Labelled | None:
        """Of several with one node id that which may have this name."""
        found = self.nodes.get(path, ())
        return next((each for each in found if name in each.names), found[0] if found else None)


@dataclass(frozen=True, slots=True)
class Index:
    """`sections` by any of their names."""

    root: Labelled
    sections: Mapping[str, Labelled]
    entries: Mapping[tuple[bool, str], list[EntryIndex]]

    @classmethod
    def of(cls, template: WebTemplate) -> Self:
        tree = template.tree
        sections: dict[str, Labelled] = {}
        entries: dict[tuple[bool, str], list[EntryIndex]] = {}
        for node in tree.walk():
            if node.rm_type == "SECTION":
                labelled = _labelled(node)
                sections |= dict.fromkeys(labelled.names, labelled)
            elif node.rm_type in _ENTRIES:
                labelled = _labelled(node)
                is_context = node.rm_type == _CONTEXT
                archetype_id = (tree if is_context else node).node_id or ""
                prefix = "" if is_context else _without_names(node.aql_path)
                index = _entry(node, labelled, prefix)
                entries.setdefault((is_context, archetype_id), []).append(index)
        return cls(_labelled(tree), sections, entries)

    def entry(self, entry: Entry) -> EntryIndex | None:
        """Of several of one archetype that which may have this name."""
        found = self.entries.get((entry.rm_type == _CONTEXT, entry.archetype_id))
        if not found:
            return None
        return next((each for each in found if entry.name in each.labelled.names), found[0])


@lru_cache(maxsize=10_000)
def levels(node: str) -> tuple[str, ...]:
    """Of a `Value.node` the paths to what has a name of its own, the outer first."""
    return tuple(node[: match.end()] for match in _LEVEL.finditer(node))


def _entry(node: Node, labelled: Labelled, prefix: str) -> EntryIndex:
    index = EntryIndex(labelled)
    for each in node.walk():
        path = _without_names(each.aql_path).removeprefix(prefix)
        index.nodes.setdefault(path.removesuffix("/value"), []).append(_labelled(each))
        for given in each.inputs:
            spot = index.spots.setdefault(path, Spot())
            choices = spot.units if given.suffix == "unit" else spot.choices
            for choice in given.choices:
                choices.setdefault(choice.value, _chosen(choice))
    return index


def _labelled(node: Node) -> Labelled:
    labels = {tag: name for tag, name in node.localized_names.items() if _is_translated(name)}
    names = {node.name, *node.localized_names.values(), *_names_asked_for(node.aql_path)}
    return Labelled(node.name, labels, frozenset(names))


def _chosen(choice: Choice) -> Labelled:
    labels = {tag: name for tag, name in choice.localized_labels.items() if _is_translated(name)}
    return Labelled(choice.label, labels, frozenset())


def _is_translated(name: str) -> bool:
    return bool(name) and not _UNTRANSLATED.fullmatch(name)


def _names_asked_for(path: str) -> Iterator[str]:
    """That in the predicate of the last step, before `/value`."""
    steps = _STEP.findall(path.strip().removesuffix("/value"))
    if steps and (found := _NAME.search(steps[-1][1])):
        yield re.sub(r"\\(.)", r"\1", found[1])


def _without_names(path: str) -> str:
    return "".join(
        f"/{attribute}[{found[0]}]" if (found := _ID.match(predicate)) else f"/{attribute}"
        for attribute, predicate in _STEP.findall(path.strip())
    )
