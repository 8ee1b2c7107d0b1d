"""Whether a product would run: lint, the templates that there are, and a try on nobody's record."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clinical.domain.aql import Scope, restricted
from clinical.domain.errors import QueryRejected
from clinical.domain.query_product.binding import bound
from clinical.domain.query_product.lint import at, lint, problems
from clinical.domain.query_product.model import Definition, Finding, Kind, Parameter, Plain, Value
from clinical.domain.query_product.parsing import parsed
from clinical.domain.query_product.ports import TemplateCatalogue
from clinical.domain.querying import QueryEngine, in_words_of_the_caller
from clinical.domain.refusals import said
from clinical.domain.result_set import RowLimits

_EXAMPLES: Final[Mapping[Kind, Plain]] = {
    Kind.STRING: "x",
    Kind.INTEGER: 1,
    Kind.NUMBER: 1.5,
    Kind.BOOLEAN: True,
    Kind.DATE: "2026-11-22",
    Kind.TIME: "10:00:00",
    Kind.DATE_TIME: "2026-11-22T10:00:00Z",
    Kind.DURATION: "P1D",
    Kind.UUID: "00000000-0000-4000-8000-000000000001",
    Kind.VERSION_UID: "00000000-0000-4000-8000-000000000001::openward.local::1",
}
_LONGEST: Final = 300
_WORD: Final = re.compile(r"Not implemented: (.*)", re.DOTALL)


@dataclass(frozen=True)
class Linter:
    """`seconds`: no product may take longer."""

    engine: QueryEngine
    templates: TemplateCatalogue
    limits: RowLimits
    seconds: float

    async def findings(self, name: str, definition: Definition) -> list[Finding]:
        """What is wrong, all of it, and what is to be known."""
        found = lint(name, definition, self.limits.maximum, self.seconds)
        if any(each.code == "unreadable" for each in found):
            return found
        found += [each async for each in self._unknown(definition)]
        return found if problems(found) else [*found, *await self._tried(definition)]

    async def _unknown(self, definition: Definition) -> AsyncIterator[Finding]:
        query, known = parsed(definition.aql), await self.templates.template_ids()
        for number, template_id in enumerate(definition.templates):
            if template_id not in known:
                yield Finding("template-unknown", "There is no such template.", f"/templates/{number}")
        named = query.template_ids({}) - known
        for index, token in enumerate(query.tokens):
            if token.type == "STRING" and token[1:-1] in named:
                yield at(query, index, "template-unknown", "There is no such template.")
        archetypes = {str(token) for token in query.tokens if token.type == "ARCHETYPE"}
        unknown = await self.templates.unknown_archetypes(sorted(archetypes))
        for index, token in enumerate(query.tokens):
            if token.type == "ARCHETYPE" and str(token) in unknown:
                yield at(query, index, "archetype-unknown", "No template has this archetype.")

    async def _tried(self, definition: Definition) -> Sequence[Finding]:
        """EHRbase's own refusal, in its words: of the text, for nobody's record."""
        values = {parameter.name: _example(parameter) for parameter in definition.parameters}
        text = bound(definition, values, 1)
        try:
            await self.engine.run({"q": restricted(text, Scope([]))}, lambda _: None)
        except QueryRejected as rejected:
            in_words_of_the_caller(rejected, definition.aql)
            return list(_refused(rejected))
        return []


def _refused(rejected: QueryRejected) -> Iterator[Finding]:
    refusal = said(rejected)
    message = str(refusal.extensions.get("message", "")) if refusal else ""
    word = _WORD.search(message)
    detail = f"{rejected.detail} {word[1] if word else ''}".strip()[:_LONGEST]
    yield Finding("refused-by-ehrbase", detail)


def _example(parameter: Parameter) -> Value:
    for given in (parameter.example, parameter.default, *parameter.enum):
        if given is not None:
            return given if isinstance(given, tuple) or not parameter.many else (given,)
    bounds = (parameter.minimum, parameter.maximum)
    plain = next((bound for bound in bounds if bound is not None), _EXAMPLES[parameter.kind])
    return (plain,) if parameter.many else plain
