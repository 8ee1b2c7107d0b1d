"""Rules, each in the module of what it looks at."""

from collections.abc import Callable
from typing import Final

from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.rules import (
    classes,
    counting,
    header,
    identity,
    primitives,
    references,
    slots,
    terms,
    values,
    vocabulary,
)
from openward_openehr.opt.lint.template import Template

ALL: Final[tuple[Callable[[Template, Report], None], ...]] = (
    header.check,
    classes.check,
    counting.check,
    identity.check,
    terms.check,
    values.check,
    primitives.check,
    slots.check,
    references.check,
    vocabulary.check,
)
