"""Children of one attribute together: how many there may be, and paths that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from openward_openehr.opt.model import UNBOUNDED, Attribute
from openward_openehr.web_template.compiler.draft import Draft
from openward_openehr.web_template.model import Cardinality


@dataclass(frozen=True, slots=True)
class Contained:
    """`keys`: of the paths of the children as they are in the template."""

    min: int | None
    max: int
    keys: tuple[tuple[str, str | None, str | None], ...]

    def cardinality(self, node: Draft) -> Cardinality | None:
        """None where it says nothing that the occurrences of the children do not say.

        A child that got a name in its path since is not counted: EHRbase looks for it by its former path.
        """
        ids = tuple(child.id for key in self.keys for child in node.children if child.path.key == key)
        if UNBOUNDED != self.max < len(ids) or (self.min or 0) > 1:
            return Cardinality(self.min, self.max, ids)
        return None


def contained(attribute: Attribute, children: Sequence[Draft]) -> Contained | None:
    if not (attribute.multiple and attribute.cardinality):
        return None
    keys = tuple(child.path.key for child in children)
    return Contained(attribute.cardinality.min, attribute.cardinality.max, keys)


def label_ambiguous(children: Sequence[Draft]) -> None:
    """A path without a name gets it where another child has the same path with a name."""
    labelled = {(each.path.attribute, each.path.code) for each in children if each.path.label is not None}
    for child in children if labelled else ():
        if child.path.label is None and (child.path.attribute, child.path.code) in labelled:
            child.path.label = child.name
