from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openward_openehr.form.context import (
    EVENTS,
    attribute_of,
    ctx_keys,
    flat_attributes,
    is_context,
    is_dispensable,
    is_writable,
)
from openward_openehr.form.entries import entries_of, interval_entries
from openward_openehr.form.model import Choice, Field, Form, Section, Total
from openward_openehr.form.places import Place, is_hidden, named_children, root
from openward_openehr.form.texts import Languages
from openward_openehr.form.widgets import widget_of
from openward_openehr.web_template.model import UNBOUNDED, Node, WebTemplate

_VALUES: Final = ("DV_", "PARTY_")
_OTHER_VALUES: Final = frozenset({"BOOLEAN", "CODE_PHRASE", "DOUBLE", "INTEGER", "REAL", "STRING"})
_OF_INTERVALS: Final = (("width", "DV_DURATION"), ("math_function", "DV_CODED_TEXT"))


def describe(template: WebTemplate, languages: Sequence[str] | None = None) -> Form:
    """The form of a template, with texts in those of its languages that are wanted (all: None).

    Where it has none of them, texts are in its default language.
    """
    tongues = Languages.of(template, None if languages is None else tuple(languages))
    form = _Form(tongues)
    form.section(template.tree, root(template.tree), parent=None)
    return Form(
        template_id=template.template_id,
        default_language=template.default_language,
        languages=tongues.tags,
        sections=tuple(form.sections),
        fields=tuple(form.fields),
        choices=tuple(form.choices),
        context=tuple(form.context),
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """What was found so far, in the order of the tree."""

    languages: Languages
    sections: list[Section] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    context: list[Field] = field(default_factory=list)

    def section(self, node: Node, place: Place, parent: str | None) -> None:
        children = [
            (place.hidden(child) if is_hidden(child) else place.below(name, child), child)
            for name, child in named_children(node)
        ]
        if not is_hidden(node):
            self.sections.append(self._section(node, place, parent, children))
        for inner, child in children:
            self._child(child, inner, node, place.path)
        for attribute in _unsaid(node):
            self.context.append(self._field(attribute, place.below(attribute.id, attribute), place.path))

    def _child(self, node: Node, place: Place, parent: Node, section: str) -> None:
        if _is_value(node):
            told = self._field(node, place, section, ctx=ctx_keys(node, parent))
            (self.context if is_context(node) or not place.writable else self.fields).append(told)
        elif node.rm_type == "ELEMENT":
            self._element(node, place, section)
        elif node.rm_type != "LOCATABLE_REF":  # of instruction details: FLAT has an attribute for them
            self.section(node, place, section)

    def _element(self, node: Node, place: Place, section: str) -> None:
        """What may be of several types; beside the value there can be why it is missing (null flavour)."""
        alternatives = []
        for name, child in named_children(node):
            inner = place.below(name, child)
            if attribute_of(child) == "value":
                alternatives.append(inner.path)
                told = self._field(child, inner.alternative(), section, choice=place.path)
            else:
                told = self._field(child, inner.alternative(), section)
            self.fields.append(told)
        self.choices.append(Choice(**self._common(node, place), section=section, fields=tuple(alternatives)))

    def _section(
        self, node: Node, place: Place, parent: str | None, children: list[tuple[Place, Node]]
    ) -> Section:
        paths = {child.id: inner.path for inner, child in children}
        totals = (
            Total(each.min, _end(each.max), tuple(paths[name] for name in each.ids if name in paths))
            for each in node.cardinalities
        )
        hidden = next((child for _, child in children if is_hidden(child)), None)
        return Section(
            **self._common(node, place),
            parent=parent,
            rm_type=_rm_type(node),
            archetype=node.node_id,
            totals=tuple(totals),
            attributes=flat_attributes(node) + (flat_attributes(hidden) if hidden else ()),
        )

    def _field(
        self, node: Node, place: Place, section: str, choice: str | None = None, ctx: tuple[str, ...] = ()
    ) -> Field:
        rm_type, path = _rm_type(node), place.indexed_path
        entries = entries_of(node, rm_type, path, self.languages)
        if rm_type.startswith("DV_INTERVAL"):
            entries = interval_entries(path)
        ordered = sorted(named_children(node), key=lambda each: each[0] == "upper")
        within = (self._field(child, place.below(name, child), section) for name, child in ordered)
        return Field(
            **self._common(node, place),
            section=section,
            rm_type=rm_type,
            widget=widget_of(rm_type, attribute_of(node), entries),
            entries=entries,
            fields=tuple(within),
            choice=choice,
            ctx=ctx,
            writable=place.writable and is_writable(node),
            depends_on=node.depends_on,
        )

    def _common(self, node: Node, place: Place) -> dict[str, Any]:
        """What sections, choices and fields have alike."""
        annotations = dict(node.annotations)
        return {
            "path": place.path,
            "indexed_path": place.indexed_path,
            "aql_path": node.aql_path,
            "depth": place.depth,
            "labels": self.languages.labels(node),
            "help": self.languages.help(node),
            "min": place.min,
            "max": place.max,
            "required": place.always and not is_dispensable(node),
            "required_when": None if is_dispensable(node) else place.required_when,
            "repeats": place.repeats,
            "comment": annotations.pop("comment", None),
            "annotations": annotations,
            "bindings": {name: term.value for name, term in node.term_bindings.items()},
        }


def _is_value(node: Node) -> bool:
    rm_type = _rm_type(node)
    return bool(node.inputs) or rm_type.startswith(_VALUES) or rm_type in _OTHER_VALUES


def _rm_type(node: Node) -> str:
    """Some web templates have what stood around the type in the operational template."""
    return node.rm_type.strip()


def _end(most: int | None) -> int | None:
    return None if most == UNBOUNDED else most


def _unsaid(node: Node) -> Iterator[Node]:
    """What an event may have that web templates leave out, where it is or can be one over an interval.

    The only event of an observation has no node of its own: its attributes are given with the observation.
    """
    told = {child.id for child in node.children}
    alone = node.rm_type == "OBSERVATION" and not any(child.rm_type in EVENTS for child in node.children)
    if alone or node.rm_type in EVENTS - {"POINT_EVENT"}:
        for name, rm_type in _OF_INTERVALS:
            if name not in told:
                yield Node(name, name, rm_type, 0, 1, f"{node.aql_path}/{name}")
