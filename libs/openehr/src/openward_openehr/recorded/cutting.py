"""Compositions of which long strings were cut, because whole they are too much to be read.

In place of such a string stands an object that canonical JSON does not have; the composition says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from openward_openehr.recorded.model import Entry, Recorded, Value

_CUT: Final = "_cut"
_BEGINS: Final = "begins"
_MARK: Final = "…"

Json = Mapping[str, Any]


def cut(begins: str, length: int) -> Json:
    """What stands for a string of `length` bytes that begins like that."""
    return {_CUT: length, _BEGINS: begins}


def marked(composition: Json) -> Json:
    """One of which strings were cut: to be given to `shortened` once it is read."""
    return {**composition, _CUT: True}


def is_marked(composition: Json) -> bool:
    return _CUT in composition


def beginning(value: Any) -> str:
    """With `…` after it; empty of what does not stand for a string that was cut."""
    return f"{value[_BEGINS]}{_MARK}" if _is_cut(value) else ""


def shortened(recorded: Recorded) -> Recorded:
    """Values tell how much was cut from them, and their `content` is without it."""
    return replace(recorded, entries=tuple(map(_entry, recorded.entries)))


def _entry(entry: Entry) -> Entry:
    return replace(entry, values=tuple(map(_value, entry.values)))


def _value(value: Value) -> Value:
    lengths = tuple(_lengths(value.content))
    if not lengths:
        return value
    return replace(value, cut=sum(lengths), content=_without(value.content))


def _lengths(content: Any) -> Iterator[int]:
    """Of all in it."""
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if _is_cut(item):
            yield item[_CUT]
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _without(content: Any) -> Any:
    if _is_cut(content):
        return None
    if isinstance(content, dict):
        return {name: _without(each) for name, each in content.items() if not _is_cut(each)}
    if isinstance(content, list):
        return [_without(each) for each in content if not _is_cut(each)]
    return content


def _is_cut(item: Any) -> bool:
    return isinstance(item, dict) and _CUT in item and _BEGINS in item
