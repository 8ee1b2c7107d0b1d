"""Entries as the tables of what is recorded hold them, as values of the library."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg
from openward_openehr.recorded.model import Code, Entry, Value
from pydantic_core import from_json

#: A page and the entry that tells of another, each with ten values or so: more would keep others waiting.
ENTRIES_AT_ONCE: Final = 51


def entry_of(row: asyncpg.Record) -> Entry:
    """From the columns of `recorded_entry`."""
    return Entry(
        row["position"],
        row["rm_type"],
        row["archetype_id"],
        row["name"],
        row["path"],
        tuple(map(_value, from_json(row["values"]))),
        row["at"],
        tuple(row["sections"]),
    )


def _value(given: Mapping[str, Any]) -> Value:
    time, normal, flavour = given["time"], given["range"], given["null_flavour"]
    return Value(
        given["node"],
        given["path"],
        tuple(given["names"]),
        given["rm_type"],
        given["text"],
        datetime.fromisoformat(time) if time else None,
        given["magnitude"],
        given["units"],
        tuple(map(_code, given["codes"])),
        (normal[0], normal[1]) if normal else None,
        given["status"],
        _code(flavour) if flavour else None,
        given["content"],
        given.get("cut", 0),
    )


def _code(given: Mapping[str, str | None]) -> Code:
    return Code(given["terminology"] or "", given["code"] or "", given["text"])
