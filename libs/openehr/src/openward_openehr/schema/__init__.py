"""What a composition of a template has to look like: JSON Schema 2020-12, Pydantic models, TypeScript types.

The formats are the simplified ones (openEHR ITS-REST, Simplified Formats). A schema takes what EHRbase takes
and refuses what it refuses, as far as JSON Schema can say it; `KNOWN_DIFFERENCES` tells what it cannot.
"""

from enum import StrEnum
from typing import Any

from openward_openehr.schema import flat, python_source, structured, typescript_source
from openward_openehr.schema.compiling import compiled
from openward_openehr.schema.differences import KNOWN_DIFFERENCES
from openward_openehr.web_template.model import WebTemplate


class Format(StrEnum):
    """`FLAT`: one object of paths; `STRUCTURED`: nested objects and lists."""

    FLAT = "FLAT"
    STRUCTURED = "STRUCTURED"


def json_schema(
    template: WebTemplate, form: Format = Format.STRUCTURED, language: str | None = None
) -> dict[str, Any]:
    """Of dialect 2020-12; labels are in `language` if the template has it, else in its default language."""
    write = flat.schema if form is Format.FLAT else structured.schema
    return write(compiled(template, language))


def python_models(template: WebTemplate, language: str | None = None) -> str:
    """A Python module of Pydantic 2 models for STRUCTURED; `Composition` is the whole."""
    return python_source.module(compiled(template, language))


def typescript(template: WebTemplate, language: str | None = None) -> str:
    """A TypeScript module of types for STRUCTURED; `Composition` is the whole."""
    return typescript_source.module(compiled(template, language))


__all__ = ["KNOWN_DIFFERENCES", "Format", "json_schema", "python_models", "typescript"]
