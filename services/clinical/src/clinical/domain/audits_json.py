"""Audits in canonical JSON. Only what is asked for is made into objects: content is stepped over."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from clinical.domain.audits import EHR_STATUS, Audit, Author, Shown, replaced, spliced
from clinical.domain.xml_document import text_at

_STEPPING: Final = json.JSONDecoder(object_pairs_hook=lambda _: None)
_SPACE: Final = re.compile(r"\s*")
_CODE: Final = "defining_code/code_string"

#: Where the name of a member begins, where its value does, and where that ends.
_Member = tuple[int, int, int]


def read_json(text: str) -> Shown:
    """Raises ValueError: no JSON, or not of the form that it seems to have."""
    try:
        return _read(text)
    except (IndexError, KeyError, RecursionError, AttributeError):
        raise ValueError from None


def told_json(text: str, shown: Shown, authors: Mapping[str, Author]) -> str:
    """The document with the authors in their audits."""
    edits = []
    for span, _, name, value in replaced(shown.audits, authors):
        comma = "," if span[0] == span[1] else ""
        edits.append((span, f'{comma}"{name}":{json.dumps(value, ensure_ascii=False)}'))
    return spliced(text, edits)


def _read(text: str) -> Shown:
    start = _past(text, 0)
    if text[start] == "[":
        return _history(text, start)
    members = _members(text, start)
    if "commit_audit" in members:
        return _version(text, members)
    if "items" in members:
        return _history(text, members["items"][1])
    shown = Shown()
    if "audit" in members:
        types = {
            text_at(version, "id/value"): text_at(version, "type")
            for version in _value(text, members["versions"])
        }
        shown.statuses = {uid for uid, kind in types.items() if uid and kind == EHR_STATUS}
        shown.audits.append(_audit(text, members["audit"], shown, *types))
    elif "ehr_id" in members and (time := text_at(_value(text, members["time_created"]), "value")):
        shown.times.append(time)
    return shown


def _version(text: str, members: Mapping[str, _Member]) -> Shown:
    """ORIGINAL_VERSION; EHRbase 2.16 has the whole contribution in it, newer ones a reference."""
    shown = Shown(uid=text_at(_value(text, members["uid"]), "value"))
    audit = _audit(text, members["commit_audit"], shown, shown.uid)
    if "lifecycle_state" in members:
        begin, _, end = members["lifecycle_state"]
        audit.parts["lifecycle_state"] = begin, end
        code = text_at(_value(text, members["lifecycle_state"]), _CODE)
        audit.codes["lifecycle_state"] = code or ""
    shown.audits.append(audit)
    if "contribution" in members:
        inner = _members(text, members["contribution"][1])
        if "audit" in inner:
            shown.audits.append(_audit(text, inner["audit"], Shown(), shown.uid))
    return shown


def _history(text: str, start: int) -> Shown:
    """REVISION_HISTORY, or its items alone as EHRbase has it; of their audits the first is the commit's."""
    shown = Shown()
    for at in _elements(text, start):
        item = _members(text, at)
        uid = text_at(_value(text, item["version_id"]), "value")
        first = next(_elements(text, item["audits"][1]))
        shown.audits.append(_audit(text, (first, first, first), shown, uid))
    return shown


def _audit(text: str, member: _Member, shown: Shown, *versions: str | None) -> Audit:
    members = _members(text, member[1])
    if time := text_at(_value(text, members["time_committed"]), "value"):
        shown.times.append(time)
    code = text_at(_value(text, members["change_type"]), _CODE)
    parts = {name: (begin, end) for name, (begin, _, end) in members.items()}
    return Audit([uid for uid in versions if uid], parts, {"change_type": code or ""})


def _members(text: str, at: int) -> dict[str, _Member]:
    """Of the object that begins there; of two of one name the last."""
    if text[at] != "{":
        raise ValueError
    found = {}
    at = _past(text, at + 1)
    while text[at] != "}":
        name, end = _STEPPING.raw_decode(text, at)
        value = _past(text, _past(text, end) + 1)
        _, end = _STEPPING.raw_decode(text, value)
        found[name] = (at, value, end)
        at = _past(text, end)
        at = _past(text, at + 1) if text[at] == "," else at
    return found


def _elements(text: str, at: int) -> Iterator[int]:
    at = _past(text, at + 1)
    while text[at] != "]":
        yield at
        _, end = _STEPPING.raw_decode(text, at)
        at = _past(text, end)
        at = _past(text, at + 1) if text[at] == "," else at


def _value(text: str, member: _Member) -> Any:
    return json.loads(text[member[1] : member[2]])


def _past(text: str, at: int) -> int:
    """Where the space ends that begins there."""
    space = _SPACE.match(text, at)
    return space.end() if space else at
