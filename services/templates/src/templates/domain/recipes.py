"""What can be derived from a compiled template, and how it is written."""

import json
from dataclasses import dataclass
from typing import Any, Final

from openward_openehr.web_template import document

from templates.domain.compiled import Compiled
from templates.domain.rendered import Rendered

JSON: Final = "application/json"
WEB_TEMPLATE: Final = "application/openehr.wt+json"


@dataclass(frozen=True)
class WebTemplate:
    """simSDT 2.3, with the labels of all languages."""

    def make(self, compiled: Compiled) -> Rendered:
        return Rendered(_json(document.write(compiled.web_template)), WEB_TEMPLATE)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
