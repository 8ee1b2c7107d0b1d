import datetime as dt
import uuid
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openward_servicekit.errors import Category, FieldError
from openward_servicekit.validation import invalid_body
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

CANARY = "Xylophonia"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Everything(BaseModel):
    """One field for each way in which pydantic might quote what it was given."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID | None = None
    born: dt.date | None = None
    at: dt.datetime | None = None
    took: dt.timedelta | None = None
    link: AnyUrl | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    gender: Literal["female", "male"] | None = None
    short: Annotated[str, Field(max_length=3)] | None = None
    digits: Annotated[str, Field(pattern="^[0-9]+$")] | None = None
    count: Annotated[int, Field(ge=1, le=9)] | None = None
    names: list[Annotated[str, Field(min_length=1)]] = []
    own: str | None = None
    tagged: str | None = None

    @field_validator("own")
    @classmethod
    def _own(cls, value: str) -> str:
        raise ValueError(f"{value} is not allowed")

    @field_validator("tagged")
    @classmethod
    def _tagged(cls, value: str) -> str:
        raise PydanticCustomError("check_digit", "The check digit does not match {value}", {"value": value})


def refusals(body: object) -> tuple[FieldError, ...]:
    with pytest.raises(ValidationError) as error:
        Everything.model_validate(body)
    failure = invalid_body(error.value)
    assert failure.category is Category.INVALID
    return failure.errors


def test_a_field_is_told_by_its_json_pointer() -> None:
    (error,) = refusals({"names": ["a", ""]})

    assert error == FieldError("string-too-short", "String should have at least 1 character", "/names/1")


def test_what_was_expected_is_told() -> None:
    (error,) = refusals({"gender": CANARY})

    assert error.detail == "Input should be 'female' or 'male'"


def test_a_name_with_a_slash_or_a_tilde_is_escaped() -> None:
    (error,) = refusals({"a/b~c": 1})

    assert error.pointer == "/a~1b~0c"


def test_the_whole_body_is_the_empty_pointer() -> None:
    (error,) = refusals("text")

    assert error.pointer == ""


def test_a_sentence_ends_where_the_quotation_would_begin() -> None:
    (error,) = refusals({"id": CANARY})

    assert error == FieldError("uuid-parsing", "Input should be a valid UUID", "/id")


def test_a_rule_of_our_own_with_a_constant_message_is_told() -> None:
    class Record(BaseModel):
        number: str

        @field_validator("number")
        @classmethod
        def _check(cls, _value: str) -> str:
            raise PydanticCustomError("check_digit", "The check digit does not match")

    with pytest.raises(ValidationError) as error:
        Record.model_validate({"number": CANARY})

    (found,) = invalid_body(error.value).errors
    assert found == FieldError("check-digit", "The check digit does not match", "/number")


@given(
    field=st.sampled_from(sorted(set(Everything.model_fields))),
    value=st.sampled_from(
        [CANARY, [CANARY], {CANARY: CANARY}, {"kind": CANARY}, f"1980-01-{CANARY}", f"https://{CANARY} /"]
    ),
)
def test_no_detail_ever_holds_what_was_sent(field: str, value: object) -> None:
    try:
        Everything.model_validate({field: value})
    except ValidationError as error:
        details = [found.detail for found in invalid_body(error).errors]
        assert CANARY.lower() not in " ".join(details).lower()
