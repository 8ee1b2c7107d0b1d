"""What can be derived from a compiled template, and how it is written."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from openward_openehr import examples, form, schema
from openward_openehr.difference import Change, difference, next_version
from openward_openehr.examples import canonical_xml
from openward_openehr.web_template import document

from templates.domain.compiled import Compiled
from templates.domain.errors import ExampleImpossible
from templates.domain.rendered import Rendered
from templates.domain.semantic_version import SemanticVersion
from templates.domain.template import Format

JSON: Final = "application/json"
JSON_SCHEMA: Final = "application/schema+json"
WEB_TEMPLATE: Final = "application/openehr.wt+json"
#: The names of ITS-REST 1.1.
COMPOSITION: Final[Mapping[Format, str]] = {
    Format.CANONICAL: JSON,
    Format.XML: "application/xml",
    Format.FLAT: "application/openehr.wt.flat+json",
    Format.STRUCTURED: "application/openehr.wt.structured+json",
}


@dataclass(frozen=True)
class WebTemplate:
    """simSDT 2.3, with the labels of all languages."""

    def make(self, compiled: Compiled) -> Rendered:
        return Rendered(_json(document.write(compiled.web_template)), WEB_TEMPLATE)


@dataclass(frozen=True)
class FullTree:
    """With the structures that a web template leaves out: what canonical compositions are held to."""

    def make(self, compiled: Compiled) -> Rendered:
        return Rendered(_json(document.write(compiled.full)), JSON)


@dataclass(frozen=True)
class Form:
    """With the texts of one language, or with those of all."""

    language: str | None

    def make(self, compiled: Compiled) -> Rendered:
        languages = None if self.language is None else (self.language,)
        described = form.describe(compiled.web_template, languages)
        return Rendered(_json(form.write(described)), JSON, self.language)


@dataclass(frozen=True)
class Example:
    """A composition with made-up content, the same for the same seed."""

    format: Format
    detail: examples.Detail
    seed: int
    language: str

    def make(self, compiled: Compiled) -> Rendered:
        """Raises ExampleImpossible."""
        template = compiled.web_template
        if template.tree.rm_type != "COMPOSITION":
            raise ExampleImpossible
        is_canonical = self.format in {Format.CANONICAL, Format.XML}
        made = examples.example(
            template,
            examples.Format.CANONICAL if is_canonical else examples.Format(self.format),
            self.detail,
            self.seed,
            self.language,
            compiled.full,
        )
        content = canonical_xml.xml(made) if self.format is Format.XML else _json(made)
        return Rendered(content, COMPOSITION[self.format], self.language)


@dataclass(frozen=True)
class JsonSchema:
    """Of compositions in that format; titles and descriptions are in that language."""

    format: schema.Format
    language: str

    def make(self, compiled: Compiled) -> Rendered:
        made = schema.json_schema(compiled.web_template, self.format, self.language)
        return Rendered(_json(made), JSON_SCHEMA, self.language)


class Typed(StrEnum):
    """Languages that there are types in."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"


@dataclass(frozen=True)
class Types:
    """Of STRUCTURED compositions; what documents them is in that language."""

    typed: Typed
    language: str

    def make(self, compiled: Compiled) -> Rendered:
        write = schema.python_models if self.typed is Typed.PYTHON else schema.typescript
        source = write(compiled.web_template, self.language)
        return Rendered(source.encode(), f"text/x-{self.typed}", self.language)


@dataclass(frozen=True)
class Difference:
    """Of the version `number` to this one, which is `to`; `since` is the other template, by its SHA-256."""

    sha256: str
    number: SemanticVersion
    to: SemanticVersion
    since: Compiled = field(compare=False)

    def make(self, compiled: Compiled) -> Rendered:
        changes = difference(self.since.web_template, compiled.web_template)
        told = {
            "from": str(self.number),
            "to": str(self.to),
            "demanded": next_version(str(self.number), changes),
            "changes": [_change(change) for change in changes],
        }
        return Rendered(_json(told), JSON)


def _change(change: Change) -> dict[str, Any]:
    known = {name: value for name, value in asdict(change).items() if value is not None}
    return {"kind": change.kind, "verdict": change.verdict, **known}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
