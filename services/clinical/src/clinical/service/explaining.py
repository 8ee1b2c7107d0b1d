"""What is wrong in a composition, told at once: by the shared validator, and by what EHRbase has said.

EHRbase is the judge of what is stored (ADR 35): nothing is refused here that it has not refused. It says one
thing of a composition where its readers end at the first; the validator says all, with paths in the format of
the composition.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from openward_contracts.composition_problem import CompositionProblem, ValidationReport
from openward_contracts.identifiers import TemplateId
from openward_openehr.validation import is_refused
from openward_servicekit.errors import Failure, FieldError

from clinical.domain.composition import Draft, Format
from clinical.domain.errors import (
    CdrError,
    CompositionNotValidated,
    CompositionRejected,
    CompositionTooLarge,
    TemplateUnknown,
    ValidatorBusy,
)
from clinical.domain.placing import Placing
from clinical.domain.problem_words import words
from clinical.domain.refusals import said
from clinical.domain.templates import KnownTemplate, Templates
from clinical.service.validating import VALIDATED, LookedInto, Validating

_log = structlog.get_logger(__name__)

#: Bytes of a composition that is looked into; what people write has some thousands.
LARGEST: Final = 4_000_000
#: Versions of a contribution that are looked into.
_MOST_VERSIONS: Final = 100
_REJECTED: Final = "The composition does not fit its template."


@dataclass(frozen=True)
class Explainer:
    """`patience`: seconds for which a refusal waits to be explained, and a report to be made."""

    templates: Templates
    validating: Validating = field(default_factory=Validating)
    patience: tuple[float, float] = (5.0, 30.0)

    async def report(self, draft: Draft) -> ValidationReport:
        """What would be told if it were written.

        Raises CompositionNotValidated, CompositionTooLarge, TemplateUnknown, ValidatorBusy, ValidatorFailed;
        what `Templates.get` raises.
        """
        if draft.format not in VALIDATED:
            raise CompositionNotValidated
        if len(draft.source) > LARGEST:
            raise CompositionTooLarge(LARGEST)
        try:
            async with asyncio.timeout(self.patience[1]):
                known = await self.templates.get(draft.template_id)
                if known is None:
                    raise TemplateUnknown("The template is not known to the clinical data repository.")
                problems, _ = await self.validating.composition(draft, known)
        except TimeoutError:
            raise ValidatorBusy from None
        return ValidationReport.of(problems, Placing(draft.format, None, known, draft.languages).language)

    async def explained(self, draft: Draft, refused: CompositionRejected | CdrError) -> Failure:
        """The failure to answer with: EHRbase's, with every problem that there is.

        Of a failure of EHRbase's own it is told as a refusal if the validator knows why it stumbled.
        """
        if isinstance(refused, CdrError) and refused.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            return refused
        known, (problems, content) = await self._looked_into(draft)
        placing = Placing(draft.format, content, known, draft.languages)
        if is_refused(problems):
            told = [CompositionProblem.of(each, placing.language) for each in problems]
        elif isinstance(refused, CdrError):
            return refused
        else:
            told = [placing.problem(objection) for objection in refused.said]
        return _rejected(draft.format, told, said(refused))

    async def broken(self, draft: Draft) -> Failure | None:
        """Of what EHRbase would stumble over and not refuse: see `domain/flat.py`."""
        if not draft.broken:
            return None
        return await self.explained(draft, CompositionRejected(_REJECTED, said=draft.broken))

    async def explain_contribution(
        self, body: bytes, template_ids: Sequence[TemplateId | None], refused: Failure
    ) -> None:
        """Adds to EHRbase's refusal what is wrong in compositions; their templates are those of the versions.

        `path` is a JSON Pointer into the contribution.
        """
        if len(body) > LARGEST:
            return
        told: list[CompositionProblem] = []
        with _unexplained(None):
            async with asyncio.timeout(self.patience[0]):
                known = await self._known_of(template_ids[:_MOST_VERSIONS])
                told = await self.validating.contribution(body, known)
        if any(not problem.tolerated for problem in told):
            _add(Format.CANONICAL, told, refused)

    async def _looked_into(self, draft: Draft) -> tuple[KnownTemplate | None, LookedInto]:
        """Its template, problems and content, as far as they are known in time."""
        known, found = None, LookedInto([], None)
        if draft.format in VALIDATED and len(draft.source) <= LARGEST:
            with _unexplained(draft.template_id):
                async with asyncio.timeout(self.patience[0]):
                    known = await self.templates.get(draft.template_id)
                    if known is not None:
                        found = await self.validating.composition(draft, known)
        return known, found

    async def _known_of(self, template_ids: Sequence[TemplateId | None]) -> Mapping[int, KnownTemplate]:
        """By the place of each whose template is known."""
        by_id: dict[TemplateId, KnownTemplate | None] = {}
        for template_id in filter(None, dict.fromkeys(template_ids)):
            with _unexplained(template_id):
                by_id[template_id] = await self.templates.get(template_id)
        found = ((place, by_id.get(each)) for place, each in enumerate(template_ids) if each)
        return {place: known for place, known in found if known is not None}


@contextmanager
def _unexplained(template_id: TemplateId | None) -> Iterator[None]:
    """A refusal is told, whatever keeps it from being explained."""
    try:
        yield
    except (Failure, TimeoutError) as failure:
        why = failure.slug if isinstance(failure, Failure) else "too-late"
        _log.warning("rejection.not_explained", template_id=template_id, why=why)


def _rejected(form: Format, told: Sequence[CompositionProblem], theirs: Failure | None) -> Failure:
    """For both APIs: `theirs` is what EHRbase said, for who knows its words."""
    rejected = CompositionRejected(_REJECTED)
    _add(form, told, rejected)
    if theirs is not None:
        _add(form, told, theirs)
    rejected.__cause__ = theirs
    return rejected


def _add(form: Format, told: Sequence[CompositionProblem], failure: Failure) -> None:
    failure.errors = tuple(_error(form, problem) for problem in told)
    if told:
        failure.extensions["problems"] = [problem.model_dump(mode="json") for problem in told]


def _error(form: Format, problem: CompositionProblem) -> FieldError:
    detail = words(problem)
    if form is Format.FLAT and problem.path:
        return FieldError(problem.code, detail, path=problem.path)
    if form is Format.XML:
        return FieldError(problem.code, detail, path=problem.aql_path or "/")
    return FieldError(problem.code, detail, pointer=problem.path)
