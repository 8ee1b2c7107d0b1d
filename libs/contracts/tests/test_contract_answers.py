import json
from uuid import UUID

import pytest
from openward_contracts.page import Page
from openward_contracts.problem import FieldProblem, Problem, problem_type
from pydantic import ValidationError


def test_a_problem_says_only_what_it_knows() -> None:
    problem = Problem(
        type=problem_type("patient-not-found"), title="No such patient", status=404, code="patient-not-found"
    )
    assert json.loads(problem.body()) == {
        "type": "urn:openward:problem:patient-not-found",
        "title": "No such patient",
        "status": 404,
        "code": "patient-not-found",
    }


def test_a_problem_names_the_fields_at_fault() -> None:
    problem = Problem(
        type=problem_type("invalid-request"),
        title="The request is not valid",
        status=422,
        code="invalid-request",
        errors=(
            FieldProblem(pointer="/birth_date", code="date-in-future", detail="is in the future"),
            FieldProblem(path="limit", code="too-large", detail="is more than 100"),
        ),
        request_id="req-1",
    )
    body = json.loads(problem.body())
    assert body["errors"] == [
        {"pointer": "/birth_date", "code": "date-in-future", "detail": "is in the future"},
        {"path": "limit", "code": "too-large", "detail": "is more than 100"},
    ]
    assert Problem.model_validate_json(problem.body()) == problem


def test_the_whole_body_is_a_place() -> None:
    assert FieldProblem(pointer="", code="missing", detail="is missing").pointer == ""


def test_a_field_problem_is_somewhere() -> None:
    with pytest.raises(ValidationError):
        FieldProblem(code="missing", detail="is missing")


@pytest.mark.parametrize(("status", "code"), [(200, "fine"), (600, "fine"), (404, "Not found"), (404, "")])
def test_a_problem_is_an_error_with_a_slug(status: int, code: str) -> None:
    with pytest.raises(ValidationError):
        Problem(type="urn:openward:problem:x", title="x", status=status, code=code)


def test_a_page_knows_the_type_of_its_items() -> None:
    page = Page[UUID].model_validate_json(
        '{"items":["7d44b88c-4199-4bad-97dc-d78268e01398"],"next_cursor":"c"}'
    )
    assert (page.items, page.next_cursor) == ([UUID("7d44b88c-4199-4bad-97dc-d78268e01398")], "c")
    with pytest.raises(ValidationError):
        Page[UUID].model_validate_json('{"items":["x"]}')


def test_the_last_page_has_no_cursor() -> None:
    assert Page[int](items=[1]).next_cursor is None
