"""Which templates' compositions a caller may see, by the scopes of the token."""

from collections.abc import Sequence

from openward_contracts.identifiers import PatientId
from openward_servicekit.auth import Principal
from openward_servicekit.auth.patterns import matches

from clinical.domain.querying import QueryEngine

_EVERY = frozenset(("*", "**"))


def template_patterns(principal: Principal, patient_id: PatientId | None) -> frozenset[str] | None:
    """Targets of the scopes that let this caller read compositions of this patient; None: of any template.

    Without any such scope nothing of a composition is seen, so that no scope takes away what fewer would
    give. `patient_id` None: nobody's, or everybody's.
    """
    own = patient_id is not None and patient_id == principal.patient_id
    usable = {"system"} if principal.is_service else {"user", "patient"} if own else {"user"}
    patterns = frozenset(
        scope.target
        for scope in principal.scopes
        if scope.compartment in usable and scope.could_grant("composition", "r")
    )
    return None if patterns & _EVERY else patterns


async def template_ids(patterns: frozenset[str] | None, engine: QueryEngine) -> Sequence[str] | None:
    """The templates that there are of these patterns; None: all."""
    if patterns is None:
        return None
    plain = {pattern for pattern in patterns if "*" not in pattern}
    if plain != patterns:
        known = await engine.template_ids()
        plain |= {name for name in known if any(matches(pattern, name) for pattern in patterns)}
    return sorted(plain)
