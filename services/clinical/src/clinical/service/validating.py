"""Where the validator works: in threads, small compositions beside large ones, and before it no long row."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import structlog
from openward_contracts.composition_problem import CompositionProblem
from openward_contracts.identifiers import TemplateId
from openward_openehr.validation import Format as ValidatedFormat
from openward_openehr.validation import Problem, validate

from clinical.domain.composition import Draft, Format
from clinical.domain.errors import ValidatorBusy, ValidatorFailed
from clinical.domain.templates import KnownTemplate

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

#: Bytes beyond which a composition has a lane of its own; what people write has some thousands.
_LARGE: Final = 256_000
#: Who may wait for a small one, some milliseconds each, and for a large one, some seconds each.
_MOST_SMALL: Final = 200
_MOST_LARGE: Final = 8
#: Problems told of a contribution; of a composition the validator tells no more.
_MOST_PROBLEMS: Final = 1_000
VALIDATED: Final = {
    Format.FLAT: ValidatedFormat.FLAT,
    Format.STRUCTURED: ValidatedFormat.STRUCTURED,
    Format.CANONICAL: ValidatedFormat.CANONICAL,
}


class LookedInto(NamedTuple):
    """`content`: the composition as JSON."""

    problems: list[Problem]
    content: Any


class _Lane:
    """One at a time: Python gives its threads one processor, and the event loop needs its share."""

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._free = asyncio.Semaphore(1)
        self._waiting = 0

    async def run(self, work: Callable[[], _T]) -> _T:
        """Raises ValidatorBusy. A thread cannot be ended: the lane is taken until it is done."""
        if self._waiting >= self._most_waiting:
            raise ValidatorBusy
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        working = asyncio.ensure_future(asyncio.to_thread(work))
        working.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(working)


@dataclass(frozen=True)
class Validating:
    _small: _Lane = field(default_factory=lambda: _Lane(_MOST_SMALL))
    _large: _Lane = field(default_factory=lambda: _Lane(_MOST_LARGE))

    async def composition(self, draft: Draft, known: KnownTemplate) -> LookedInto:
        """Raises ValidatorBusy, ValidatorFailed."""
        return await self._lane(draft.source).run(lambda: _validated(draft, known))

    async def contribution(self, body: bytes, known: Mapping[int, KnownTemplate]) -> list[CompositionProblem]:
        """Of the versions at these places, with pointers into the contribution; the first thousand.

        Raises ValidatorBusy, ValidatorFailed.
        """
        return await self._lane(body).run(lambda: _of_versions(body, known))

    def _lane(self, source: bytes) -> _Lane:
        return self._large if len(source) > _LARGE else self._small


def _validated(draft: Draft, known: KnownTemplate) -> LookedInto:
    try:
        content = json.loads(draft.source)
        return LookedInto(validate(known.validator, content, VALIDATED[draft.format]), content)
    except Exception as error:  # noqa: BLE001  its text may quote the composition
        raise _failed(draft.template_id, error) from None


def _of_versions(body: bytes, known: Mapping[int, KnownTemplate]) -> list[CompositionProblem]:
    try:
        versions = json.loads(body)["versions"]
        return list(islice(_told(versions, known), _MOST_PROBLEMS))
    except Exception as error:  # noqa: BLE001  as above
        raise _failed(None, error) from None


def _told(versions: Any, known: Mapping[int, KnownTemplate]) -> Iterator[CompositionProblem]:
    for place, template in known.items():
        for each in validate(template.validator, versions[place]["data"], ValidatedFormat.CANONICAL):
            path = f"/versions/{place}/data{each.path}"
            yield CompositionProblem.of(each, None).model_copy(update={"path": path})


def _failed(template_id: TemplateId | None, error: Exception) -> ValidatorFailed:
    _log.error("composition.not_validated", template_id=template_id, why=type(error).__name__)
    return ValidatorFailed()
