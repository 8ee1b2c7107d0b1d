"""Which constraints become nodes of a web template, under which ids and paths."""

import pytest
from openward_openehr import web_template
from openward_openehr.web_template.model import Cardinality, Node, TermBinding
from openward_testkit import opts

TERMS = {"at0004": "Rate", "at0005": "Rhythm", "at0010": "Regular", "at0011": "Irregular"}
EVENT = "/content[openEHR-EHR-OBSERVATION.pulse.v1]/data[at0001]/events[at0002]"


def observed(*items: str, **said: opts.Terms) -> bytes:
    return opts.composition(opts.observation(*items, terms={**TERMS, **said.get("terms", {})}))


def paths(node: Node, above: str = "") -> dict[str, Node]:
    """FLAT paths without the root; ids that occur twice appear once."""
    found = {}
    for child in node.children:
        path = f"{above}/{child.id}" if above else child.id
        found[path] = child
        found.update(paths(child, path))
    return found


def compiled(source: bytes) -> dict[str, Node]:
    return paths(web_template.compile(source).tree)


def test_structures_are_left_out_and_elements_are_their_values() -> None:
    rate = compiled(observed(opts.element("at0004", opts.text())))["pulse/any_event/rate"]

    assert (rate.rm_type, rate.name, rate.min, rate.max) == ("DV_TEXT", "Rate", 0, 1)
    assert rate.aql_path == f"{EVENT}/data[at0003]/items[at0004]/value"
    assert (rate.localized_names, rate.localized_descriptions) == ({"en": "Rate"}, {"en": "about Rate"})


def test_an_event_that_occurs_once_is_left_out() -> None:
    once = opts.observation(opts.element("at0004", opts.text()), terms=TERMS, events=(0, 1))

    assert {"pulse/rate", "pulse/time"} <= set(compiled(opts.composition(once)))


def test_what_the_reference_model_needs_is_there_although_the_template_is_silent() -> None:
    nodes = compiled(observed())

    assert {path for path in nodes if "/" not in path} == {
        "category",
        "pulse",
        "composer",
        "language",
        "territory",
        "context",
    }
    assert nodes["pulse/any_event/time"].in_context
    assert nodes["pulse/subject"].in_context
    assert (nodes["context"].min, nodes["context/start_time"].min) == (0, 1)
    assert nodes["composer"].rm_type == "PARTY_PROXY"
    assert "pulse/links" not in nodes


def test_siblings_of_one_name_get_numbers() -> None:
    source = observed(
        opts.element("at0004", opts.text()), opts.element("at0005", opts.text()), terms={"at0005": "Rate"}
    )

    assert [path for path in compiled(source) if "rate" in path] == [
        "pulse/any_event/rate",
        "pulse/any_event/rate2",
    ]


def test_a_renamed_node_has_its_name_in_its_paths() -> None:
    rates = [opts.element("at0004", opts.text(), name=opts.named(name)) for name in ("At rest", "In motion")]
    nodes = compiled(observed(*rates))

    assert nodes["pulse/any_event/at_rest"].aql_path.endswith("/items[at0004 and name/value='At rest']/value")
    assert nodes["pulse/any_event/in_motion"].localized_names == {"en": "In motion"}


def test_a_node_beside_a_renamed_one_has_its_name_in_its_paths_too() -> None:
    source = observed(
        opts.element("at0004", opts.text()), opts.element("at0004", opts.text(), name=opts.named("At rest"))
    )

    assert compiled(source)["pulse/any_event/rate"].aql_path.endswith(
        "/items[at0004 and name/value='Rate']/value"
    )


def test_a_node_that_may_have_several_names_is_several_nodes() -> None:
    nodes = compiled(observed(opts.element("at0004", opts.text(), name=opts.named("Left", "Right"))))

    assert [
        nodes[f"pulse/any_event/{each}"].aql_path.rpartition("/items")[2] for each in ("left", "right")
    ] == [
        "[at0004 and name/value='Left']/value",
        "[at0004 and name/value='Right']/value",
    ]


def test_a_node_of_several_coded_names_has_each_time_one() -> None:
    name = opts.single("name", opts.coded("at0010", "at0011"))
    source = observed(opts.element("at0004", opts.text(), name=name))
    full = paths(web_template.compile_full(source).tree)

    for id_, text in (("regular", "Regular"), ("irregular", "Irregular")):
        code = full[f"pulse/history/any_event/tree/{id_}/name/defining_code"]
        assert [each.label for each in code.inputs[0].choices] == [text]
        assert code.aql_path.endswith(f"[at0004 and name/value='{text}']/name/defining_code")


def test_a_choice_of_code_or_text_is_a_code_with_an_open_list() -> None:
    source = observed(opts.element("at0004", opts.coded("at0010", "at0011"), opts.text()))
    rate = compiled(source)["pulse/any_event/rate"]

    assert rate.rm_type == "DV_CODED_TEXT"
    assert [(each.suffix, each.list_open) for each in rate.inputs] == [("code", True), ("other", None)]
    assert not rate.children


def test_other_choices_are_children_that_are_called_after_their_types() -> None:
    source = observed(
        opts.element("at0004", opts.constraint("DV_QUANTITY"), opts.constraint("DV_INTERVAL<DV_QUANTITY>"))
    )
    nodes = compiled(source)

    assert nodes["pulse/any_event/rate"].rm_type == "ELEMENT"
    assert {"quantity_value", "interval<dv_quantity>_value"} == {
        each.id for each in nodes["pulse/any_event/rate"].children
    }


def test_an_element_without_a_value_takes_any() -> None:
    rate = compiled(observed(opts.element("at0004")))["pulse/any_event/rate"]

    assert len(rate.children) == 17
    assert {(each.min, each.max, each.in_context) for each in rate.children} == {(0, 1, True)}
    assert rate.children[0].id == "text_value"


def test_a_mandatory_null_flavour_stands_beside_the_value() -> None:
    flavour = opts.single("null_flavour", opts.coded("271", terminology="openehr"))
    element = opts.element("at0004", opts.constraint("DV_COUNT"), name=flavour)

    assert {"pulse/any_event/rate/count_value", "pulse/any_event/rate/coded_text_value"} <= set(
        compiled(observed(element))
    )


@pytest.mark.parametrize(
    ("cardinality", "expected"),
    [
        ((0, None), ()),
        ((1, 2), ()),
        ((0, 1), (Cardinality(0, 1, ("rate", "rhythm")),)),
        ((2, None), (Cardinality(2, -1, ("rate", "rhythm")),)),
    ],
)
def test_cardinalities_are_those_that_occurrences_do_not_say(
    cardinality: opts.Span, expected: tuple[Cardinality, ...]
) -> None:
    items = opts.element("at0004", opts.text()), opts.element("at0005", opts.text())
    cluster = opts.constraint("CLUSTER", opts.many("items", *items, cardinality=cardinality), code="at0010")
    node = compiled(observed(cluster))["pulse/any_event/regular"]

    assert node.cardinalities == expected


def test_slots_are_only_in_the_full_tree() -> None:
    source = observed(opts.constraint("CLUSTER", kind="ARCHETYPE_SLOT", code="at0004", occurs=(0, None)))
    full = paths(web_template.compile_full(source).tree)

    assert "pulse/any_event/rate" not in compiled(source)
    assert full["pulse/history/any_event/tree/rate"].is_slot
    assert full["pulse/history"].rm_type == "HISTORY"


def test_bindings_to_terminologies_are_only_in_the_full_tree() -> None:
    bound = (
        '<term_bindings terminology="SNOMED-CT"><items code="at0004"><value><terminology_id>'
        "<value>SNOMED-CT(2003)</value></terminology_id><code_string>364075005</code_string></value></items>"
        "</term_bindings>"
    )
    items = opts.many("items", opts.element("at0004", opts.text()))
    cluster = opts.root(
        "openEHR-EHR-CLUSTER.rate.v1", items, terms={"at0000": "Rates", **TERMS}, tag="definition", more=bound
    )
    source = opts.template(cluster)

    assert paths(web_template.compile_full(source).tree)["rate"].term_bindings == {
        "SNOMED-CT": TermBinding("364075005", "SNOMED-CT(2003)")
    }
    assert compiled(source)["rate"].term_bindings == {}


def test_the_full_tree_says_which_attributes_may_be_absent() -> None:
    value = opts.single("value", opts.text(), existence=(0, 1))
    source = observed(opts.constraint("ELEMENT", value, code="at0004"))
    element = paths(web_template.compile_full(source).tree)["pulse/history/any_event/tree/rate"]

    assert element.cardinalities == (Cardinality(0, 1, ("value",)),)
    assert element.children[0].min == 1


def test_the_steps_of_an_action_are_one_transition() -> None:
    def step(code: str, state: str) -> str:
        current = opts.single("current_state", opts.coded(state, terminology="openehr"))
        careflow = opts.single("careflow_step", opts.coded(code))
        return opts.constraint("ISM_TRANSITION", current, careflow)

    transitions = opts.single("ism_transition", step("at0004", "524"), step("at0005", "532"))
    action = opts.root("openEHR-EHR-ACTION.care.v1", transitions, terms={"at0000": "Care", **TERMS})
    nodes = compiled(opts.composition(action))

    (careflow,), (state,) = (
        nodes[f"care/ism_transition/{each}"].inputs for each in ("careflow_step", "current_state")
    )
    assert [(each.value, each.label, each.current_states) for each in careflow.choices] == [
        ("at0004", "Rate", ("524",)),
        ("at0005", "Rhythm", ("532",)),
    ]
    assert [each.value for each in state.choices] == ["524", "532"]
    assert nodes["care/ism_transition/transition"].in_context


def test_an_instruction_has_what_activities_need() -> None:
    activity = opts.constraint("ACTIVITY", opts.single("description", opts.tree()), code="at0004")
    order = opts.root(
        "openEHR-EHR-INSTRUCTION.order.v1",
        opts.many("activities", activity),
        terms={"at0000": "Order", **TERMS},
    )

    assert {
        "order/narrative",
        "order/expiry_time",
        "order/rate/timing",
        "order/rate/action_archetype_id",
    } <= set(compiled(opts.composition(order)))


def test_any_type_may_be_the_root() -> None:
    cluster = opts.root(
        "openEHR-EHR-CLUSTER.device.v1",
        opts.many("items", opts.element("at0004", opts.text())),
        terms={"at0000": "Device", **TERMS},
        tag="definition",
    )
    tree = web_template.compile(opts.template(cluster)).tree

    assert (tree.id, tree.rm_type, [each.id for each in tree.children]) == ("device", "CLUSTER", ["rate"])


def test_a_code_without_a_term_is_its_own_name() -> None:
    assert "pulse/any_event/at0099" in compiled(observed(opts.element("at0099", opts.text())))


def test_node_ids_of_what_cannot_have_any_are_ignored() -> None:
    value = opts.constraint("DV_TEXT", code="at0099")

    assert "pulse/any_event/rate" in compiled(observed(opts.element("at0004", value)))


def test_a_node_that_is_called_like_an_optional_attribute_is_left_out_as_by_ehrbase() -> None:
    assert "pulse/any_event/links" not in compiled(
        observed(opts.constraint("CLUSTER", code="at0004", occurs=(0, 1)), terms={"at0004": "links"})
    )


def test_a_name_of_which_nothing_is_left_gives_way_to_the_code() -> None:
    nodes = compiled(observed(opts.element("at0004", opts.text()), terms={"at0004": "?"}))

    assert nodes["pulse/any_event/at0004"].name == "?"
