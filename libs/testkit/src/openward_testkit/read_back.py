"""A composition as it was written, beside what EHRbase gives back of it.

EHRbase 2.16 gives it an id, writes out what a template's lists tell of a code, leaves out what is
the default, and orders the events of a history by their nodes. All else has to be the same.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from openward_openehr.examples import Format
from openward_openehr.simplified import to_flat

Json = Mapping[str, Any]


def unlike(written: Json, read: Json, format_: Format) -> list[str]:
    """Paths with another value, or none, in one of the two; empty where they say the same."""
    if format_ == Format.CANONICAL:
        ours, theirs = dict(_leaves("", written)), dict(_leaves("", read))
        filled = {path for path in theirs.keys() - ours.keys() if _is_filled_in(path, ours)}
        dropped = {path for path in ours.keys() - theirs.keys() if path.endswith("/_type")}
    else:
        ours = dict(written) if format_ == Format.FLAT else to_flat(written)
        theirs = dict(read) if format_ == Format.FLAT else _without_value(to_flat(read), ours)
        filled = {path for path in theirs.keys() - ours.keys() if _is_told(path, ours)}
        dropped = {path for path in ours.keys() - theirs.keys() if _is_left_out(path, ours[path])}
    paths = (ours.keys() | theirs.keys()) - filled - dropped
    return sorted(path for path in paths if ours.get(path) != theirs.get(path))


def _without_value(read: Json, written: Json) -> dict[str, Any]:
    """In STRUCTURED a value with suffixes beside it is `|value`, that EHRbase then takes of few types."""
    bare = {path: path.removesuffix("|value") for path in read}
    return {bare[path] if bare[path] in written else path: value for path, value in read.items()}


def _is_told(path: str, written: Mapping[str, Any]) -> bool:
    """What follows from a code, a proportion's quotient, the context of a composition that has none."""
    place, _, suffix = path.partition("|")
    beneath = place.split("/")[1:]
    if beneath == ["_uid"] or beneath in (["start_time"], ["setting"]):
        return True
    if suffix == "other":
        return place in written
    if suffix in ("", "value") and f"{place}|numerator" in written:
        return True
    return suffix in ("value", "ordinal") and f"{place}|code" in written


def _is_left_out(path: str, value: object) -> bool:
    """Bounds that belong to their interval; the name of a structure that holds nothing."""
    return (path.endswith("_included") and value is True) or path.endswith("/_name|value")


def _is_filled_in(path: str, written: Mapping[str, Any]) -> bool:
    has_context = any(each.startswith("/context/") for each in written)
    return path.startswith("/uid/") or (path.startswith("/context/") and not has_context)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Everything that is no object and no list, by a path with the places of list members."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}/{name}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(sorted(value, key=_of_node) if path.endswith("/events") else value):
            yield from _leaves(f"{path}:{place}", inner)
    else:
        yield path, value


def _of_node(event: Json) -> str:
    return str(event["archetype_node_id"])
