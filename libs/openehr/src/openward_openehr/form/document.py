"""A form as JSON, in the camel case of web templates, without what is empty."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from openward_openehr.form.model import Form

Json = dict[str, Any]


def write(form: Form) -> Json:
    return _object(form)


def _object(value: Any) -> Json:
    named = ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value))
    return {_camel(name): _value(held) for name, held in named if not _says_nothing(name, held)}


def _value(held: object) -> object:
    if dataclasses.is_dataclass(held):
        return _object(held)
    if isinstance(held, tuple):
        return [_value(each) for each in held]
    return dict(held) if isinstance(held, Mapping) else held


def _says_nothing(name: str, held: object) -> bool:
    if name == "writable":
        return held is True
    return held is None or held in ((), {}) or (name == "open" and held is False)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)
