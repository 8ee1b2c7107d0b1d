"""Identifiers and literals that are safe whatever labels a template has."""

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_NOT_IN_A_NAME: Final = re.compile(r"[^0-9A-Za-z]+")
#: Names of BaseModel, and built-in names that annotations within a class use.
_TAKEN: Final = frozenset(
    {"copy", "dict", "json", "schema", "validate", "construct", "fields", "from_orm", "parse_file"}
    | {"parse_obj", "parse_raw", "schema_json", "update_forward_refs", "bool", "float", "int", "list", "str"}
)


def words(text: str) -> list[str]:
    """Its words in ASCII: letters without accents and digits; nothing of other scripts."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return [word for word in _NOT_IN_A_NAME.split(plain) if word]


def class_name(text: str) -> str:
    """In PascalCase, and no keyword, as `None` would be; `Node` of what has no word."""
    name = "".join(word[:1].upper() + word[1:] for word in words(text)) or "Node"
    return f"Node{name}" if name[0].isdigit() or keyword.iskeyword(name) else name


def field_name(text: str) -> str:
    """In snake_case; no keyword, and no name that a Pydantic model has already."""
    name = "_".join(words(text)).lower() or "value"
    if name[0].isdigit() or name.startswith("model_"):
        name = f"field_{name}"
    return f"{name}_" if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in _TAKEN else name


class Names:
    """Gives each name once: a second one gets a number."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}

    def give(self, *wished: str) -> str:
        """The first that is free, else the last with a number. Case alone makes no difference."""
        found = next((name for name in wished if name.casefold() not in self._taken), None)
        number = 2
        while found is None:
            numbered = f"{wished[-1].rstrip('_')}_{number}"
            found = None if numbered.casefold() in self._taken else numbered
            number += 1
        self._taken.add(found.casefold())
        return found


def python_text(text: str) -> str:
    """A Python literal: everything that is not printable, quotes and backslashes are escaped."""
    return f'"{"".join(map(_python_character, text))}"'


def _python_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"


def typescript_text(text: str) -> str:
    """A TypeScript literal in ASCII."""
    return json.dumps(text)


def one_line(text: str) -> str:
    """For comments: on one line, nothing that is not printable, nothing that reorders what is read."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
