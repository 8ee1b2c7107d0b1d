"""A composition in canonical JSON, read into what it says."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from openward_openehr.recorded.data_values import code_of, said
from openward_openehr.recorded.model import Entry, Recorded, Value
from openward_openehr.recorded.numbers import moment
from openward_openehr.recorded.predicates import name_of, node_id, predicates
from openward_openehr.recorded.structures import Place, values_of

Json = Mapping[str, Any]
_CATEGORIES: Final = {"431": "persistent", "433": "event", "451": "episodic"}
_CONTEXT: Final = "EVENT_CONTEXT"


def read(composition: Json) -> Recorded:
    """Of a COMPOSITION as EHRbase gives it; whatever is in it, nothing is raised, however deep it is."""
    context = _part(composition, "context")
    details = _part(composition, "archetype_details")
    return Recorded(
        template_id=said(details.get("template_id"), "value") or None,
        archetype_id=_archetype_id(composition),
        name=name_of(composition),
        language=said(composition.get("language"), "code_string"),
        category=_category(_part(composition, "category")),
        composer=said(composition.get("composer"), "name") or None,
        entries=tuple(_entries(composition, context)),
        started_at=moment(said(context.get("start_time"), "value")),
        ended_at=moment(said(context.get("end_time"), "value")),
    )


def _entries(composition: Json, context: Json) -> Iterator[Entry]:
    position = 0
    if context.get("other_context") is not None:
        yield _context(composition, context)
        position = 1
    waiting = _content(composition.get("content"), "/content", ())[::-1]
    while waiting:
        item, path, sections = waiting.pop()
        if _is_section(item):
            waiting.extend(_content(item.get("items"), f"{path}/items", (*sections, name_of(item)))[::-1])
        else:
            yield _entry(item, path, sections, position)
            position += 1


def _content(given: Any, attribute: str, sections: tuple[str, ...]) -> list[tuple[Any, str, tuple[str, ...]]]:
    items = [] if given is None else given if isinstance(given, list) else [given]
    return [
        (each, f"{attribute}{own}", sections) for each, (_, own) in zip(items, predicates(items), strict=True)
    ]


def _is_section(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    kind = item.get("_type")
    return kind == "SECTION" or (kind is None and "items" in item)


def _context(composition: Json, context: Json) -> Entry:
    """What is in it is of the composition's archetype."""
    values = values_of(Place({**context, "_type": _CONTEXT}, node="/context"))
    return Entry(0, _CONTEXT, _archetype_id(composition), "context", "/context", tuple(values))


def _entry(item: Any, path: str, sections: tuple[str, ...], position: int) -> Entry:
    archetype_id = _archetype_id(item)
    kind = said(item, "_type") or archetype_id.partition(".")[0].rpartition("-")[2]
    values = values_of(Place(item))
    return Entry(
        position,
        kind,
        archetype_id,
        name_of(item),
        path,
        tuple(values),
        _time(item, values) if kind in ("OBSERVATION", "ACTION") else None,
        sections,
    )


def _time(entry: Any, values: list[Value]) -> datetime | None:
    """Of its step, its latest event; of one without events the origin of its history."""
    own = moment(said(_part(entry, "time"), "value"))
    times = [each.time for each in values if each.time]
    return own or max(times, default=moment(said(_part(entry, "data").get("origin"), "value")))


def _archetype_id(item: Any) -> str:
    details = _part(item, "archetype_details")
    return said(details.get("archetype_id"), "value") or node_id(item)


def _category(category: Json) -> str:
    code = code_of(category.get("defining_code"))
    return _CATEGORIES.get(code.code if code else "", said(category, "value"))


def _part(item: Any, attribute: str) -> Json:
    found = item.get(attribute) if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}
