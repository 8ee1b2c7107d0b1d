"""Compositions that are broken in one place or several: all of it is told, before a write and after it.

Which those are, and what each has to be told, is in `tests/compositions`: one file for each template, the
valid composition being the demonstration's own. EHRbase refuses every one of them.
"""

import asyncio
import copy
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import httpx
import pytest
from openward_cli.demo import laboratory, medication, problem_list, vital_signs
from openward_openehr.simplified import to_structured

BASE = "/api/clinical/v1/patients"
AT = "2026-11-22T10:00:00Z"
SODIUM = ("2951-2", 139.0, "mmol/L", (135.0, 145.0))
VALID: Mapping[str, tuple[ModuleType, Mapping[str, Any]]] = {
    "vital_signs": (vital_signs, vital_signs.flat(120, 80, AT, composer="Ada")),
    "problem_list": (problem_list, problem_list.flat(("38341003", "44054006"), AT, composer="Ada")),
    "medication": (medication, medication.flat(("C03CA01",), "C03CA01", AT, composer="Ada")),
    "laboratory": (laboratory, laboratory.flat([[SODIUM]], AT, composer="Ada")),
}
_FILES = Path(__file__).parents[1] / "compositions"


@dataclass(frozen=True)
class Broken:
    """`set` and `drop`: FLAT paths, else JSON Pointers; `problems`: rules and paths."""

    of: str
    says: str
    format: str
    problems: list[list[str]]
    set: Mapping[str, Any]
    drop: list[str]

    def __str__(self) -> str:
        return f"{self.of}-{self.format}-{self.says.replace(' ', '_')}"

    def broken(self, valid: Mapping[str, Any]) -> dict[str, Any]:
        if self.format == "FLAT":
            kept = {
                path: each for path, each in valid.items() if not any(_beneath(path, p) for p in self.drop)
            }
            return {**kept, **self.set}
        changed = copy.deepcopy(dict(valid))
        for pointer, value in self.set.items():
            parent, name = _place(changed, pointer)
            parent[name] = value
        for pointer in self.drop:
            parent, name = _place(changed, pointer)
            del parent[name]
        return changed


def _beneath(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}/", f"{place}|"))


def _place(content: Any, pointer: str) -> tuple[Any, Any]:
    *way, last = pointer.split("/")[1:]
    for step in way:
        content = content[int(step)] if isinstance(content, list) else content[step]
    return content, int(last) if isinstance(content, list) else last


def corpus() -> Iterator[Broken]:
    for name in VALID:
        for each in tomllib.loads((_FILES / f"{name}.toml").read_text("utf-8"))["composition"]:
            yield Broken(of=name, **({"set": {}, "drop": []} | each))


CORPUS = list(corpus())


@dataclass(frozen=True)
class Desk:
    """Where a composition is checked and written; `canonical`: the valid ones, as EHRbase gives them."""

    clinic: Any
    patient_id: str
    ehr_id: str
    canonical: Mapping[str, Mapping[str, Any]]

    def valid(self, of: str, form: str) -> Mapping[str, Any]:
        flat = VALID[of][1]
        return {"FLAT": flat, "STRUCTURED": to_structured(flat), "CANONICAL": self.canonical[of]}[form]

    async def send(self, case: Broken, action: str, body: Any = None, **headers: str) -> httpx.Response:
        answer = await self.clinic.client.post(
            f"{BASE}/{self.patient_id}/compositions{action}",
            params={"format": case.format, "template_id": VALID[case.of][0].TEMPLATE_ID},
            json=case.broken(self.valid(case.of, case.format)) if body is None else body,
            headers=self.clinic.headers() | headers,
        )
        return cast("httpx.Response", answer)


@pytest.fixture(scope="module")
async def desk(clinic: Any, bring: Any) -> Desk:
    patient_id, ehr_id = await clinic.patient()
    canonical = {}
    for name, (demo, flat) in VALID.items():
        await bring(demo.opt())
        params = {"format": "FLAT", "template_id": demo.TEMPLATE_ID}
        written = await clinic.client.post(
            f"{BASE}/{patient_id}/compositions", params=params, json=flat, headers=clinic.headers()
        )
        uid = written.json()["version_uid"]
        canonical[name] = (await clinic.read(patient_id, uid, "CANONICAL")).json()
    return Desk(clinic, patient_id, ehr_id, canonical)


def told(problems: list[dict[str, Any]]) -> list[list[str]]:
    return [[each["code"], each["path"]] for each in problems]


def test_there_are_enough_of_them_of_every_kind() -> None:
    assert len(CORPUS) >= 60
    assert {case.format for case in CORPUS} == {"FLAT", "STRUCTURED", "CANONICAL"}
    assert len({str(case) for case in CORPUS}) == len(CORPUS)
    assert len({rule for case in CORPUS for rule, _ in case.problems}) >= 11


@pytest.mark.parametrize("case", CORPUS, ids=str)
async def test_all_that_is_wrong_is_told_before_a_write_and_by_the_refusal(desk: Desk, case: Broken) -> None:
    report = await desk.send(case, "/$validate")
    refused = await desk.send(case, "")

    assert (report.status_code, refused.status_code) == (200, 422)
    assert told(report.json()["problems"]) == case.problems
    assert report.json()["valid"] is False
    problem = refused.json()
    assert (problem["code"], problem["problems"]) == ("composition-rejected", report.json()["problems"])
    where = [each.get("path") if case.format == "FLAT" else each.get("pointer") for each in problem["errors"]]
    assert where == [path for _, path in case.problems]


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("form", ["FLAT", "STRUCTURED", "CANONICAL"])
async def test_of_what_is_valid_nothing_is_told(desk: Desk, name: str, form: str) -> None:
    case = Broken(name, "nothing", form, [], {}, [])

    report = await desk.send(case, "/$validate")

    assert report.json() == {"valid": True, "problems": []}
    assert (await desk.send(case, "")).status_code == 201


@pytest.mark.parametrize("case", CORPUS[::9], ids=str)
async def test_clients_of_openehr_are_told_too_and_hear_what_ehrbase_said(desk: Desk, case: Broken) -> None:
    media = {"FLAT": ".wt.flat", "STRUCTURED": ".wt.structured"}.get(case.format)
    content_type = f"application/openehr{media}+json" if media else "application/json"
    headers = desk.clinic.headers() | {"Content-Type": content_type}
    body = json.dumps(case.broken(desk.valid(case.of, case.format)))

    refused = await desk.clinic.client.post(
        f"/openehr/v1/ehr/{desk.ehr_id}/composition",
        params={"template_id": VALID[case.of][0].TEMPLATE_ID},
        content=body,
        headers=headers,
    )

    assert refused.status_code in (400, 422)
    assert told(refused.json()["problems"]) == case.problems
    assert refused.json()["message"]


async def test_a_correction_is_refused_in_the_same_way(desk: Desk) -> None:
    case = next(each for each in CORPUS if each.format == "CANONICAL")
    valid = Broken(case.of, "nothing", "CANONICAL", [], {}, [])
    uid = (await desk.send(valid, "")).json()["version_uid"]

    refused = await desk.clinic.client.put(
        f"{BASE}/{desk.patient_id}/compositions/{uid.partition('::')[0]}",
        params={"format": case.format},
        json=case.broken(desk.canonical[case.of]) | {"uid": None},
        headers=desk.clinic.headers() | {"If-Match": f'"{uid}"'},
    )

    assert refused.status_code == 422
    assert told(refused.json()["problems"]) == case.problems


async def test_labels_are_in_the_language_that_is_asked_for(desk: Desk) -> None:
    case = next(each for each in CORPUS if each.of == "problem_list" and "severity" in each.says)
    labels = {
        language: (await desk.send(case, "/$validate", **{"Accept-Language": language})).json()["problems"][
            0
        ]["label"]
        for language in ("en", "de-AT, en;q=0.1")
    }

    assert list(labels.values()) == ["Severity", "Schweregrad"]


async def test_a_problem_says_what_would_be_right_and_never_what_is_there(desk: Desk) -> None:
    body = dict(VALID["vital_signs"][1]) | {
        "vital_signs/blood_pressure/any_event:0/systolic|magnitude": 4711.5,
        "vital_signs/pulse/any_event:0/rate|unit": "SECRET",
        "vital_signs/pulse/any_event:0/rat|magnitude": "SECRET",
    }
    case = Broken("vital_signs", "three", "FLAT", [], {}, [])

    refused = await desk.send(case, "", body)

    by_path = {each["path"].rpartition("/")[2]: each for each in refused.json()["problems"]}
    assert by_path["systolic|magnitude"]["expected"]["range"]["max"] == 1000.0
    assert by_path["systolic|magnitude"]["label"] == "Systolic"
    assert by_path["systolic|magnitude"]["found"] == "number"
    assert by_path["rate|unit"]["expected"] == {"units": ["/min"]}
    assert by_path["rat|magnitude"]["did_you_mean"][0] == "vital_signs/pulse/any_event/rate|magnitude"
    assert "SECRET" not in refused.text
    assert "4711.5" not in refused.text


@pytest.mark.parametrize(
    ("status", "code", "params", "role", "body"),
    [
        (403, "permission-denied", {}, "template-author", {}),
        (422, "template-unknown", {"template_id": "nobody-has-it"}, "clinician", {"nobody/x": 1}),
        (422, "composition-unreadable", {}, "clinician", {"a/x": 1, "b/x": 1}),
        (422, "composition-unreadable", {}, "clinician", []),
        (400, "malformed-json", {}, "clinician", b'{"a": '),
        (400, "malformed-json", {}, "clinician", b'{"vital_signs/x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
        (413, "composition-too-large", {}, "clinician", b'{"vital_signs/x": "' + b"x" * 4_000_000 + b'"}'),
        (413, "body-too-large", {}, "clinician", b'{"vital_signs/x": "' + b"x" * 20_000_000 + b'"}'),
    ],
)
async def test_what_cannot_be_checked_is_refused_as_a_write_is(
    desk: Desk, status: int, code: str, params: dict[str, str], role: str, body: Any
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    answer = await desk.clinic.client.post(
        f"{BASE}/{desk.patient_id}/compositions/$validate",
        params={"format": "FLAT", "template_id": vital_signs.TEMPLATE_ID} | params,
        content=content,
        headers=desk.clinic.headers(role) | {"Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_who_may_not_write_by_the_template_may_not_ask_either(desk: Desk) -> None:
    headers = desk.clinic.headers(scope="user/composition-other.crud")

    answer = await desk.clinic.client.post(
        f"{BASE}/{desk.patient_id}/compositions/$validate",
        params={"format": "FLAT", "template_id": vital_signs.TEMPLATE_ID},
        json=VALID["vital_signs"][1],
        headers=headers,
    )

    assert answer.status_code == 403


async def test_of_a_merged_patient_the_survivor_is_named(desk: Desk) -> None:
    source, survivor = await desk.clinic.patient(), await desk.clinic.patient()
    await desk.clinic.write(source[0])
    await desk.clinic.write(survivor[0])
    await desk.clinic.merge(source, survivor)
    merged = replace(desk, patient_id=source[0], ehr_id=source[1])
    case = Broken("vital_signs", "nothing", "FLAT", [], {}, [])

    report = await merged.send(case, "/$validate")
    for _ in range(600):
        if "link" in report.headers:
            break
        await asyncio.sleep(0.05)
        report = await merged.send(case, "/$validate")

    assert report.json()["valid"]
    assert report.headers["link"] == f'<{BASE}/{survivor[0]}>; rel="canonical"'


async def test_what_ehrbase_alone_refuses_is_told_without_what_was_sent(desk: Desk) -> None:
    case = Broken("vital_signs", "a node id that is none", "CANONICAL", [], {"/archetype_node_id": "-1"}, [])

    refused = await desk.send(case, "")

    assert refused.status_code == 422
    problem = refused.json()
    assert problem["code"] == "composition-rejected"
    assert problem["problems"]
    assert "-1" not in json.dumps(problem["problems"]) + json.dumps(problem["errors"])
    assert "message" not in problem
