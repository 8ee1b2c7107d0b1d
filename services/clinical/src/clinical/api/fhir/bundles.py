"""Resources and bundles of them, as they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Response
from openward_servicekit.fhir.answering import NoBody, Wish, encoded, etag, resource_response
from openward_servicekit.fhir.moments import instant

from clinical.api.fhir.criteria import Criteria

Element = dict[str, Any]

#: Above it there is no total.
_COUNTED: Final = 500


@dataclass(frozen=True)
class Resource:
    """`version`: of what is kept; what is shown of it changes with its encounter and with merges, too."""

    body: Element
    version: int
    updated: datetime

    @cached_property
    def version_id(self) -> str:
        """Of what is shown: another whenever that is another."""
        return f"{self.version}-{sha256(encoded(self.body)).hexdigest()[:16]}"

    @property
    def element(self) -> Element:
        """With `id` and `meta` in their places."""
        meta = {"versionId": self.version_id, "lastUpdated": instant(self.updated)}
        told = {name: value for name, value in self.body.items() if name != "meta"}
        first = {name: told.pop(name) for name in ("resourceType", "id")}
        return first | {"meta": meta | self.body.get("meta", {})} | told


def one(resource: Resource, wish: Wish, if_none_match: str | None) -> Response:
    """304 if If-None-Match has its ETag."""
    updated = resource.updated.replace(microsecond=0)
    changed = format_datetime(updated, usegmt=True)
    headers = {"ETag": etag(resource.version_id), "Last-Modified": changed, "Cache-Control": "no-store"}
    if if_none_match and f'"{resource.version_id}"' in if_none_match:
        return NoBody(status_code=304, headers=headers)
    return resource_response(resource.element, wish, headers=headers)


def sought(size: int) -> int:
    """How many to look for to fill a page of that size, or to count."""
    return size or _COUNTED


def page(
    resources: Sequence[Resource], base: str, asked: Criteria, size: int, following: str | None
) -> Element:
    """A search set. `base`: the URL of the resource type; `self` holds what was used of the parameters.

    With a size of 0 the resources, `sought(0)` at most, are only counted (search.html#count).
    """
    used = [*asked.used, ("_count", str(size))]
    cursor = asked.given.get("_cursor")
    links = [("self", [*used, *([("_cursor", cursor)] if cursor else [])])]
    if following is not None and size:
        links.append(("next", [*used, ("_cursor", following)]))
    bundle: Element = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": name, "url": f"{base}?{urlencode(pairs)}"} for name, pairs in links],
    }
    if not cursor and following is None:
        bundle["total"] = len(resources)
    entries = [_entry(resource.element, base) for resource in resources[:size]]
    return bundle | ({"entry": entries} if entries else {})


def _entry(element: Element, base: str) -> Element:
    return {"fullUrl": f"{base}/{element['id']}", "resource": element, "search": {"mode": "match"}}
