"""An example in FLAT and STRUCTURED form. Source: openEHR ITS-REST, Simplified Formats; EHRbase 2.16."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from openward_openehr.examples import flat_ids
from openward_openehr.examples.instances import Instance

Json = dict[str, Any]


def flat(composition: Instance) -> Json:
    return dict(_paths(composition, composition.node.id))


def _paths(of: Instance, path: str) -> Iterator[tuple[str, Any]]:
    for suffix, value in _suffixes(of):
        yield f"{path}{suffix}", value
    if of.value is None and not of.children:
        # Nothing but its name says that it is there.
        yield f"{path}/_name|value", of.node.name
    names = flat_ids.ids(of.node)
    for child in of.children:
        index = f":{child.index}" if child.node.repeats else ""
        yield from _paths(child, f"{path}/{names.get(id(child.node), child.node.id)}{index}")


def _suffixes(leaf: Instance) -> Iterator[tuple[str, Any]]:
    value = leaf.value
    if isinstance(value, str):
        yield "", value
    elif value is not None and leaf.rm_type == "DV_CODED_TEXT" and value["_type"] == "DV_TEXT":
        yield "|other", value["value"]
    elif value is not None and leaf.rm_type == "DV_ORDINAL" and _has_list(leaf):
        # The list tells the rest; EHRbase 2.16 refuses it beside the code in STRUCTURED.
        yield "|code", value["symbol"]["defining_code"]["code_string"]
    elif value is not None:
        yield from suffixes(value)


def _has_list(leaf: Instance) -> bool:
    return any(each.choices for each in leaf.node.inputs)


def suffixes(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Of a value in canonical JSON: what comes after its path, and what stands there."""
    write = _WRITERS.get(value["_type"])
    return write(value) if write else [("", value["value"])]


def _coded_text(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("|value", value["value"]), *_code_phrase(value["defining_code"])]


def _code_phrase(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("|code", value["code_string"]), ("|terminology", value["terminology_id"]["value"])]


def _ordinal(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    symbol = value["symbol"]
    return [
        ("|code", symbol["defining_code"]["code_string"]),
        ("|value", symbol["value"]),
        ("|ordinal", value["value"]),
    ]


def _multimedia(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    media_type = value["media_type"]["code_string"]
    return [("", value["uri"]["value"]), ("|mediatype", media_type), ("|size", value["size"])]


def _interval(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    bounds = [name for name in ("lower", "upper") if name in value]
    given = [(f"/{name}{suffix}", each) for name in bounds for suffix, each in suffixes(value[name])]
    included = [(f"|{name}_included", value[f"{name}_included"]) for name in ("lower", "upper")]
    open_ends = [(f"|{name}_unbounded", True) for name in ("lower", "upper") if name not in value]
    return [*given, *included, *open_ends]


def _related(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    relationship = [(f"/relationship{suffix}", each) for suffix, each in suffixes(value["relationship"])]
    return [("|name", value["name"]), *relationship]


def _instruction_details(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    reference = value["instruction_id"]
    return [
        ("|composition_uid", reference["id"]["value"]),
        ("|path", reference["path"]),
        ("|activity_id", value["activity_id"]),
    ]


def _fields(*names: tuple[str, str]) -> Callable[[Mapping[str, Any]], list[tuple[str, Any]]]:
    return lambda value: [(suffix, value[name]) for suffix, name in names if name in value]


_WRITERS: Final[dict[str, Callable[[Mapping[str, Any]], list[tuple[str, Any]]]]] = {
    "DV_CODED_TEXT": _coded_text,
    "CODE_PHRASE": _code_phrase,
    "DV_QUANTITY": _fields(("|magnitude", "magnitude"), ("|unit", "units")),
    "DV_COUNT": _fields(("", "magnitude")),
    "DV_PROPORTION": _fields(("|numerator", "numerator"), ("|denominator", "denominator"), ("|type", "type")),
    "DV_ORDINAL": _ordinal,
    "DV_IDENTIFIER": _fields(
        ("|id", "id"), ("|type", "type"), ("|issuer", "issuer"), ("|assigner", "assigner")
    ),
    "DV_MULTIMEDIA": _multimedia,
    "DV_PARSABLE": _fields(("", "value"), ("|formalism", "formalism")),
    "DV_INTERVAL": _interval,
    "INSTRUCTION_DETAILS": _instruction_details,
    "PARTY_IDENTIFIED": _fields(("|name", "name")),
    "PARTY_RELATED": _related,
    "PARTY_SELF": _fields(),
}
