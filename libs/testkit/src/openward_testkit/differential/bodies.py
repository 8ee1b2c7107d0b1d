"""Bodies by name: what is written again and again, as each format has it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from openward_testkit.differential.asking import Ask

JSON: Final = "application/json"
XML: Final = "application/xml"
_NAME: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Bodies:
    """`named`: JSON as a value, XML as text. Names may have names of memory in braces."""

    named: Mapping[str, Any]

    def of(self, ask: Ask, memory: Mapping[str, str]) -> tuple[str | None, str]:
        """The text with names in it, and its media type; None for no body."""
        if ask.text is not None:
            return ask.text, XML if ask.text.lstrip().startswith("<") else JSON
        if ask.content is not None:
            return json.dumps(ask.content, ensure_ascii=False), JSON
        if not ask.body:
            return None, ""
        found = self.named[_NAME.sub(lambda name: memory[name[1]], ask.body)]
        if isinstance(found, str):
            return _replaced(found, ask.edit), XML
        return json.dumps(_edited(found, ask.edit), ensure_ascii=False), JSON


def _replaced(text: str, edits: Mapping[str, str]) -> str:
    for old, new in edits.items():
        assert old in text, f"{old!r} is not in the body"
        text = text.replace(old, new)
    return text


def _edited(document: Any, edits: Mapping[str, Any]) -> Any:
    document = json.loads(json.dumps(document))
    for pointer, value in edits.items():
        _edit(document, pointer, value)
    return document


def _edit(document: Any, pointer: str, value: Any) -> None:
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    place = document
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key: Any = int(last) if isinstance(place, list) else last
    if value is None:
        del place[key]
    else:
        place[key] = value
