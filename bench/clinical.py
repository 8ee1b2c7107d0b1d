"""The clinical service next to EHRbase without it (`make bench-clinical`); the last line is JSON.

    python -m bench.clinical [--rounds 5] [--ehrs 100000] [--profile] [--keep] [--processes 1]

Brings up a whole stack, fills it through the product, and does the same work past the product and through
it, in turn. docs/benchmarks.md says what each number is. Progress and a table of the targets go to stderr.
"""

import argparse
import asyncio
import json
import sys
from statistics import quantiles
from typing import Any

from bench import clinical_report
from bench.clinical_ehrs import copy_ehrs
from bench.clinical_events import event_seconds
from bench.clinical_load import Pace
from bench.clinical_memory import memory
from bench.clinical_processes import Processes
from bench.clinical_profile import OWN, as_ms, profile
from bench.clinical_record import WORKED, Records
from bench.clinical_rounds import Plan, Rounds, Work
from bench.clinical_stage import OPENWARD, running, stack_of, stage
from bench.registry_clock import say, timed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--cold", type=int, default=1500, help="versions read for the first time, each round")
    parser.add_argument("--requests", type=int, default=100_000, help="before memory is looked at")
    parser.add_argument("--ehrs", type=int, default=WORKED)
    parser.add_argument("--processes", type=int, default=1, help="of each service")
    parser.add_argument("--profile", action="store_true", help="whose code the CPU time goes to (py-spy)")
    parser.add_argument("--keep", action="store_true", help="leave the stack as it is at the end")
    wanted = parser.parse_args()
    stack = stack_of(wanted.processes)
    with running(stack, keep=wanted.keep):
        found = asyncio.run(measured(wanted))
    print(clinical_report.table(found), file=sys.stderr, flush=True)
    print(json.dumps(found))


async def measured(wanted: argparse.Namespace) -> dict[str, Any]:
    stack = stack_of(wanted.processes)
    plan = Plan(wanted.rounds, wanted.seconds, wanted.connections, wanted.cold, 150, wanted.seconds)
    async with stage(stack) as place:
        with timed("records made"):
            records = await Records.make(place, wanted.ehrs)
            ehr_ids = [*records.read_ehrs, *records.written_ehrs]
            if more := wanted.ehrs - len(set(ehr_ids)):
                ehr_ids += await copy_ehrs(place, ehr_ids[0], more)
        rounds = Rounds(place, records, Processes.of(stack), plan)
        await rounds.run()
        found = clinical_report.figures(rounds)
        seconds = await event_seconds(place, records, max(10.0, 3 * wanted.seconds))
        profiles = await profiled(rounds, found) if wanted.profile else {}
        held = await memory(rounds, ehr_ids, wanted.requests)
    return (
        found
        | {"event_ms": event_ms(seconds), "events": len(seconds)}
        | profiles
        | {
            "rss_mb": round(held.end, 1),
            "rss_growth_mb": round(held.end - held.half, 1),
            "rss_start_mb": round(held.start, 1),
            "requests": wanted.requests,
            "ehrs": wanted.ehrs,
            "rounds": wanted.rounds,
            "connections": wanted.connections,
            "processes": wanted.processes,
        }
    )


def event_ms(seconds: list[float]) -> dict[str, float]:
    percentiles = quantiles(seconds, n=100)
    return {f"p{at}": round(1000 * percentiles[at - 1], 1) for at in (50, 95, 99)}


async def profiled(rounds: Rounds, found: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of each request by whose code it was, as shares of what was measured without looking."""
    seconds = 2.5 * rounds.plan.seconds
    milliseconds = {}
    for work in Work:
        shares = await _shares(rounds, work, seconds)
        milliseconds[work] = as_ms(shares, found["cpu_ms"][OPENWARD][work]["clinical"])
        say(f"{work}: {milliseconds[work]}")
    return {"profile_ms": milliseconds, "own_cpu_ms_per_request": milliseconds[Work.GET_COLD].get(OWN, 0.0)}


async def _shares(rounds: Rounds, work: Work, seconds: float) -> dict[str, float]:
    """Of a process that may be idle at the end: that is not sampled."""
    cold, pace = [], Pace(rounds.plan.connections, seconds=seconds)
    if work is Work.GET_COLD:
        cold = await rounds.fresh(2 * rounds.plan.cold)
        pace = Pace(rounds.plan.connections, count=len(cold))
    requests = rounds.requests(rounds.stage.openward, work, cold)
    sending = asyncio.create_task(requests.sent(pace))
    shares = await profile(rounds.processes.clinical[0].pid, seconds)
    await sending
    await rounds.stage.drained()
    return shares


if __name__ == "__main__":
    main()
