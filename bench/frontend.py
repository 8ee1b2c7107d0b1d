"""What a clinical frontend asks for, on a record of its size (`make bench-frontend`); the last line is JSON.

    python -m bench.frontend [--patients 1000] [--each 100] [--requests 300] [--listeners 5000] [--keep]

Brings up a whole stack, writes the record past the product, and asks through the gateway with a clinician's
token. docs/benchmarks.md says what each number is. Progress goes to stderr.
"""

import argparse
import asyncio
import json
import random

from bench.clinical_stage import Stage, running, stack_of, stage
from bench.frontend_events import sse_p50_ms, sse_rss_mb
from bench.frontend_reads import Reads
from bench.frontend_record import Record, Sizes
from bench.registry_clock import timed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=100, help="compositions of a patient")
    parser.add_argument("--requests", type=int, default=300, help="of each measurement")
    parser.add_argument("--listeners", type=int, default=5_000)
    parser.add_argument("--keep", action="store_true", help="leave stack and record for the next run")
    wanted = parser.parse_args()
    with running(stack_of(1), keep=wanted.keep):
        found = asyncio.run(measured(wanted))
    print(json.dumps(found))


async def measured(wanted: argparse.Namespace) -> dict[str, float]:
    async with stage(stack_of(1)) as place:
        with timed("record made"):
            record = await Record.made(place, Sizes(wanted.patients, wanted.each))
        return await figures(place, record, wanted)


async def figures(place: Stage, record: Record, wanted: argparse.Namespace) -> dict[str, float]:
    reads = Reads(place, record, wanted.requests, random.Random(7))  # noqa: S311  the same patients each time
    with timed("what is kept brought up to date"):
        await reads.prepare()
    return {
        "timeline_p95_ms": await reads.timeline_p95_ms(),
        "timeline_growth": await reads.timeline_growth(),
        "series_p95_ms": await reads.series_p95_ms(),
        "ward_p95_ms": await reads.ward_p95_ms(),
        "validate_p50_ms": await reads.validate_p50_ms(),
        "sse_p50_ms": await sse_p50_ms(place, record),
        "sse_rss_mb": await sse_rss_mb(place, wanted.listeners),
    }


if __name__ == "__main__":
    main()
