"""A web template made ready: every place a value can have, with what holds there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openward_openehr.validation.canonical.branches import Branch
from openward_openehr.validation.spot import Spot
from openward_openehr.web_template.model import WebTemplate


@dataclass(slots=True, eq=False)
class CompiledTemplate:
    """Made once for a template by `compile`, then used for any number of compositions, by any thread.

    `trunk`: the same by attributes of the reference model; `is_full`: with every structure and slot.
    `by_name`: FLAT paths without indices by their last name. `places`: what is known of FLAT paths that were
    met; it is bounded, and holds no values.
    """

    template: WebTemplate
    root: Spot
    by_name: Mapping[str, tuple[str, ...]]
    trunk: Branch
    is_full: bool
    places: dict[str, Any] = field(default_factory=dict)
