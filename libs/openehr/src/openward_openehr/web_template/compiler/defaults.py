"""What a template proposes for its fields (T_CONSTRAINT), by AQL path."""

import re
from typing import Final

from openward_openehr.opt.model import Opt
from openward_openehr.web_template.compiler.draft import Step
from openward_openehr.web_template.compiler.primitives import number_or_text

#: `[at0001,'a name']` and `[at0001 and name/value='a name']` are the same.
_SHORT_NAME: Final = re.compile(r"\[([^\],' ]+) *, *'")


class Defaults:
    """Paths are compared as text, with names as the template has them."""

    def __init__(self, opt: Opt) -> None:
        self._values = {
            (_SHORT_NAME.sub(r"[\1 and name/value='", each.path), each.field): each.value
            for each in opt.defaults
        }

    def __bool__(self) -> bool:
        return bool(self._values)

    def text(self, path: Step, field: str, *, labels: bool = True) -> str | None:
        """As it is written in the template."""
        return self._values.get((path.written(labels=labels), field)) if self._values else None

    def value(self, path: Step, field: str, *, labels: bool = True) -> float | str | None:
        found = self.text(path, field, labels=labels)
        return None if found is None else number_or_text(found)
