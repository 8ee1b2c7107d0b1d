"""What can be given once for a whole composition: `ctx/<name>`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from openward_openehr.simplified.shape import Kind


@dataclass(frozen=True, slots=True)
class ContextField:
    """`group`: of the openEHR terminology that the value is a code or a rubric of; `repeats`: takes `:n`."""

    kind: Kind = Kind.TEXT
    group: str | None = None
    repeats: bool = False
    suffixes: tuple[str, ...] = ()


_PARTY: Final = ("id", "name")
_IDENTIFIER: Final = ("issuer", "assigner", "id", "type")

#: By name without `ctx/`. Names with suffixes take no value of their own, but for those of participations.
CONTEXT_FIELDS: Final[Mapping[str, ContextField]] = {
    "language": ContextField(group="language"),
    "territory": ContextField(group="territory"),
    "composer_name": ContextField(),
    "composer_id": ContextField(),
    "composer_self": ContextField(Kind.BOOLEAN),
    "id_scheme": ContextField(),
    "id_namespace": ContextField(),
    "time": ContextField(Kind.DATETIME),
    "end_time": ContextField(Kind.DATETIME),
    "history_origin": ContextField(Kind.DATETIME),
    "action_time": ContextField(Kind.DATETIME),
    "activity_timing": ContextField(),
    "provider_name": ContextField(),
    "provider_id": ContextField(),
    "health_care_facility": ContextField(suffixes=_PARTY),
    "action_ism_transition_current_state": ContextField(group="instruction states"),
    "instruction_narrative": ContextField(),
    "location": ContextField(),
    "setting": ContextField(group="setting"),
    "participation_name": ContextField(repeats=True),
    "participation_id": ContextField(repeats=True),
    "participation_function": ContextField(repeats=True),
    "participation_mode": ContextField(group="participation mode", repeats=True),
    "participation_identifiers": ContextField(repeats=True, suffixes=_IDENTIFIER),
    "work_flow_id": ContextField(suffixes=("id", "id_scheme", "namespace", "type")),
    "link": ContextField(repeats=True, suffixes=("meaning", "type", "target")),
}
