"""What a client says of its commit, beside the content: why, what kind of change, in what state, by whom.

ITS-REST takes it in headers, which EHRbase does not read: `openehr-audit-details` and `openehr-version`;
before 1.1 `openEHR-AUDIT_DETAILS` and `openEHR-VERSION`, also with the attribute in the name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from openward_servicekit.errors import Malformed

from clinical.domain.xml_document import text_at

_LONGEST: Final = 4096
_AUDIT: Final = ("openehr-audit-details", "openehr-audit_details")
_VERSION: Final = "openehr-version"
_PAIR: Final = re.compile(r'(?<![\w.])([A-Za-z_][\w.]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = re.compile(r"\\(.)")
#: What XML 1.0 cannot say.
_UNSAYABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: Codes of the openEHR terminology by group, with their rubrics.
CHANGE_TYPES: Final = {
    "249": "creation",
    "250": "amendment",
    "251": "modification",
    "252": "synthesis",
    "523": "deleted",
}
DELETED: Final = "523"
COMPLETE: Final = "532"
LIFECYCLE_STATES: Final = {
    DELETED: "deleted",
    COMPLETE: "complete",
    "553": "incomplete",
    "800": "inactive",
    "801": "abandoned",
}


@dataclass(frozen=True)
class Stated:
    """`committer` is whom the client named: kept, and never believed."""

    description: str | None = None
    change_type: str | None = None
    lifecycle_state: str | None = None
    committer: str | None = None


_stated: ContextVar[Stated | None] = ContextVar("clinical_stated", default=None)


def stated_now() -> Stated:
    """By the request that is served now."""
    return _stated.get() or Stated()


@contextmanager
def stating(stated: Stated) -> Iterator[None]:
    """Within the block, what is written is said to be this."""
    before = _stated.set(stated)
    try:
        yield
    finally:
        _stated.reset(before)


def read_headers(headers: Sequence[tuple[str, str]]) -> Stated:
    """Names in lower case, values as HTTP has them (ISO 8859-1). What is no pair or no known code is ignored.

    Raises Malformed: more than 4,096 characters.
    """
    said: dict[str, str] = {}
    for attribute, value in _pairs(headers):
        said.setdefault(attribute, value)
    named = [said[f"committer.{name}"] for name in ("external_ref.id", "name") if f"committer.{name}" in said]
    return Stated(
        said.get("description.value") or None,
        _known(said.get("change_type.code_string"), CHANGE_TYPES),
        _known(said.get("lifecycle_state.code_string"), LIFECYCLE_STATES),
        " ".join(named) or None,
    )


def read_claim(audit: Mapping[str, object]) -> Stated:
    """Whom an AUDIT_DETAILS in canonical JSON names; EHRbase keeps the rest of it."""
    named = [text_at(audit, f"committer/{path}") for path in ("external_ref/id/value", "name")]
    return Stated(committer=sayable(" ".join(filter(None, named)))[:_LONGEST] or None)


def _pairs(headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Attributes by their path below AUDIT_DETAILS or VERSION."""
    length = 0
    for name, value in headers:
        header, _, attribute = name.partition(".")
        if header not in (*_AUDIT, _VERSION):
            continue
        length += len(value)
        if length > _LONGEST:
            raise Malformed(f"{header}: more than {_LONGEST} characters.")
        for path, text in _PAIR.findall(_decoded(value)):
            yield ".".join(filter(None, (attribute, path))), sayable(_ESCAPED.sub(r"\1", text))


def _decoded(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def sayable(text: str) -> str:
    return _UNSAYABLE.sub("\ufffd", text)


def _known(code: str | None, codes: dict[str, str]) -> str | None:
    return code if code in codes else None
