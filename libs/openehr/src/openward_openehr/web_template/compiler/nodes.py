"""From the constraints of an OPT to drafts: every constraint a node, in the order of the document."""

from collections.abc import Mapping
from dataclasses import dataclass

from openward_openehr.opt.model import (
    ArchetypeRoot,
    ArchetypeSlot,
    Attribute,
    CodeObject,
    ComplexObject,
    Constraint,
    Opt,
    OrdinalObject,
    PrimitiveObject,
    QuantityObject,
    StateObject,
)
from openward_openehr.reference_model.types import is_a
from openward_openehr.web_template.compiler.coded import (
    code_inputs,
    ordinal_inputs,
    quantity_inputs,
    state_inputs,
)
from openward_openehr.web_template.compiler.containers import Contained, contained, label_ambiguous
from openward_openehr.web_template.compiler.defaults import Defaults
from openward_openehr.web_template.compiler.draft import Draft, Step, number_siblings
from openward_openehr.web_template.compiler.ism import merged_transition
from openward_openehr.web_template.compiler.java_order import in_set_order, text_hash
from openward_openehr.web_template.compiler.naming import node_id
from openward_openehr.web_template.compiler.primitives import primitive_input
from openward_openehr.web_template.compiler.rm_attributes import add_rm_attributes, is_in_context
from openward_openehr.web_template.compiler.terms import Terms
from openward_openehr.web_template.compiler.type_inputs import Given, add_type_inputs
from openward_openehr.web_template.compiler.values import (
    complete_element,
    name_by_type,
    name_choices,
    only_name,
    push_code_up,
)
from openward_openehr.web_template.model import Choice

Value = QuantityObject | OrdinalObject | CodeObject | StateObject


def languages(opt: Opt) -> tuple[str, ...]:
    """Of the description, in the order in which EHRbase has them."""
    return tuple(in_set_order([(each, text_hash(each)) for each in opt.languages]))


def full_tree(opt: Opt) -> Draft:
    """With everything that structures it: histories, item trees, elements, slots."""
    return _Template(opt).root()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a constraint stands: what its node hangs on, whose terms hold there, and for which attribute."""

    path: Step
    terms: Terms
    attribute: str

    def at(self, code: str) -> "_Place":
        """With a step of its own: its label is not that of its siblings."""
        step = Step(self.path.before, self.path.attribute, code if code.strip() else None)
        return _Place(step, self.terms, self.attribute)


class _Template:
    def __init__(self, opt: Opt) -> None:
        self._opt = opt
        self._languages = languages(opt)
        self._defaults = Defaults(opt)
        self._annotations: Mapping[str, Mapping[str, str]] = {
            f"{slash}{below}": each.items
            for each in opt.annotations
            for _, slash, below in [each.path.partition("/")]
        }

    def root(self) -> Draft:
        return self._archetype(self._opt.definition, Step(None, ""))[0]

    def _archetype(self, root: ArchetypeRoot, path: Step) -> list[Draft]:
        nodes = self._complex(root, _Place(path, Terms(self._opt, root), ""))
        for node in nodes:
            node.node_id = root.archetype_id
        return nodes

    def _nodes(self, constraint: Constraint, place: _Place) -> list[Draft]:
        """Several for several names; none for constraints that web templates do not have."""
        match constraint:
            case ArchetypeRoot():
                return self._archetype(constraint, place.at(constraint.archetype_id).path)
            case ComplexObject():
                return self._complex(constraint, place.at(_node_id(constraint)))
            case ArchetypeSlot():
                node = _draft(constraint, place.at(constraint.node_id))
                node.is_slot = True
                return [node]
            case QuantityObject() | OrdinalObject() | CodeObject() | StateObject():
                return [self._value(constraint, place.at(_node_id(constraint)))]
            case _:
                return []

    def _value(self, constraint: Value, place: _Place) -> Draft:
        node, terms = _draft(constraint, place), place.terms
        match constraint:
            case QuantityObject():
                node.inputs = quantity_inputs(constraint, place.path, terms, self._defaults)
            case OrdinalObject():
                node.inputs = ordinal_inputs(constraint, place.path, terms, self._defaults)
            case CodeObject():
                node.inputs = code_inputs(constraint, place.path, terms, self._defaults, self._languages)
            case StateObject():
                node.inputs = state_inputs(constraint)
        return node

    def _complex(self, constraint: ComplexObject, place: _Place) -> list[Draft]:
        """One node, or one for each of the names that the template allows."""
        named = self._name_node(constraint, place)
        names: list[Choice | None] = [*name_choices(named)] if named else []
        if len(names) <= 1:
            return [self._named(constraint, place, names[0] if names else None, named)]
        code = place.path.code or ""
        return [self._named(constraint, place.at(code), name, named) for name in names]

    def _name_node(self, constraint: ComplexObject, place: _Place) -> Draft | None:
        for attribute in constraint.attributes:
            if attribute.name == "name" and len(attribute.children) == 1:
                at = _Place(place.path.then("name"), place.terms, "name")
                for node in self._nodes(attribute.children[0], at):
                    return node
        return None

    def _named(
        self, constraint: ComplexObject, place: _Place, name: Choice | None, named: Draft | None
    ) -> Draft:
        node = _draft(constraint, place, name)
        if self._annotations:
            self._annotate(node)
        if name and constraint.node_id.strip() and place.path.before:
            place.path.label = name.label
        containers = self._fill(node, constraint, place)
        self._complete(node, constraint)
        if named:
            node.children.append(only_name(named, name, place.path))
        add_rm_attributes(node, self._defaults)
        if not node.inputs:
            add_type_inputs(node, _given(constraint), self._defaults)
        number_siblings(node)
        node.cardinalities = [found for each in containers if (found := each.cardinality(node))]
        for child in node.children:
            if is_in_context(node.rm_type, child.id):
                child.in_context = True
        return node

    def _complete(self, node: Draft, constraint: ComplexObject) -> None:
        name_by_type(node)
        if node.rm_type == "ELEMENT":
            complete_element(node, _given(constraint), self._defaults)
        elif node.rm_type == "DV_CODED_TEXT":
            push_code_up(node)

    def _annotate(self, node: Draft) -> None:
        """By the path before its own name is in it: EHRbase finds few annotations of renamed nodes."""
        if items := self._annotations.get(node.path.written()):
            node.annotations = {**node.annotations, **items}

    def _fill(self, node: Draft, constraint: ComplexObject, place: _Place) -> list[Contained]:
        """Everything that the template says of it."""
        containers = []
        for attribute in constraint.attributes:
            if attribute.name == "name":
                continue
            children = self._children(attribute, node, place)
            containers.append(contained(attribute, children))
            label_ambiguous(children)
            node.children += children
        return [each for each in containers if each]

    def _children(self, attribute: Attribute, node: Draft, place: _Place) -> list[Draft]:
        below = _Place(place.path.then(attribute.name), place.terms, attribute.name)
        children = [child for each in attribute.children for child in self._nodes(each, below)]
        if transitions := [each for each in children if each.rm_type == "ISM_TRANSITION"]:
            node.children.append(merged_transition(attribute.name, transitions, place.path))
        if not attribute.multiple and attribute.existence_min == 0:
            node.optional.append(children)
        return children


def _given(constraint: ComplexObject) -> Given:
    """Constraints of attributes that are no objects, by attribute."""
    return {
        attribute.name: primitive_input(child)
        for attribute in constraint.attributes
        for child in attribute.children
        if isinstance(child, PrimitiveObject) and attribute.name != "name"
    }


def _node_id(constraint: Constraint) -> str:
    """Some tools give node ids to what cannot have any."""
    return constraint.node_id if is_a(constraint.rm_type, "LOCATABLE") else ""


def _draft(constraint: Constraint, place: _Place, name: Choice | None = None) -> Draft:
    code = _node_id(constraint)
    if not code.strip():
        said = place.attribute or constraint.rm_type
        node = Draft(node_id(said), said, constraint.rm_type, constraint.min, constraint.max, place.path)
        node.localized_name = said
        return node
    terms, term = place.terms, place.terms.default(code)
    said = name.label if name else (term and term.text) or code
    id_ = node_id(said) or node_id(code)  # nothing is left of a name such as `?`
    node = Draft(id_, said, constraint.rm_type, constraint.min, constraint.max, place.path)
    node.localized_name, node.node_id = said, code
    node.localized_names = {**(name.localized_labels if name else terms.texts(code)), terms.language: said}
    node.localized_descriptions = terms.descriptions(code)
    node.annotations = term.others if term else {}
    node.term_bindings = terms.bindings(code)
    return node
