"""The templates service on a whole stack (`make bench-templates`); the last line is JSON.

    python -m bench.templates [--seconds 4] [--connections 4] [--keep] [--no-corpus]

Brings up a stack, uploads the test data, and measures what is derived from its largest template, a catalogue
of a thousand, and validation next to EHRbase's. docs/benchmarks.md says what each number is.
"""

import argparse
import asyncio
import json
from typing import Any, Final
from uuid import uuid4

from openward_testkit import corpus
from openward_testkit.corpus_page.measuring import measured as corpus_rows
from openward_testkit.corpus_page.row import Row, Step

from bench.clinical_load import Outcome, Pace, Sent, load
from bench.clinical_stage import running, stack_of
from bench.clinical_stage import stage as clinical_stage
from bench.registry_clock import say, timed
from bench.templates_stage import API, Stage, copies, largest, path_of, stage
from bench.templates_validation import compared

COLD: Final = 5
CACHED: Final = 2_000
TEMPLATES: Final = 1_000
ASKED: Final = 50
#: Of one kind each: words of any kind, a label in another language, an archetype, all at once.
QUESTIONS: Final = (
    "q=blood%20pressure",
    "label=blutdruck",
    "archetype=laboratory_test",
    "q=comment%20event&language=en",
    "name=corona&archetype=openEHR-EHR-COMPOSITION",
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement of validation")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="leave the stack as it is at the end")
    parser.add_argument("--corpus", action=argparse.BooleanOptionalAction, default=True)
    wanted = parser.parse_args()
    stack = stack_of(1)
    with running(stack, keep=wanted.keep):
        found = asyncio.run(measured(wanted))
        if wanted.corpus:
            found["corpus"] = counted(asyncio.run(corpus_rows(stack)))
    print(json.dumps(found))


async def measured(wanted: argparse.Namespace) -> dict[str, Any]:
    async with stage(stack_of(1)) as templates:
        with timed("largest template"):
            of_largest = await derived(templates)
        with timed("catalogue"):
            of_catalogue = await catalogue(templates)
        async with clinical_stage(stack_of(1)) as clinical:
            of_validation = await compared(templates, clinical, wanted.seconds, wanted.connections)
    return {"bench": "templates", **of_largest, **of_catalogue, **of_validation}


async def derived(place: Stage) -> dict[str, Any]:
    """Of drafts, from which nothing is derived before somebody asks."""
    opt = largest()
    run = uuid4().hex.encode()
    subjects = [await place.upload(source, draft="true") for source in copies(opt, COLD, run)]
    paths = [(each["template_id"], each["version"]) for each in subjects]
    headers = await place.headers()
    cold = await _once(place, [_asked(*path, "web-template") for path in paths], headers)
    schemas = await _once(place, [_asked(*path, "json-schema") for path in paths], headers)
    published = await place.upload(opt.read())
    path = path_of(published["template_id"], "web-template")
    await _once(place, [path], headers)
    first = await place.http.get(place.service + path, headers=headers)
    known = {**headers, "If-None-Match": first.headers["etag"]}
    cached = await load(place.service, [Sent("GET", path, known)], Pace(1, count=CACHED))
    assert cached.statuses == {304: CACHED}, cached.statuses  # noqa: S101  else something else was measured
    whole = await _once(place, [path] * 200, headers)
    return {
        "web_template_cold_ms": _p50(cold),
        "web_template_cached_ms": _p50(cached),
        "json_schema_ms": _p50(schemas),
        "web_template_cached_p95_ms": round(cached.latency_ms["p95"], 2),
        "web_template_whole_ms": _p50(whole),
        "largest": {
            "template": opt.name,
            "opt_kb": len(opt.read()) // 1000,
            "kb": len(first.content) // 1000,
        },
    }


async def catalogue(place: Stage) -> dict[str, Any]:
    for opt in await asyncio.to_thread(corpus.opts):
        headers = await place.headers(**{"Content-Type": "application/xml"})
        await place.http.post(place.service + API, content=opt.read(), headers=headers)  # some are refused
    await place.indexed()
    templates = await place.multiply(TEMPLATES)
    headers = await place.headers()
    listed = await _once(place, [f"{API}?limit=100"] * ASKED, headers)
    searched = {
        question: await _once(place, [f"{API}?limit=100&{question}"] * ASKED, headers)
        for question in QUESTIONS
    }
    say(f"{templates} templates: " + ", ".join(f"{q} {_p50(one)} ms" for q, one in searched.items()))
    return {
        "search_ms": max(_p50(one) for one in searched.values()),
        "search_p95_ms": round(max(one.latency_ms["p95"] for one in searched.values()), 2),
        "list_ms": _p50(listed),
        "templates": templates,
    }


async def _once(place: Stage, paths: list[str], headers: Any) -> Outcome:
    """One after the other; all succeed."""
    outcome = await load(
        place.service, [Sent("GET", path, headers) for path in paths], Pace(1, count=len(paths))
    )
    assert outcome.succeeded == len(paths), outcome.statuses  # noqa: S101  else something else was measured
    return outcome


def _asked(template_id: str, version: str, what: str) -> str:
    return f"{path_of(template_id, what)}?version={version}"


def _p50(outcome: Outcome) -> float:
    return round(outcome.latency_ms["p50"], 2)


def counted(rows: list[Row]) -> dict[str, int]:
    steps = {
        "web_template_equal": (Step.WEB_TEMPLATE,),
        "example_accepted": (Step.MINIMAL, Step.FULL),
        "schema_agrees": (Step.SCHEMA,),
        "types_compile": (Step.PYTHON, Step.TYPESCRIPT),
    }
    passed = {name: sum(row.passed(*which) for row in rows) for name, which in steps.items()}
    return {"opts": len(rows), **passed}


if __name__ == "__main__":
    main()
