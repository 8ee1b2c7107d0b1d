from typing import Any

from openward_openehr.simplified import to_flat, to_structured, walk_structured

FLAT: dict[str, Any] = {
    "ctx/language": "en",
    "vitals/pulse/any_event:0/rate|magnitude": 71,
    "vitals/pulse/any_event:0/rate|unit": "/min",
    "vitals/pulse/any_event:1/rate|magnitude": 74,
    "vitals/pulse/any_event:1/rate|unit": "/min",
    "vitals/pulse/comment": "regular",
    "vitals/pulse/comment/_mapping:0|match": "=",
    "vitals/pulse/_uid": "5502e333-6a3e-3198-a2ea-13dd626dcca7",
}


def test_each_place_of_a_flat_composition_becomes_an_object_in_a_list() -> None:
    assert to_structured(FLAT) == {
        "ctx": {"language": ["en"]},
        "vitals": {
            "pulse": [
                {
                    "any_event": [
                        {"rate": [{"|magnitude": 71, "|unit": "/min"}]},
                        {"rate": [{"|magnitude": 74, "|unit": "/min"}]},
                    ],
                    "comment": [{"_mapping": [{"|match": "="}], "": "regular"}],
                    "_uid": ["5502e333-6a3e-3198-a2ea-13dd626dcca7"],
                }
            ]
        },
    }


def test_structured_and_back_is_the_same_without_indices_of_zero() -> None:
    assert to_flat(to_structured(FLAT)) == {path.replace(":0", ""): value for path, value in FLAT.items()}


def test_a_missing_index_leaves_no_gap() -> None:
    assert to_structured({"a/b:4": "second", "a/b:1": "first"}) == {"a": {"b": ["first", "second"]}}


def test_objects_need_no_list_around_them() -> None:
    assert to_flat({"a": {"b": {"c": {"|unit": "kg"}}}}) == {"a/b/c|unit": "kg"}


def test_attributes_may_stand_in_the_list_beside_their_value() -> None:
    values = ["regular", {"_mapping": [{"|match": "="}]}]
    assert to_flat({"a": {"comment": values}}) == {"a/comment": "regular", "a/comment/_mapping|match": "="}


def test_a_place_tells_where_in_the_document_its_value_is() -> None:
    places = list(walk_structured({"a": {"b/c": [{"|x": 1}, {"|x": 2}]}}))
    assert [(place.flat, place.pointer) for place in places] == [
        ("a/b/c|x", "/a/b~1c/0/|x"),
        ("a/b/c:1|x", "/a/b~1c/1/|x"),
    ]


def test_a_document_nested_without_end_is_read_to_a_depth() -> None:
    nested: Any = "end"
    for _ in range(100_000):
        nested = [nested]
    (place,) = walk_structured({"a": nested})
    assert isinstance(place.value, list)
