"""Templates are compiled, and documents derived from them, once each and beside the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import structlog
from openward_servicekit.errors import Failure

from templates.domain.compiled import Compiled
from templates.domain.errors import TemplateNotCompiled
from templates.domain.rendered import Rendered
from templates.domain.semantic_version import SemanticVersion
from templates.service.keeping import Kept

_log: Final = structlog.get_logger(__name__)

T = TypeVar("T")

#: Bytes of what is kept: of derived documents, and of the documents that kept templates were compiled from.
_DOCUMENTS: Final = 64_000_000
_SOURCES: Final = 16_000_000


class Recipe(Protocol):
    """A value: equal recipes make equal documents of one template."""

    def __hash__(self) -> int: ...

    def make(self, compiled: Compiled) -> Rendered:
        """Raises a Failure for what cannot be made of this template."""


@dataclass(frozen=True)
class Material:
    """The document that a version of a template is, by its SHA-256; `load` gets its bytes."""

    sha256: str
    size: int
    number: SemanticVersion
    load: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True)
class _Result:
    """Of compiling, which is tried once: the same document always fails in the same way."""

    made: Compiled | Failure
    size: int


@dataclass(frozen=True)
class Workshop:
    """`compile_source` may take long and raises a Failure; as all of it, it works in a thread."""

    compile_source: Callable[[bytes], Compiled]
    #: One at a time: Python gives its threads one processor, and the event loop needs its share.
    bench: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    #: Compositions are checked beside that: it takes milliseconds, and nobody waits for a template.
    scales: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _compiled: Kept[str, _Result] = field(default_factory=lambda: Kept(_SOURCES, lambda result: result.size))
    _rendered: Kept[tuple[str, Recipe], Rendered] = field(
        default_factory=lambda: Kept(_DOCUMENTS, lambda rendered: len(rendered.content))
    )

    async def compiled(self, material: Material) -> Compiled:
        """Raises the Failure that compiling it ended with."""
        result = await self._compiled.get(material.sha256, lambda: self._compile(material))
        if isinstance(result.made, Failure):
            raise result.made.with_traceback(None)  # or it would grow with each who asks
        return result.made

    async def rendered(self, material: Material, recipe: Recipe) -> Rendered:
        async def make() -> Rendered:
            compiled = await self.compiled(material)
            return await self.work(lambda: recipe.make(compiled))

        return await self._rendered.get((material.sha256, recipe), make)

    async def work(self, do: Callable[[], T]) -> T:
        """In a thread, after what others have asked for before."""
        async with self.bench:
            return await asyncio.to_thread(do)

    async def check(self, do: Callable[[], T]) -> T:
        """In a thread, beside what takes longer."""
        async with self.scales:
            return await asyncio.to_thread(do)

    async def _compile(self, material: Material) -> _Result:
        source = await material.load()
        return _Result(await self.work(lambda: self._tried(source)), material.size)

    def _tried(self, source: bytes) -> Compiled | Failure:
        try:
            return self.compile_source(source)
        except Failure as failure:
            return failure
        except Exception as error:  # noqa: BLE001  EHRbase has taken it, so it is for us to explain
            _log.error("template not compiled", exc_info=error)
            return TemplateNotCompiled("it is beyond what can be read here.")
