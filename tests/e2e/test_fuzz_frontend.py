"""A frontend's way through the clinical API, each step with what those before it gave: nothing breaks it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from random import Random
from types import ModuleType
from typing import Any, ClassVar, Final
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from openward_cli.demo import laboratory, medication, people, problem_list, vital_signs
from openward_cli.demo.client import Client
from openward_cli.http import make_client
from openward_cli.stack import REPOSITORY, Stack
from openward_cli.token import user_token
from openward_openehr import web_template
from openward_openehr.examples import Detail, Format, example
from openward_openehr.opt import read
from openward_testkit.clinic import AUTHOR, CLINICIAN, Clinic
from schemathesis.core.result import Ok

TEMPLATES: Final = (vital_signs, problem_list, medication, laboratory)
API: Final = "/api/clinical/v1"
_BUSY: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_PROBLEMS: Final = ("application/problem+json", "application/fhir+json")
_PEOPLE: Final = 3
_SECONDS: Final = 30.0
_HALF, _MOSTLY = 0.5, 0.85
#: Under which ids of one kind go, wherever they are asked for.
_SAME: Final[Mapping[str, str]] = {"object_id": "uid", "patients": "patient_id", "cursor": "next_cursor"}
_NODES: Final = ("systolic", "temperature", "openEHR-EHR-OBSERVATION.pulse.v2/data[at0002]", "no_such_thing")

api = (
    schemathesis.openapi.from_path(REPOSITORY / "docs" / "openapi.json")
    .include(path_regex=r"^/(api/clinical/v1|fhir/r4/(Observation|Encounter))")
    # One has no end, and the others are of no patient.
    .exclude(path_regex=r"/(events|review|findings)$")
)
#: What most is asked for.
_OFTEN: Final = (
    *("/timeline", "/timeline/_search", "/series", "/latest"),
    *("/diff", "$validate", "/query-products/{name}"),
)


def _cases() -> list[st.SearchStrategy[Any]]:
    """Made once: that takes longer than a request."""
    operations = [each.ok() for each in api.get_all_operations() if isinstance(each, Ok)]
    often = [each for each in operations if each.path.endswith(_OFTEN)]
    return [each.as_strategy() for each in (*operations, *often, *often)]


CASES: Final = _cases()


class Frontend(RuleBasedStateMachine):
    """`known`: what answers have given so far, by what it is called; `dice` are thrown anew at each step."""

    base: ClassVar[str]
    tokens: ClassVar[Mapping[str, str]]
    patients: ClassVar[list[str]]
    compiled: ClassVar[Mapping[ModuleType, Any]]
    ends_at: ClassVar[float]

    def __init__(self) -> None:
        super().__init__()
        self.known: defaultdict[str, list[Any]] = defaultdict(list)
        self.http = httpx.Client(base_url=self.base, trust_env=False, timeout=70)
        self.steps = 0
        self.dice = Random(0)  # noqa: S311  these are dice

    def teardown(self) -> None:
        self.http.close()

    @initialize()
    def begin(self) -> None:
        self.known |= {"patient_id": [*(5 * self.patients[:1]), *self.patients], "node": list(_NODES)}
        self._open_encounter()
        self._write()
        self._store_product()

    @rule(data=st.data(), seed=st.integers(0, 2**32))
    def go_on(self, data: st.DataObject, seed: int) -> None:
        """One rule for all steps: of several, Hypothesis would leave out some for a whole way.

        Whatever the time and the answers so far, the same is drawn: else it would call the test flaky.
        """
        self.steps += 1
        self.dice = Random(f"{seed} {self.steps}")  # noqa: S311  these are dice
        step = self.dice.choice([self._write, self._open_encounter, self._store_product, *(7 * [None])])
        case = None if step else data.draw(self.dice.choice(CASES))
        if time.monotonic() > self.ends_at:
            return
        if step:
            step()
        else:
            self._ask(case)

    def _write(self) -> None:
        """An example of some template, in some form."""
        module, form = self.dice.choice(TEMPLATES), self.dice.choice(list(Format))
        detail, seed = self.dice.choice(list(Detail)), self.dice.randrange(50)
        template, full = self.compiled[module]
        params = {"template_id": module.TEMPLATE_ID, "format": form.value}
        if self.known["encounter_id"] and self.dice.random() < _HALF:
            params["encounter_id"] = self._one_of("encounter_id")
        path = f"{API}/patients/{self._one_of('patient_id')}/compositions"
        body = example(template, form, detail, seed, full=full)
        answer = self._send("POST", path, params=params, json=body)
        if answer.is_success:
            uid = answer.json()["version_uid"]
            self.known["version_uid"].append(uid)
            self.known["uid"].append(uid.partition("::")[0])

    def _open_encounter(self) -> None:
        path = f"{API}/patients/{self._one_of('patient_id')}/encounters"
        answer = self._send("POST", path, json={"encounter_class": self.dice.choice(["AMB", "IMP", "EMER"])})
        if answer.is_success:
            self.known["encounter_id"].append(answer.json()["encounter_id"])

    def _store_product(self) -> None:
        name = f"org.openward.fuzz::p{uuid4().hex[:12]}"
        product = f"{API}/query-products/{name}/1.0.0"
        answer = self._send("PUT", product, user=AUTHOR, json=_product(self.dice.randrange(-50, 1200)))
        if answer.is_success:
            self.known["name"].append(name)
            self.known["version"] = ["1.0.0"]

    def _ask(self, case: Any) -> None:
        """Whatever the document allows, about what there is."""
        for part in (case.path_parameters, case.query, case.body):
            self._fill(part)
        headers = {"Authorization": f"Bearer {self.tokens[_caller(case)]}"}
        if case.method in ("PUT", "DELETE") and self.known["version_uid"]:
            headers["If-Match"] = f'"{self._one_of("version_uid")}"'
        answer = case.call(base_url=self.base, headers=headers, timeout=70)
        _check(answer.status_code, answer.headers.get("content-type", [""])[0], answer.text)
        self._learn(answer)

    def _fill(self, part: Any) -> None:
        """With what is known, most of the time."""
        for name in part if isinstance(part, dict) else ():
            known = self.known.get(_SAME.get(name, name))
            if known and self.dice.random() < _MOSTLY:
                value = self.dice.choice(known)
                part[name] = [value] if isinstance(part[name], list) else value

    def _learn(self, answer: Any) -> None:
        if answer.status_code == HTTPStatus.OK and "json" in answer.headers.get("content-type", [""])[0]:
            body = answer.json()
            if isinstance(body, dict) and body.get("next_cursor"):
                self.known["next_cursor"].append(body["next_cursor"])

    def _one_of(self, what: str) -> str:
        return str(self.dice.choice(self.known[what]))

    def _send(self, method: str, path: str, user: str = CLINICIAN, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        answer = self.http.request(method, path, headers=headers, **request)
        _check(answer.status_code, answer.headers.get("content-type", ""), answer.text)
        return answer


def _caller(case: Any) -> str:
    """Authors store products; who runs them is a clinician."""
    defines = case.method == "PUT" or case.path.endswith(("$lint", "$retire"))
    return AUTHOR if "query-products" in case.path and defines else CLINICIAN


def _check(status: int, media_type: str, text: str) -> None:
    assert status < HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY, text
    assert status < HTTPStatus.BAD_REQUEST or media_type.startswith(_PROBLEMS), text


def _product(least: int) -> dict[str, Any]:
    """Not each can be stored: a bound may be out of its parameter's range."""
    systolic = "o/data[at0001]/events[at0006]/data[at0003]/items[at0004]/value/magnitude"
    return {
        "title": "Pressures",
        "description": "Systolic pressures.",
        "owner": "tests",
        "scope": "patient",
        "aql": f"SELECT c/uid/value AS uid, {systolic} AS systolic FROM EHR e[ehr_id/value=$ehr_id]"
        " CONTAINS COMPOSITION c CONTAINS OBSERVATION o[openEHR-EHR-OBSERVATION.blood_pressure.v2]"
        f" WHERE {systolic} >= $least ORDER BY c/uid/value LIMIT 100",
        "parameters": [
            {
                "name": "least",
                "type": "number",
                "description": "At least.",
                "required": False,
                "default": least,
                "minimum": 0,
                "maximum": 1000,
            }
        ],
        "columns": [
            {"name": "uid", "type": "version-uid", "description": "Which composition."},
            {"name": "systolic", "type": "number", "description": "The pressure."},
        ],
        "limits": {"rows": 100},
    }


@pytest.fixture(scope="session")
def frontend(stack: Stack) -> type[Frontend]:
    asyncio.run(_prepare(stack))
    return Frontend


async def _prepare(stack: Stack) -> None:
    """Templates, patients whose EHRs are ready, tokens."""
    async with make_client(stack.gateway_url, seconds=60) as http:
        clinic = Clinic(stack, Client(stack, http))
        xml = {"Content-Type": "application/xml"}
        for module in TEMPLATES:
            path = "/api/templates/v1/templates"
            await clinic.insist(AUTHOR, "POST", path, content=module.opt(), headers=xml)
        persons = [await clinic.register(people.somebody()) for _ in range(_PEOPLE)]
        for person in persons:
            await clinic.until_ready(person)
    Frontend.base = stack.gateway_url
    Frontend.patients = [person.patient_id for person in persons]
    Frontend.tokens = {user: await user_token(stack, user) for user in (AUTHOR, CLINICIAN)}
    Frontend.compiled = {
        module: (web_template.compile(module.opt()), web_template.compile_full(read(module.opt())))
        for module in TEMPLATES
    }


def test_no_way_through_it_breaks_it(frontend: type[Frontend]) -> None:
    """Not made smaller when it fails: the server does not forget what was done."""
    frontend.ends_at = time.monotonic() + _SECONDS
    run_state_machine_as_test(
        frontend,
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
