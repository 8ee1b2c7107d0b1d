"""Labels of templates that are known now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_servicekit.errors import Failure

from clinical.domain.templates import KnownTemplate, Templates

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Labelling:
    """It holds none itself: what templates take is bounded where they are held."""

    templates: Templates

    async def of(self, template_ids: Collection[TemplateId]) -> Mapping[TemplateId, Labels]:
        """Of those that are known, and while EHRbase is away of those that were."""
        found = {}
        for template_id in template_ids:
            if known := await self._known(template_id):
                found[template_id] = known.labels
        return found

    async def _known(self, template_id: TemplateId) -> KnownTemplate | None:
        """What is recorded is shown in its author's words rather than not at all."""
        try:
            return await self.templates.get(template_id)
        except Failure as failure:
            _log.warning("labels.unavailable", template_id=template_id, why=failure.slug)
            return None
