"""The figures with their spread, and which targets they meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from bench.clinical_rounds import ALONE, Measured, Rounds, Work, added_ms, cpu_ms, ratios
from bench.clinical_stage import DIRECT, OPENWARD

Figures = dict[str, Any]

_LEAST_RATIO: Final = {
    Work.GET_VERSION_WARM: 2.5,
    Work.GET_LATEST: 1.5,
    Work.GET_COLD: 0.6,
    Work.AQL_PATIENT: 0.6,
    Work.POST_FLAT: 0.8,
    Work.POST_CANONICAL: 0.8,
}


@dataclass(frozen=True)
class Bar:
    """`least`: the figure has to be that high; else it may not be higher."""

    name: str
    path: tuple[str, ...]
    value: float
    least: bool = False

    def met(self, figure: float) -> bool:
        return figure >= self.value if self.least else figure <= self.value


BARS: Final = (
    *(
        Bar(f"{work}: through Openward by direct, throughput", ("ratio", work), value, least=True)
        for work, value in _LEAST_RATIO.items()
    ),
    *(Bar(f"{work}: added to p50, one at a time, ms", ("added_p50_ms", work), 3.0) for work in ALONE),
    Bar("commit to event, p50, ms", ("event_ms", "p50"), 50),
    Bar("commit to event, p99, ms", ("event_ms", "p99"), 500),
    Bar("memory of a clinical process, MB", ("rss_mb",), 200),
    Bar("... grown in the second half of the requests, MB", ("rss_growth_mb",), 5),
    Bar("CPU of the clinical service per forwarded read, ms", ("cpu_ms_per_request",), 1.5),
    Bar("... of which our own code, ms", ("own_cpu_ms_per_request",), 0.4),
)


def figures(rounds: Rounds) -> Figures:
    """Medians; below `min` and `max` the least and the greatest of the rounds."""
    spreads: dict[str, dict[str, Sequence[float]]] = {
        "ratio": {work: ratios(sides) for work, sides in rounds.full.items()},
        "direct_per_s": _per_second(rounds, DIRECT),
        "openward_per_s": _per_second(rounds, OPENWARD),
        "added_p50_ms": {work: added_ms(sides) for work, sides in rounds.alone.items()},
    }
    medians, least, greatest = (_each(spreads, judge) for judge in (median, min, max))
    cold = [measured.cpu_ms()["clinical"] for measured in rounds.full[Work.GET_COLD][OPENWARD]]
    return medians | {
        "cpu_ms_per_request": _rounded(median(cold)),
        "min": least | {"cpu_ms_per_request": _rounded(min(cold))},
        "max": greatest | {"cpu_ms_per_request": _rounded(max(cold))},
        "openward_lasting_per_s": {
            work: _rounded(median(one.lasting_per_second for one in sides[OPENWARD]))
            for work, sides in rounds.full.items()
        },
        "latency_ms": {name: _latencies(rounds, name) for name in (DIRECT, OPENWARD)},
        "cpu_ms": {name: _cpu(rounds, name) for name in (DIRECT, OPENWARD)},
        "failed": {name: _failed(rounds, name) for name in (DIRECT, OPENWARD)},
    }


def _per_second(rounds: Rounds, side: str) -> dict[str, Sequence[float]]:
    return {work: [one.outcome.per_second for one in sides[side]] for work, sides in rounds.full.items()}


def _each(spreads: Mapping[str, Mapping[str, Sequence[float]]], judge: Any) -> Figures:
    return {
        name: {work: _rounded(judge(values)) for work, values in of.items()} for name, of in spreads.items()
    }


def _latencies(rounds: Rounds, side: str) -> Figures:
    """Medians over the rounds of the median and of the 99th percentile."""
    runs: dict[str, Sequence[Measured]] = {work: sides[side] for work, sides in rounds.full.items()}
    runs |= {f"{work}_alone": sides[side] for work, sides in rounds.alone.items()}
    return {
        name: {at: _rounded(median(one.outcome.latency_ms[at] for one in each)) for at in ("p50", "p99")}
        for name, each in runs.items()
    }


def _cpu(rounds: Rounds, side: str) -> Figures:
    return {
        work: {name: _rounded(value) for name, value in cpu_ms(sides[side]).items()}
        for work, sides in rounds.full.items()
    }


def _failed(rounds: Rounds, side: str) -> int:
    results = (*rounds.full.values(), *rounds.alone.values())
    return sum(one.outcome.failed for sides in results for one in sides[side])


def _rounded(value: float) -> float:
    return round(value, 3)


def table(found: Figures) -> str:
    """One line for each target; `-` where the figure was not asked for."""
    lines = [f"{'':<58}{'target':>9}{'median':>10}{'min':>10}{'max':>10}"]
    for bar in BARS:
        figure, *spread = (_at(found, *where, *bar.path) for where in ((), ("min",), ("max",)))
        verdict = "" if figure is None else "met" if bar.met(figure) else "NOT met"
        target = f"{'>=' if bar.least else '<='} {bar.value:g}"
        numbers = "".join(f"{'-' if one is None else f'{one:g}':>10}" for one in (figure, *spread))
        lines.append(f"{bar.name:<58}{target:>9}{numbers}  {verdict}")
    return "\n".join(lines)


def _at(found: Any, *path: str) -> float | None:
    for name in path:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return float(found)
