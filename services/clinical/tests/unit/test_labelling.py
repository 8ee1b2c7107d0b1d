"""Labels live as long as the template that they are of, which is held within bounds."""

import asyncio
import gc

from clinical.service.known_templates import KnownTemplates
from clinical.service.labelling import Labelling
from openward_cli.demo import problem_list, vital_signs
from openward_contracts.identifiers import TemplateId
from openward_openehr.recorded.labels import Labels
from openward_openehr.web_template.model import WebTemplate
from openward_servicekit.errors import Unavailable

DOCUMENTS = {
    TemplateId(vital_signs.TEMPLATE_ID): vital_signs.opt(),
    TemplateId(problem_list.TEMPLATE_ID): problem_list.opt(),
}


class Held:
    """EHRbase, until it is away."""

    away = False

    async def source(self, template_id: TemplateId) -> bytes | None:
        if self.away:
            raise Unavailable
        return DOCUMENTS.get(template_id)


def in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, (Labels, WebTemplate)) for each in gc.get_objects())


async def test_of_templates_that_are_not_held_any_more_nothing_is() -> None:
    labelling = Labelling(KnownTemplates(Held(), room=1))
    before = in_memory()
    for template_id in DOCUMENTS:
        assert (await labelling.of([template_id])).keys() == {template_id}
        await asyncio.sleep(0)  # who asked has looked at it

    assert in_memory() == before


async def test_while_ehrbase_is_away_what_was_not_known_has_no_labels() -> None:
    held = Held()
    labelling = Labelling(KnownTemplates(held))
    vitals, problems = DOCUMENTS
    before = await labelling.of([vitals])
    held.away = True

    assert (await labelling.of([vitals, problems])) == before
