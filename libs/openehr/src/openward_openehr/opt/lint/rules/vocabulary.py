"""Elements that no template has, and intervals that every constraint has."""

from typing import Final

from openward_openehr.opt.lint.definition import Object
from openward_openehr.opt.lint.finding import Report
from openward_openehr.opt.lint.template import Template

#: Source: openEHR XML schemas 1.0.2 (Template, Archetype, OpenehrProfile, Resource).
_ELEMENTS: Final = """
template language description uid template_id concept definition ontology component_ontologies annotations
constraints view is_controlled revision_history translations original_author lifecycle_state
other_contributors
resource_package_uri other_details details parent_resource purpose keywords use misuse copyright
original_resource_uri author accreditation original_language
rm_type_name occurrences node_id attributes children rm_attribute_name existence cardinality match_negated
interval is_ordered is_unique lower upper lower_included upper_included lower_unbounded upper_unbounded
archetype_id term_definitions term_bindings constraint_bindings constraint_definitions items value
includes excludes string_expression expression tag variables assertions type operator precedence_overridden
left_operand right_operand operand item reference_type target_path reference referenceSetUri
pattern list list_open range assumed_value true_valid false_valid list_item timezone_validity
month_validity day_validity hour_validity minute_validity second_validity millisecond_validity
code_list terminology_id code_string property units magnitude precision symbol defining_code
states transitions name guard event action next_state
differential_path default_value hide_on_form constraint path string id
"""
#: Default and assumed values: attributes of data types. Source: openEHR XML schema 1.0.2, BaseTypes.
_OF_VALUES: Final = """
numerator denominator hyperlink mappings formatting encoding normal_status normal_range other_reference_ranges
magnitude_status accuracy accuracy_is_percent uri data media_type size alternate_text charset integrity_check
integrity_check_algorithm compression_algorithm thumbnail formalism issuer assigner match target namespace
preferred_term units_system units_display_name meaning scheme is_integral
"""
_KNOWN: Final = frozenset((_ELEMENTS + _OF_VALUES).split())


def check(template: Template, report: Report) -> None:
    for name in template.names():
        for element in template.elements(name):
            if element.foreign or name not in _KNOWN:
                report.at(element, "element-unknown", None, name)
    for each in template.objects:
        _intervals(each, report)


def _intervals(each: Object, report: Report) -> None:
    """Without one, readers take what they like: any number, once, none."""
    if each.element.child("occurrences") is None:
        report.at(each.element, "interval-missing", each, "occurrences")
    for attribute in each.attributes:
        if attribute.element.child("existence") is None:
            report.at(attribute.element, "interval-missing", attribute, "existence")
        if attribute.is_container and attribute.element.child("cardinality", "interval") is None:
            report.at(attribute.element, "interval-missing", attribute, "cardinality")
