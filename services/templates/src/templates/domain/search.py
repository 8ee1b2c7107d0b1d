"""What templates are found by: words of each, and questions about them."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from openward_openehr.web_template.model import Node, WebTemplate

#: Of the words below; those of another are made again.
EDITION: Final = 1
#: Characters of a word that are looked at, and words of a question.
_LONGEST: Final = 200
_MOST: Final = 8


class Kind(StrEnum):
    """`name` is the template's id, `label` what a node is called in any language."""

    NAME = "name"
    CONCEPT = "concept"
    ARCHETYPE = "archetype"
    LANGUAGE = "language"
    LABEL = "label"


@dataclass(frozen=True)
class Wanted:
    """A part of a word, of any kind if `kind` is None; a language is wanted whole. As `comparable` has it."""

    kind: Kind | None
    part: str


@dataclass(frozen=True)
class Question:
    """Of a template that is found, each of `wanted` is part of some word."""

    wanted: tuple[Wanted, ...]

    @classmethod
    def of(cls, text: str | None = None, **parts: str | None) -> "Question":
        """`text`: words that may be of any kind; `parts` by kind. What is blank does not count."""
        words = (Wanted(None, word) for word in comparable(text or "").split()[:_MOST])
        named = (Wanted(Kind(kind), comparable(part or "")) for kind, part in parts.items())
        return cls(tuple(each for each in (*words, *named) if each.part))


Words = frozenset[tuple[Kind, str]]


def words(name: str, concept: str, archetype_id: str, web_template: WebTemplate | None) -> Words:
    """By which a template is found; without a web template what its upload says."""
    found = {
        (Kind.NAME, comparable(name)),
        (Kind.CONCEPT, comparable(concept)),
        (Kind.ARCHETYPE, comparable(archetype_id)),
    }
    if web_template is not None:
        found.update((Kind.LANGUAGE, tag) for each in web_template.languages for tag in _ranges(each))
        found.update(word for node in web_template.tree.walk() for word in _of_node(node))
    return frozenset((kind, word) for kind, word in found if word)


def comparable(text: str) -> str:
    """The same for what readers take for the same: letters in either case, of any width; blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("\0", "").split())[:_LONGEST]


def _of_node(node: Node) -> Iterator[tuple[Kind, str]]:
    for label in {node.name, *node.localized_names.values()}:
        yield Kind.LABEL, comparable(label)
    if node.node_id and not node.node_id.startswith("at"):
        yield Kind.ARCHETYPE, comparable(node.node_id)


def _ranges(tag: str) -> Iterator[str]:
    """A language tag and those that it is a kind of: `en-GB` is `en` too (RFC 4647, section 3.3.1)."""
    subtags = comparable(tag).split("-")
    for count in range(1, len(subtags) + 1):
        yield "-".join(subtags[:count])
