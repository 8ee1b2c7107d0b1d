"""The boxes of a field: the inputs of the web template, and what FLAT needs beside them.

Source: openEHR Simplified Formats (attribute suffixes of the data types); Data Types of RM 1.0.4 for what is
mandatory in each.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from openward_openehr.form.model import Entry, Option
from openward_openehr.form.texts import Languages
from openward_openehr.web_template.model import Choice, Input, InputType, Node, Validation

#: Attributes that a value of the type may lack.
_OPTIONAL: Final[Mapping[str, frozenset[str | None]]] = {
    "DV_IDENTIFIER": frozenset({"type", "issuer", "assigner"}),
    "DV_DURATION": frozenset({"year", "month", "week", "day", "hour", "minute", "second"}),
    "PARTY_PROXY": frozenset({"id", "id_scheme", "id_namespace", "name"}),
}
_PROPORTIONS: Final = ("ratio", "unitary", "percent", "fraction", "integer_fraction")
#: What the denominator is by definition.
_DENOMINATORS: Final[Mapping[str, float]] = {"unitary": 1.0, "percent": 100.0}
#: For types that a web template says nothing more of.
_UNSAID: Final[Mapping[str, tuple[tuple[str | None, InputType], ...]]] = {
    "CODE_PHRASE": (("code", "TEXT"), ("terminology", "TEXT")),
    "DV_TEXT": ((None, "TEXT"),),
    "DV_CODED_TEXT": (("code", "TEXT"), ("value", "TEXT")),
    "DV_STATE": (("code", "TEXT"), ("value", "TEXT")),
    "DV_QUANTITY": (("magnitude", "DECIMAL"), ("unit", "TEXT")),
    "DV_COUNT": ((None, "INTEGER"),),
    "DV_ORDINAL": ((None, "CODED_TEXT"),),
    "DV_PROPORTION": (("numerator", "DECIMAL"), ("denominator", "DECIMAL")),
    "DV_DURATION": ((None, "DURATION"),),
    "DV_DATE": ((None, "DATE"),),
    "DV_TIME": ((None, "TIME"),),
    "DV_DATE_TIME": ((None, "DATETIME"),),
    "DV_BOOLEAN": ((None, "BOOLEAN"),),
    "DV_URI": ((None, "TEXT"),),
    "DV_EHR_URI": ((None, "TEXT"),),
    "DV_IDENTIFIER": (("id", "TEXT"), ("type", "TEXT"), ("issuer", "TEXT"), ("assigner", "TEXT")),
    "DV_MULTIMEDIA": ((None, "TEXT"),),
    "DV_PARSABLE": (("value", "TEXT"), ("formalism", "TEXT")),
}


def entries_of(node: Node, rm_type: str, path: str, languages: Languages) -> tuple[Entry, ...]:
    """`path` is the indexed one of the field."""
    inputs = node.inputs or tuple(Input(kind, suffix) for suffix, kind in _UNSAID.get(rm_type, ()))
    optional = _OPTIONAL.get(rm_type, frozenset())
    entries = tuple(
        replace(_entry(each, path, languages), required=each.suffix not in optional) for each in inputs
    )
    return _BESIDE.get(rm_type, _nothing_beside)(node, entries, path, languages)


def _entry(each: Input, path: str, languages: Languages) -> Entry:
    limits = each.validation or Validation()
    return Entry(
        path=_suffixed(path, each.suffix),
        type=each.type,
        suffix=each.suffix,
        options=tuple(_option(choice, languages) for choice in each.choices),
        open=bool(each.list_open),
        terminology=each.terminology,
        range=limits.range,
        precision=limits.precision,
        pattern=limits.pattern,
        default=each.default_value,
    )


def _option(choice: Choice, languages: Languages) -> Option:
    limits = choice.validation or Validation()
    return Option(
        value=choice.value,
        labels=languages.labels(choice),
        help=languages.help(choice),
        ordinal=choice.ordinal,
        range=limits.range,
        precision=limits.precision,
        states=choice.current_states,
    )


def _suffixed(path: str, suffix: str | None) -> str:
    return f"{path}|{suffix}" if suffix else path


def _nothing_beside(
    _node: Node, entries: tuple[Entry, ...], _path: str, _languages: Languages
) -> tuple[Entry, ...]:
    return entries


def _coded(_node: Node, entries: tuple[Entry, ...], path: str, _languages: Languages) -> tuple[Entry, ...]:
    """The text comes with a listed code; the terminology is asked for where the template names none."""
    listed = any(each.options for each in entries)
    told = tuple(_coded_entry(each, listed=listed) for each in entries)
    if listed or any(each.terminology for each in entries):
        return told
    return (*told, Entry(f"{path}|terminology", "TEXT", "terminology"))


def _coded_entry(each: Entry, *, listed: bool) -> Entry:
    if each.suffix == "other":
        return replace(each, required=False, instead_of="code")
    return replace(each, required=not (listed and each.suffix == "value"))


def _ordinal(_node: Node, entries: tuple[Entry, ...], path: str, _languages: Languages) -> tuple[Entry, ...]:
    """By its code: EHRbase and Better take it with the suffix, which web templates do not show."""
    told = tuple(replace(each, path=f"{path}|code", suffix="code") for each in entries)
    if any(each.options for each in told):
        return told
    return (*told, Entry(f"{path}|ordinal", "INTEGER", "ordinal"), Entry(f"{path}|value", "TEXT", "value"))


def _proportion(node: Node, entries: tuple[Entry, ...], path: str, languages: Languages) -> tuple[Entry, ...]:
    allowed = node.proportion_types or _PROPORTIONS
    denominator = _DENOMINATORS.get(allowed[0]) if len(allowed) == 1 else None
    told = (replace(each, fixed=denominator) if each.suffix == "denominator" else each for each in entries)
    kinds = tuple(
        Option(str(_PROPORTIONS.index(kind)), dict.fromkeys(languages.tags, kind.replace("_", " ")))
        for kind in allowed
    )
    fixed = _PROPORTIONS.index(allowed[0]) if len(allowed) == 1 else None
    return (*told, Entry(f"{path}|type", "INTEGER", "type", options=kinds, fixed=fixed))


def _multimedia(
    _node: Node, entries: tuple[Entry, ...], path: str, _languages: Languages
) -> tuple[Entry, ...]:
    """By the address of its content (`url`), or with the content itself in base64 (`data`)."""
    address = tuple(replace(each, path=f"{path}|url", suffix="url") for each in entries)
    return (*address, *_multimedia_entries(path))


def _multimedia_entries(path: str) -> Iterator[Entry]:
    yield Entry(f"{path}|mediatype", "TEXT", "mediatype", terminology="IANA_media-types")
    yield Entry(f"{path}|size", "INTEGER", "size")
    yield Entry(f"{path}|alternatetext", "TEXT", "alternatetext", required=False)
    yield Entry(f"{path}|data", "TEXT", "data", required=False, instead_of="url")


_BESIDE: Final[Mapping[str, Callable[[Node, tuple[Entry, ...], str, Languages], tuple[Entry, ...]]]] = {
    "DV_CODED_TEXT": _coded,
    "DV_STATE": _coded,
    "DV_ORDINAL": _ordinal,
    "DV_SCALE": _ordinal,
    "DV_PROPORTION": _proportion,
    "DV_MULTIMEDIA": _multimedia,
}


def interval_entries(path: str) -> tuple[Entry, ...]:
    """Whether the bounds belong to the interval."""
    return tuple(
        Entry(f"{path}|{suffix}", "BOOLEAN", suffix, required=False, default=True)
        for suffix in ("lower_included", "upper_included")
    )
