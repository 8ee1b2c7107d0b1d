"""Every way to break a published contract is planted here, on real models."""

from typing import Annotated, Any, ClassVar, Literal

import pytest
from openward_contracts.compatibility import Rule, removed_subjects, violations
from openward_contracts.payload import Payload
from openward_contracts.schemas import schema_of
from pydantic import BaseModel, Field, create_model


class Part(BaseModel):
    code: str


class Published(Payload):
    subject: ClassVar[str] = "things.thing.done.v1"
    aggregate: ClassVar[str] = "thing"

    name: str
    size: int = Field(ge=1, le=10)
    kind: Literal["a", "b"]
    tags: tuple[str, ...] = ()
    note: str | None = None
    part: Part


PUBLISHED = schema_of(Published)
FIELDS: dict[str, Any] = {
    name: (field.rebuild_annotation(), field) for name, field in Published.model_fields.items()
}


class NextMinor(Payload):
    subject: ClassVar[str] = Published.subject
    aggregate: ClassVar[str] = Published.aggregate
    minor: ClassVar[int] = 1


def proposed(**changes: Any) -> dict[str, Any]:
    """The published model with some fields replaced, or left out by None."""
    fields = {name: field for name, field in (FIELDS | changes).items() if field is not None}
    return schema_of(create_model("Published", __base__=NextMinor, **fields))


def rules(schema: dict[str, Any]) -> set[Rule]:
    return {violation.rule for violation in violations(PUBLISHED, schema)}


def test_the_same_schema_may_replace_itself() -> None:
    assert violations(PUBLISHED, PUBLISHED) == []


def test_optional_fields_may_be_added() -> None:
    schema = proposed(colour=(str | None, None), parts=(tuple[Part, ...], ()), code=(Literal["x", "y"], "x"))
    assert violations(PUBLISHED, schema) == []


def test_what_only_people_read_may_change() -> None:
    described = Annotated[str, Field(description="what it is called", title="Name", examples=["x"])]
    assert violations(PUBLISHED, proposed(name=(described, ...))) == []
    assert violations(PUBLISHED, PUBLISHED | {"description": "better said", "title": "Renamed"}) == []


class OtherPart(BaseModel):
    code: int


class LargerPart(BaseModel):
    code: str
    more: str


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        pytest.param({"name": None}, Rule.FIELD_REMOVED, id="removed"),
        pytest.param({"note": None}, Rule.FIELD_REMOVED, id="optional removed"),
        pytest.param({"name": None, "title": (str | None, None)}, Rule.FIELD_REMOVED, id="renamed"),
        pytest.param({"colour": (str, ...)}, Rule.NEWLY_REQUIRED, id="required added"),
        pytest.param({"note": (str | None, ...)}, Rule.NEWLY_REQUIRED, id="optional made required"),
        pytest.param({"name": (str, "x")}, Rule.NO_LONGER_REQUIRED, id="required made optional"),
        pytest.param({"name": (int, ...)}, Rule.TYPE_CHANGED, id="another type"),
        pytest.param(
            {"name": (Annotated[str, Field(json_schema_extra={"format": "uuid"})], ...)}, Rule.TYPE_CHANGED
        ),
        pytest.param({"name": (str | None, ...)}, Rule.TYPE_CHANGED, id="may now be null"),
        pytest.param({"note": (str | int | None, None)}, Rule.TYPE_CHANGED, id="one type more"),
        pytest.param({"note": (int | None, None)}, Rule.TYPE_CHANGED, id="another type when present"),
        pytest.param({"tags": (tuple[int, ...], ())}, Rule.TYPE_CHANGED, id="another type of items"),
        pytest.param({"part": (OtherPart, ...)}, Rule.TYPE_CHANGED, id="another part"),
        pytest.param(
            {"name": (Annotated[str, Field(min_length=1)], ...)}, Rule.CONSTRAINT_CHANGED, id="narrowed"
        ),
        pytest.param({"size": (int, Field(ge=2, le=10))}, Rule.CONSTRAINT_CHANGED, id="narrowed below"),
        pytest.param({"size": (int, Field(ge=1, le=20))}, Rule.CONSTRAINT_CHANGED, id="widened"),
        pytest.param({"size": (int, Field(ge=1))}, Rule.CONSTRAINT_CHANGED, id="bound removed"),
        pytest.param({"kind": (Literal["a"], ...)}, Rule.VALUES_CHANGED, id="value removed"),
        pytest.param({"kind": (Literal["a", "b", "c"], ...)}, Rule.VALUES_CHANGED, id="value added"),
        pytest.param({"note": (str | None, "none")}, Rule.DEFAULT_CHANGED, id="another default"),
    ],
)
def test_a_breaking_change_is_found(changes: dict[str, Any], rule: Rule) -> None:
    assert rule in rules(proposed(**changes))


def test_a_breaking_change_inside_a_part_is_found() -> None:
    schema = proposed()
    schema["$defs"]["Part"] = schema_of(
        create_model("Part", __base__=NextMinor, code=(str, ...), more=(str, ...))
    )
    assert rules(schema) == {Rule.NEWLY_REQUIRED}
    del schema["$defs"]["Part"]["properties"]["code"]
    assert Rule.FIELD_REMOVED in rules(schema)


def test_the_place_of_a_violation_is_named() -> None:
    [violation] = violations(PUBLISHED, proposed(size=(int, Field(ge=2, le=10))))
    assert str(violation) == "constraint-changed at /properties/size/minimum: 1 became 2"


def test_an_addition_raises_the_minor_version() -> None:
    schema = proposed(colour=(str | None, None)) | {"$id": PUBLISHED["$id"]}
    assert rules(schema) == {Rule.VERSION_NOT_RAISED}


def test_a_field_named_like_a_keyword_is_a_field() -> None:
    published = schema_of(
        create_model("Published", __base__=NextMinor, title=(str, ...), description=(str, ...))
    )
    changed = schema_of(
        create_model("Published", __base__=NextMinor, title=(int, ...), description=(str, ...))
    )
    assert [violation.pointer for violation in violations(published, changed)] == ["/properties/title/type"]


def test_a_published_subject_stays() -> None:
    [violation] = removed_subjects(
        {"a.b.done.v1": {}, "a.b.done.v2": {}}, {"a.b.done.v2": {}, "a.b.done.v3": {}}
    )
    assert violation.rule == Rule.SUBJECT_REMOVED
    assert "a.b.done.v1" in violation.detail
