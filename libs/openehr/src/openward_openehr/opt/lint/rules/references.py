"""What points into the definition by a path: annotations, default values, hints for forms."""

import re
from collections.abc import Iterator
from typing import Final

from openward_openehr.opt.lint.allowing import any_allows
from openward_openehr.opt.lint.definition import Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.source import Element
from openward_openehr.opt.lint.template import Template
from openward_openehr.reference_model.types import rm_type

#: Possessive, so that no text takes longer than it is long. Repeated groups are atomic instead: Python before
#: 3.11.5 gets them wrong (gh-106052).
_STEP: Final = re.compile(r"/(\w++)(?:\[([^\]',\s]*+)[^\]']*+(?>(?:'[^']*+'[^\]']*+)*)\])?")
_PATH: Final = re.compile(rf"(?:\[[^\]]*+\])?((?>(?:{_STEP.pattern})*))/?")
#: Nodes that are looked at for all paths of a template together; what is left is taken as known.
_BUDGET: Final = 1_000_000


def check(template: Template, report: Report) -> None:
    places = _Places(template.definition)
    for annotation in template.element.all("annotations"):
        _path(annotation, places, report)
    for view in template.element.all("view"):
        for hint in view.all("constraints"):
            _path(hint, places, report)
    for constraints in template.element.all("constraints"):
        for attribute in constraints.all("attributes"):
            _defaults(attribute, places, report)


class _Places:
    """What is at a path."""

    def __init__(self, root: Object) -> None:
        self.root = root
        self._budget = _BUDGET

    def find(self, path: str) -> list[Object] | None:
        """The objects there, none where it ends in what is not constrained. None: there is no such path."""
        parsed = _PATH.fullmatch(path)
        objects = [self.root]
        for step in _STEP.finditer(parsed[1]) if parsed else ():
            children = [child for each in objects for child in self._children(each, step[1], step[2])]
            if self._budget < 0:
                return []
            if not children:
                return [] if not step[2] and any(_may_have(each, step[1]) for each in objects) else None
            objects = children
        return objects if parsed else None

    def _children(self, parent: Object, attribute: str, predicate: str | None) -> Iterator[Object]:
        for found in parent.attribute_named(attribute):
            self._budget -= 1 + len(found.children)
            for child in found.children if self._budget >= 0 else ():
                if not predicate or predicate in (child.node_id, child.archetype.archetype_id):
                    yield child


def _may_have(parent: Object, attribute: str) -> bool:
    found = rm_type(parent.rm_type)
    return found is not None and attribute in found.attributes


def _path(element: Element, places: _Places, report: Report) -> None:
    path = element.attributes.get("path")
    if path and places.find(path) is None:
        report.at_attribute(element, "path", "path-unknown")


def _defaults(attribute: Element, places: _Places, report: Report) -> None:
    path = attribute.child("differential_path")
    objects = places.find(path.text) if path else [places.root]
    if objects is None and path:
        report.at_text(path, "path-unknown")
        return
    constraints = [
        child
        for each in objects or ()
        for found in each.attribute_named(attribute.value("rm_attribute_name"))
        for child in found.children
    ]
    for default in (each.child("default_value") for each in attribute.all("children")):
        if default and not any_allows(constraints, default):
            report.at(default, "default-value-outside")
