"""Queries that EHRbase keeps under a name and versions (ITS-REST, Definition API)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from openward_servicekit.errors import UpstreamBroken

from clinical.domain.operations import OPENEHR
from clinical.domain.refusals import ResourceNotFound

_FULL: Final = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
#: What EHRbase takes for the version that nobody has named.
LATEST: Final = "LATEST"


@dataclass(frozen=True)
class StoredQuery:
    """`name` is the qualified one: `org.example::name`; `told`: all that EHRbase says of it."""

    name: str
    version: str
    q: str
    told: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, definition: Any) -> "StoredQuery":
        try:
            name, version, q = (str(definition[member]) for member in ("name", "version", "q"))
            return cls(name, version, q, definition)
        except (KeyError, TypeError):
            raise UpstreamBroken("EHRbase did not say what the stored query is.") from None


def is_final(version: str) -> bool:
    """Whether a query of this version never changes; a pre-release may, and a part of a version moves on."""
    return _FULL.fullmatch(version) is not None


def definition_path(name: str | None = None, version: str | None = None) -> str:
    """Below EHRbase's `/rest`. Raises ResourceNotFound: what cannot be named cannot be there."""
    segments = [check_segment(segment) for segment in (name, version) if segment is not None]
    return "/".join((f"{OPENEHR}/definition/query", *(quote(segment, safe="") for segment in segments)))


def check_segment(text: str) -> str:
    """A name or a version as it can stand in a path. Raises ResourceNotFound."""
    if text in {"", ".", ".."} or "\0" in text:
        raise ResourceNotFound
    return text


def entries(listed: Any) -> Iterator[dict[str, Any]]:
    """Of a list of stored queries: since 2.30 EHRbase answers an array, before it is in an object."""
    found = listed.get("versions") if isinstance(listed, dict) else listed
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise UpstreamBroken("EHRbase did not list its stored queries.")
    yield from found


def with_entries(listed: Any, kept: list[dict[str, Any]]) -> Any:
    """The list in the same form, of these only."""
    return listed | {"versions": kept} if isinstance(listed, dict) else kept
