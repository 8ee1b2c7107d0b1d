"""What a reader of a timeline may ask for, as they write it."""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from openward_servicekit.errors import FieldError, Invalid

from clinical.domain.timeline import Node

Read = TypeVar("Read")

_MOST_WORDS: Final = 20
#: ARCHETYPE_HRID, with a namespace or without, its version left out or not (openEHR AM 2, identifiers).
_ARCHETYPE: Final = r"(?:[A-Za-z][A-Za-z0-9.-]*::)?[A-Za-z]\w*-[A-Za-z]\w*-[A-Za-z]\w*\.[A-Za-z][\w-]*"
_VERSION: Final = r"\.v\d[\w.+-]*"
_ARCHETYPE_ID: Final = re.compile(rf"{_ARCHETYPE}(?:{_VERSION})?", re.ASCII)
_NODE: Final = re.compile(rf"({_ARCHETYPE}{_VERSION})((?:/\w+(?:\[[\w.:-]+\])?)+)", re.ASCII)
_CONCEPT: Final = re.compile(r"([^\s():]+)(?:\([^()]*\))?::(\S+)")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class FilterMalformed(Invalid):
    """Nothing that can be recorded is called so. `path`: the parameter; `code`: `<parameter>-malformed`."""

    slug = "filter-malformed"

    def __init__(self, path: str, expected: str) -> None:
        name = path.replace("_", "-")
        super().__init__(expected, errors=(FieldError(f"{name}-malformed", expected, path=path),))


def archetypes(texts: Sequence[str]) -> tuple[str, ...]:
    """Raises FilterMalformed, as those below do."""
    expected = "An archetype id, `openEHR-EHR-OBSERVATION.pulse.v2`, or without its version for all of them."
    return _each(texts, "archetype", expected, lambda text: text if _ARCHETYPE_ID.fullmatch(text) else None)


def concepts(texts: Sequence[str]) -> tuple[str, ...]:
    """The version of a terminology is left out, as it is where codes are kept."""

    def read(text: str) -> str | None:
        found = _CONCEPT.fullmatch(text)
        return f"{found[1]}::{found[2]}" if found and not _UNPRINTABLE.search(text) else None

    return _each(texts, "concept", "A code with its terminology: `SNOMED-CT::38341003`.", read)


def nodes(texts: Sequence[str]) -> tuple[Node, ...]:
    """A path that ends at an element is that of its value."""

    def read(text: str) -> Node | None:
        found = _NODE.fullmatch(text)
        return Node(found[1], found[2] + ("/value" if text.endswith("]") else "")) if found else None

    return _each(texts, "node", "An archetype id and a path by node ids, as `node` of a value has it.", read)


def authors(texts: Sequence[str]) -> tuple[str, ...]:
    expected = "The subject of a token: at least one character, and printable ones."
    return _each(texts, "author", expected, lambda text: text if _is_printable(text) else None)


def words(text: str | None) -> tuple[str, ...]:
    """In lower case; all of them are looked for."""
    if text is None:
        return ()
    found = tuple(dict.fromkeys(text.lower().split()))
    if not 0 < len(found) <= _MOST_WORDS or not all(map(_is_printable, found)):
        raise FilterMalformed("text", f"One to {_MOST_WORDS} words of printable characters.")
    return found


def _each(
    texts: Sequence[str], path: str, expected: str, read: Callable[[str], Read | None]
) -> tuple[Read, ...]:
    found = []
    for text in texts:
        if (each := read(text)) is None:
            raise FilterMalformed(path, expected)
        found.append(each)
    return tuple(dict.fromkeys(found))


def _is_printable(text: str) -> bool:
    return bool(text) and not _UNPRINTABLE.search(text)
