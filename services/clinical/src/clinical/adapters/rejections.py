"""What EHRbase says of a composition that it refuses, as problems with a path and without the values in it.

EHRbase answers one string (`{"error", "message"}`): template violations joined as `path: message, path:
message`, simplified-format paths that nothing consumed as a list, everything else as one sentence. Its
messages quote what was sent, so only sentences known to be free of content are passed on.
"""

import re

from openward_servicekit.errors import FieldError

from clinical.domain.errors import CompositionRejected

_VIOLATION = re.compile(r"(?:^|, )(/\w[^:]*): (.*?)(?=, /\w|$)", re.DOTALL)
_UNCONSUMED = re.compile(r"Could not consume Parts? \[(.*)\]", re.DOTALL)
_MISSING = re.compile(r"missing mandatory attribute: ([\w.]+)")
_UNPARSED = re.compile(r"Text '.*' could not be parsed", re.DOTALL)

#: (what EHRbase says, stable code, what we say); groups are limits of the template, never what was sent.
_SENTENCES = (
    (
        re.compile(r"The value \S+ must be (at least .+|at most .+|less than .+|greater than .+)", re.DOTALL),
        "range",
    ),
    (re.compile(r'The value ".*?" must be (".+"|one of:.+)', re.DOTALL), "choice"),
    (re.compile(r"(Attribute \w+ of class \w+ does not match existence \S+)"), "existence"),
    (re.compile(r".*(not in template)", re.DOTALL), "unknown-node"),
)


def rejection(message: str) -> CompositionRejected:
    """The problem to answer for a 400 or 422 of EHRbase."""
    errors = _unconsumed(message) or _violations(message) or _single(message)
    return CompositionRejected("The composition does not fit its template.", errors)


def _unconsumed(message: str) -> tuple[FieldError, ...]:
    match = _UNCONSUMED.search(message)
    paths = match.group(1).split(", ") if match else []
    return tuple(FieldError(path=p, code="unknown-path", detail="not a path of the template") for p in paths)


def _violations(message: str) -> tuple[FieldError, ...]:
    found = (_violation(path, text) for path, text in _VIOLATION.findall(message))
    return tuple(dict.fromkeys(found))  # EHRbase says some of them twice


def _violation(path: str, text: str) -> FieldError:
    for pattern, code in _SENTENCES:
        if match := pattern.match(text):
            return FieldError(path=path, code=code, detail=" ".join(match.group(1).split()))
    return FieldError(path=path, code="template", detail="does not fit the template")


def _single(message: str) -> tuple[FieldError, ...]:
    if match := _MISSING.search(message):
        return (FieldError(path=f"/{match.group(1)}", code="required", detail="is missing"),)
    if _UNPARSED.search(message):
        return (FieldError(path="", code="date-time", detail="a date or time cannot be read"),)
    return ()
