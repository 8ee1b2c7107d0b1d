"""Simplified formats: the grammar of FLAT paths, what stands behind which, and FLAT as STRUCTURED and back.

Source: openEHR ITS-REST, Simplified Formats (simSDT), and what EHRbase 2.16 takes of it.
"""

from openward_openehr.simplified.context import CONTEXT_FIELDS, ContextField
from openward_openehr.simplified.path import FlatPath, FlatPathMalformed, Segment, parse
from openward_openehr.simplified.shape import SAME, Attribute, Kind, Shape, Suffix
from openward_openehr.simplified.shapes import SHAPES, shape_of
from openward_openehr.simplified.structured import Place, to_flat, to_structured, walk_structured

__all__ = [
    "CONTEXT_FIELDS",
    "SAME",
    "SHAPES",
    "Attribute",
    "ContextField",
    "FlatPath",
    "FlatPathMalformed",
    "Kind",
    "Place",
    "Segment",
    "Shape",
    "Suffix",
    "parse",
    "shape_of",
    "to_flat",
    "to_structured",
    "walk_structured",
]
