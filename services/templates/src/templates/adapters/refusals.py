"""Why EHRbase refuses a template, in its own words, without what those give away of the machine."""

import json
import re
from typing import Final

_NO_REASON: Final = "The clinical data repository refuses this template without a reason."
_LONGEST: Final = 300
_MISSING: Final = re.compile(r"Supplied template has nil or empty (\w+)")
#: Values quoted from the document, addresses, names of Java classes and what follows them.
_PRIVATE: Final = (
    (re.compile(r"(\bvalue):.*"), r"\1"),
    (re.compile(r"\"[^\"]*\"|'[^']*'"), "…"),
    (re.compile(r"\w+://\S+|\b[\w.-]+:\d{2,5}\b|\b\d{1,3}(?:\.\d{1,3}){3}\b"), "…"),
    (re.compile(r"(?:\b[a-z]\w*\.){2,}\w+\S*"), "…"),
    (re.compile(r"\b\w+(?:Exception|Error)\b:?"), ""),
)


def refusal(body: bytes) -> str:
    """One sentence from the answer to a refused template, whatever that looks like."""
    message = _message(body)
    if missing := _MISSING.search(message):
        return f"The template has no {missing[1]}."
    lines = message.strip().splitlines()
    reason = lines[0] if lines else ""
    for pattern, instead in _PRIVATE:
        reason = pattern.sub(instead, reason)
    reason = " ".join(reason.split())[:_LONGEST].strip(" .:")
    return f"The clinical data repository refuses it: {reason}." if reason.strip("… ") else _NO_REASON


def _message(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get("message") or "") if isinstance(answer, dict) else ""
