"""A composition in JSON is stored under our uid, and a large one is understood as a small one is."""

import json
from typing import Any

import pytest
from clinical.domain.composition import Draft, Format, read_draft
from clinical.domain.contribution import WANTED, read_contribution
from clinical.domain.errors import CompositionUnreadable
from openward_contracts.identifiers import TemplateId, VersionUid
from openward_servicekit import strict_json

UID = VersionUid("8849182c-82ad-4088-a07f-48ead4180515::openward.local::1")
TEMPLATE = {"template_id": {"value": "visit.v1"}}
OTHER = "somebody::else::1"
SMALL, LARGE = b"", b" " * strict_json.SMALL
sizes = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])


def draft(content: Any, form: Format, size: bytes = SMALL) -> Draft:
    return read_draft(json.dumps(content).encode() + size, form, TemplateId("visit.v1"))


def stored(content: Any, form: Format, size: bytes) -> Any:
    return strict_json.loads(b"".join(draft(content, form, size).stored_as(UID)))


@sizes
@pytest.mark.parametrize("own", [{}, {"uid": {"value": OTHER}}, {"uid": None}])
def test_canonical_json_gets_our_uid_and_no_other(own: dict[str, Any], size: bytes) -> None:
    content = {"_type": "COMPOSITION", **own, "archetype_details": TEMPLATE, "content": [{"uid": 1}]}

    expected = content | {"uid": {"_type": "OBJECT_VERSION_ID", "value": UID}}

    assert stored(content, Format.CANONICAL, size) == expected
    assert draft(content, Format.CANONICAL, size).template_id == "visit.v1"


@sizes
@pytest.mark.parametrize("own", [{}, {"root/_uid": OTHER}])
def test_flat_gets_our_uid_at_its_root(own: dict[str, Any], size: bytes) -> None:
    content = {"ctx/language": "en", "root/a|magnitude": 1.5, **own, "root|b": "é"}

    assert stored(content, Format.FLAT, size) == content | {"root/_uid": UID}


@sizes
@pytest.mark.parametrize("own", [{}, {"_uid": [OTHER]}])
def test_structured_gets_our_uid_below_its_root(own: dict[str, Any], size: bytes) -> None:
    content = {"ctx": {"_uid": 1}, "root": {"a": [{"_uid": ["x"]}], **own}}

    assert stored(content, Format.STRUCTURED, size) == content | {"root": content["root"] | {"_uid": [UID]}}


@sizes
@pytest.mark.parametrize(
    ("content", "form"),
    [
        ([], Format.CANONICAL),
        ({}, Format.FLAT),
        ({"ctx/time": "x"}, Format.FLAT),
        ({"root/a": 1, "other/a": 1}, Format.FLAT),
        ({"root": {}, "other": {}}, Format.STRUCTURED),
        ({"root": {}, "root/_uid": [OTHER]}, Format.STRUCTURED),
        ({"root": [{}]}, Format.STRUCTURED),
        ({"archetype_details": {"template_id": {"value": "another"}}}, Format.CANONICAL),
    ],
)
def test_what_cannot_be_stored_under_one_uid_is_unreadable(content: Any, form: Format, size: bytes) -> None:
    with pytest.raises(CompositionUnreadable):
        draft(content, form, size)


@sizes
def test_values_that_no_template_allows_are_known_by_path(size: bytes) -> None:
    content = {"root/a": [1], "root/b": {}, "root/c|magnitude": "7", "root/d|numerator": True, "root/e": None}

    assert [objection.path for objection in draft(content, Format.FLAT, size).broken] == list(content)[:4]


@sizes
@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":"\xff"}', b'{"a":', b'{"a":"\\ud800"}']
)
def test_json_that_is_none_is_refused_in_every_format(body: bytes, size: bytes) -> None:
    for form in (Format.CANONICAL, Format.FLAT, Format.STRUCTURED):
        with pytest.raises(ValueError):  # noqa: PT011  what it says is strict_json's
            read_draft(body + size, form, TemplateId("visit.v1"))


def test_a_large_contribution_is_understood_as_a_small_one_is() -> None:
    change = {"value": "modification", "defining_code": {"code_string": "251"}}
    data = {"_type": "COMPOSITION", "archetype_details": TEMPLATE, "content": [1, {"_type": "x"}]}
    version = {
        "commit_audit": {"change_type": change, "description": {"value": "why"}},
        "preceding_version_uid": {"value": UID},
        "data": data,
    }
    body = json.dumps({"_type": "CONTRIBUTION", "versions": [version, version]}).encode()

    small, large = (strict_json.read(body + size, WANTED) for size in (SMALL, LARGE))

    assert large["versions"][0]["commit_audit"] == version["commit_audit"]
    for one, other in zip(read_contribution(small), read_contribution(large), strict=True):
        assert (one.kind, one.preceding, one.template_id) == (other.kind, other.preceding, other.template_id)
