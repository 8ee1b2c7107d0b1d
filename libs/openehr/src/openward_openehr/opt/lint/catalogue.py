"""Everything that can be found, by its code; `openward_openehr.opt.lint` lists them too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` is the whole message, or what stands before the detail of one."""

    severity: Severity
    says: str


_ERRORS: Final = {
    "xml-malformed": "The document is not well-formed XML",
    "xml-forbidden": "A document type or a processing instruction, which no template needs",
    "xml-too-deep": "Elements are nested deeper than any template needs",
    "root-unexpected": "This is no operational template 1.4: its root is another, or of another namespace",
    "definition-missing": "There is no definition",
    "template-id-missing": "There is no template id",
    "template-id-invalid": "The template id is longer than 255 characters, or has characters of a path",
    "concept-missing": "There is no concept",
    "language-missing": "The original language is missing",
    "language-invalid": "This is no language tag",
    "archetype-id-missing": "The root of an archetype does not say which archetype",
    "archetype-id-invalid": "This is no archetype id (openEHR-EHR-CLASS.concept.v1)",
    "archetype-type-mismatch": "The archetype is one for another class",
    "root-type-invalid": "Nothing of this class can be stored by itself",
    "rm-type-missing": "The class is missing",
    "rm-type-unknown": "The reference model has no such class",
    "rm-type-unsupported": "EHRbase refuses templates with this class",
    "rm-type-mismatch": "No value of this class can stand in this attribute",
    "rm-attribute-unknown": "The class has no such attribute",
    "attribute-multiplicity-wrong": "The attribute is constrained as a container and is none, or the reverse",
    "attribute-duplicate": "The attribute is constrained twice",
    "constraint-kind-unknown": "There is no such kind of constraint",
    "constraint-type-mismatch": "This kind of constraint is not for this class",
    "interval-invalid": "A bound is missing or is no value of its type",
    "interval-reversed": "The lower bound is above the upper bound",
    "interval-negative": "A count has a bound below zero",
    "existence-invalid": "An attribute exists once or not at all",
    "cardinality-exceeded": "More children are required than the cardinality allows",
    "cardinality-unreachable": "The cardinality requires more children than there may be",
    "required-in-prohibited": "A child is required where nothing may be",
    "required-prohibited": "The reference model requires an attribute that is prohibited here",
    "node-id-invalid": "This is no node id (at0001, at0001.1)",
    "code-undefined": "A code of the archetype is used and nowhere defined",
    "quantity-units-duplicate": "The same units stand twice",
    "code-duplicate": "A code stands twice in its list",
    "boolean-impossible": "Neither true nor false is allowed",
    "pattern-invalid": "This is no regular expression",
    "date-pattern-invalid": "This is no pattern of dates and times (yyyy-mm-ddTHH:??:XX and the like)",
    "duration-pattern-invalid": "This is no pattern of durations (PYMWDTHMS, without what is not allowed)",
    "value-invalid": "A value is none of its type",
    "assumed-value-outside": "The assumed value is not allowed by its own constraint",
    "default-value-outside": "The default value is not allowed by the constraint of its node",
    "slot-pattern-invalid": "The pattern of archetype ids is no regular expression",
}
_WARNINGS: Final = {
    "uid-missing": "There is no uid",
    "uid-invalid": "The uid is no UUID, OID or reversed internet domain",
    "template-id-characters": "The template id has characters that addresses and file names do not keep",
    "language-terminology-unusual": "Languages are codes of ISO_639-1",
    "language-unknown": "ISO 639-1 has no such language",
    "description-missing": "There is no description",
    "description-details-missing": "The description has no details in any language",
    "description-language-missing": "The description has no details in the language of the template",
    "purpose-missing": "There is no purpose",
    "element-unknown": "No schema of templates has this element: it is not read",
    "interval-missing": "A constraint does not say how often",
    "root-type-unusual": "EHRbase stores compositions; this is the template of something else",
    "node-id-missing": "A child of a container has no node id, so that no path leads to it",
    "node-id-duplicate": "Siblings have the same node id, and no names that tell them apart",
    "code-undescribed": "A code is defined without a text",
    "term-duplicate": "A code is defined twice",
    "term-code-missing": "A definition does not say of which code",
    "term-language-missing": "A code that is used has no text in a language of the template",
    "language-terms-missing": "The description is in a language that has no terms",
    "terminology-missing": "A code does not say of which terminology",
    "terminology-unknown": "The terminology is none of the known, and no URI",
    "openehr-code-unknown": "The openEHR terminology has no such code",
    "coded-list-empty": "No code is listed, so that any may be given",
    "ordinal-list-empty": "No ordinal is listed",
    "quantity-property-missing": "The units are listed without the property that they measure",
    "quantity-units-missing": "The property is given without any units",
    "quantity-unconstrained": "A quantity has neither property nor units",
    "units-missing": "An entry of the list has no units",
    "occurrences-beyond-single": "An attribute with one value has a child that may repeat",
    "string-list-duplicate": "A text stands twice in its list",
    "constraint-empty": "A constraint that constrains nothing",
    "slot-assertion-missing": "An assertion of a slot has no expression",
    "slot-assertion-unread": "An assertion of a slot is of a form that is not evaluated",
    "path-unknown": "The path leads to no node of the template",
}
_INFOS: Final = {
    "binding-unused": "A code is bound to a terminology and is not used",
    "ordinal-duplicate": "An ordinal value stands twice",
    "lifecycle-unpublished": "The lifecycle state is missing, or is not published",
    "author-missing": "The original author is missing",
    "concept-characters": "The concept has characters that not every system keeps where it names paths by it",
    "name-characters": "A name has characters that a FLAT path does not keep",
    "flat-id-duplicate": "Siblings have names that give the same FLAT id; a number after it tells them apart",
    "node-renamed": "The template gives the node another name than its archetype does",
    "node-prohibited": "The node may never be there",
    "archetype-unstable": "The archetype has version 0: it may change without notice",
    "archetype-repeated": "The archetype is used more than three times",
    "slot-unconstrained": "The slot takes any archetype",
    "slot-open": "The slot is not filled, so that its content is not known",
    "term-unused": "A code is defined and not used",
    "terminology-spelling": "The terminology is known by another name",
    "occurrences-beyond-cardinality": "A child may occur more often than the cardinality allows",
    "rm-attribute-computed": "The attribute is computed from others and never stored",
}

RULES: Final[Mapping[str, Rule]] = {
    **{code: Rule("error", says) for code, says in _ERRORS.items()},
    **{code: Rule("warning", says) for code, says in _WARNINGS.items()},
    **{code: Rule("info", says) for code, says in _INFOS.items()},
}
