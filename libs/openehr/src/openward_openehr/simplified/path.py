"""The grammar of FLAT paths: `name[:index]/name[:index]…[|suffix]`."""

from dataclasses import dataclass
from typing import Final

#: A path that starts so is not of the composition but a default for all of it.
CONTEXT: Final = "ctx"
#: A suffix that stands for a whole value in the canonical format, as text.
RAW: Final = "raw"
#: Longer would not be an index of anything, and long numbers are slow to read.
_DIGITS: Final = 9


class FlatPathMalformed(ValueError):  # noqa: N818  errors are named <Noun><Problem> here
    """An index that is no number, or a segment without a name."""


@dataclass(frozen=True, slots=True)
class Segment:
    """`index` is 0 when it is not written: `a` and `a:0` are the same place."""

    name: str
    index: int = 0

    @property
    def is_attribute(self) -> bool:
        """An attribute of the reference model that templates do not name: `_uid`, `_link`."""
        return self.name.startswith("_")

    def __str__(self) -> str:
        return f"{self.name}:{self.index}" if self.index else self.name


@dataclass(frozen=True, slots=True)
class FlatPath:
    """Its text is the shortest that means it: without indices of 0."""

    segments: tuple[Segment, ...]
    suffix: str | None = None

    @property
    def is_context(self) -> bool:
        return self.segments[0].name == CONTEXT

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.segments)

    @property
    def web_template_path(self) -> str:
        """Without indices and suffix: where the node is in the web template, if it is there."""
        return "/".join(self.names)

    def __str__(self) -> str:
        path = "/".join(map(str, self.segments))
        return path if self.suffix is None else f"{path}|{self.suffix}"


def parse(text: str) -> FlatPath:
    """Raises FlatPathMalformed."""
    path, bar, suffix = text.removeprefix("/").partition("|")
    return FlatPath(tuple(map(_segment, path.split("/"))), suffix if bar else None)


def _segment(text: str) -> Segment:
    name, colon, index = text.partition(":")
    if not name:
        raise FlatPathMalformed("a segment has no name")
    if not colon:
        return Segment(name)
    if not (index.isascii() and index.isdigit() and len(index) <= _DIGITS):
        raise FlatPathMalformed("an index is not a number")
    return Segment(name, int(index))
