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

_STEP: Final = re.compile(r"/(\w+)(?:\[([^\]',\s]*)[^\]']*(?:'[^']*'[^\]']*)*\])?")
_PATH: Final = re.compile(rf"(?:\[[^\]]*\])?((?:{_STEP.pattern})*)/?")


def check(template: Template, report: Report) -> None:
    root = template.definition
    for annotation in template.element.all("annotations"):
        _path(annotation, root, report)
    for view in template.element.all("view"):
        for hint in view.all("constraints"):
            _path(hint, root, report)
    for constraints in template.element.all("constraints"):
        for attribute in constraints.all("attributes"):
            _defaults(attribute, root, report)


def _path(element: Element, root: Object, report: Report) -> None:
    path = element.attributes.get("path")
    if path and _found(path, root) is None:
        report.at_attribute(element, "path", "path-unknown")


def _defaults(attribute: Element, root: Object, report: Report) -> None:
    path = attribute.child("differential_path")
    objects = _found(path.text, root) if path else [root]
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


def _found(path: str, root: Object) -> list[Object] | None:
    """The objects at a path, none where it ends in what is not constrained. None: there is no such path."""
    parsed = _PATH.fullmatch(path)
    objects = [root]
    for step in _STEP.finditer(parsed[1]) if parsed else ():
        children = [child for each in objects for child in _children(each, step[1], step[2])]
        if not children:
            return [] if not step[2] and any(_may_have(each, step[1]) for each in objects) else None
        objects = children
    return objects if parsed else None


def _children(parent: Object, attribute: str, predicate: str | None) -> Iterator[Object]:
    for found in parent.attribute_named(attribute):
        for child in found.children:
            if not predicate or predicate in (child.node_id, child.archetype.archetype_id):
                yield child


def _may_have(parent: Object, attribute: str) -> bool:
    found = rm_type(parent.rm_type)
    return found is not None and attribute in found.attributes
