"""Which item tags a client may set and remove at a resource of EHRbase."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from openward_servicekit.errors import UpstreamBroken

from clinical.domain.belonging import is_reserved
from clinical.domain.openehr_errors import EncounterTagReserved
from clinical.domain.refusals import ResourceNotFound, spoken
from clinical.domain.upstream import Call, Upstream

#: Of the path of a composition's tags at EHRbase.
_OF_COMPOSITION = "/composition/"


async def check_tags(upstream: Upstream, method: str, path: str, tags: Sequence[Any]) -> None:
    """`path`: of the resource's tags at EHRbase.

    EHRbase finds the tag to change by its id alone, wherever it is, and brings it here: so the right to one
    resource would move the tags of every other. Raises EncounterTagReserved, ResourceNotFound.
    """
    guarded = _OF_COMPOSITION in path
    if guarded and method == "PUT" and any(map(is_reserved, tags)):
        raise EncounterTagReserved
    named = list(_ids(tags))
    if not named:
        return
    there = {UUID(tag["id"]): tag for tag in await _there(upstream, path)}
    if guarded and any(is_reserved(there.get(tag_id)) for tag_id in named):
        raise EncounterTagReserved
    if method == "PUT" and (unknown := [str(tag_id) for tag_id in named if tag_id not in there]):
        words = f"ItemTag(s) with ID(s) [{', '.join(unknown)}] not found"
        raise ResourceNotFound("The resource has no such tag.", extensions=spoken(words))


def _ids(tags: Sequence[Any]) -> Iterator[UUID]:
    """Of those that are named; what is no id is left to EHRbase to refuse."""
    for tag in tags:
        named = tag.get("id") if isinstance(tag, dict) else tag
        try:
            yield UUID(named)
        except (ValueError, TypeError, AttributeError):
            continue


async def _there(upstream: Upstream, path: str) -> list[dict[str, Any]]:
    answer = await upstream.open(Call("GET", path, {}, {"Accept": "application/json"}))
    try:
        found: list[dict[str, Any]] = json.loads(await answer.read())
    except ValueError:
        raise UpstreamBroken("EHRbase did not say which tags there are.") from None
    return found
