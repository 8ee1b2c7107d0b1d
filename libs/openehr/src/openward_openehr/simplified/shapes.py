"""What stands behind a FLAT path, by RM type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from openward_openehr.simplified.shape import SAME, Shape
from openward_openehr.simplified.structures import STRUCTURES
from openward_openehr.simplified.values import PARTS, VALUES

__all__ = ["SAME", "SHAPES", "shape_of"]

#: By RM type, and by names in capitals for parts of types that have no type of their own.
SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(VALUES | PARTS | STRUCTURES)
_NOTHING: Final = Shape()


def shape_of(rm_type: str) -> Shape:
    """That of `DV_INTERVAL` for every `DV_INTERVAL<T>`; of an unknown type one that takes nothing."""
    return SHAPES.get(rm_type.partition("<")[0].strip(), _NOTHING)
