"""How a benchmark's rounds become figures, and a profile becomes shares."""

from bench.clinical_load import Outcome
from bench.clinical_profile import LOOP, OWN, shares
from bench.clinical_report import BARS, table
from bench.clinical_rounds import Measured, added_ms, cpu_ms, ratios


def measured(per_second: int, p50: float = 1.0, failed: int = 0, cpu: float = 0.5) -> Measured:
    """Of one second, and one more until everything was published."""
    statuses = {200: per_second, 503: failed}
    outcome = Outcome(per_second + failed, 1.0, statuses, {"closed": 0}, {"p50": p50, "p99": p50})
    return Measured(outcome, {"clinical": cpu}, 1.0)


def test_a_ratio_is_of_two_measurements_of_the_same_round() -> None:
    sides = {"direct": [measured(100), measured(200)], "openward": [measured(150), measured(100)]}

    assert ratios(sides) == [1.5, 0.5]


def test_added_latency_is_the_difference_of_the_medians_of_a_round() -> None:
    sides = {"direct": [measured(1, 2.0), measured(1, 3.0)], "openward": [measured(1, 5.0), measured(1, 4.0)]}

    assert added_ms(sides) == [3.0, 1.0]


def test_what_failed_is_no_throughput() -> None:
    outcome = measured(100, failed=50).outcome

    assert (outcome.per_second, outcome.succeeded, outcome.failed) == (100, 100, 50)


def test_what_lasts_counts_the_time_until_everything_is_published() -> None:
    assert measured(100).lasting_per_second == 50


def test_cpu_is_of_one_request_and_the_median_of_the_rounds() -> None:
    rounds = [measured(100, cpu=0.1), measured(100, cpu=0.2), measured(100, cpu=9.0)]

    assert cpu_ms(rounds) == {"clinical": 2.0}


def test_the_table_says_what_is_met_and_what_is_not() -> None:
    found = {"ratio": {"get_cold": 0.6, "post_flat": 0.79}, "rss_mb": 200.1, "event_ms": {"p50": 49}}

    lines = table(found | {"min": {"ratio": {"get_cold": 0.5}}, "max": {}}).splitlines()

    def said(name: str) -> str:
        return next(line for line in lines if line.startswith(name))

    assert len(lines) == 1 + len(BARS)
    assert said("get_cold: through").split()[-5:] == ["0.6", "0.6", "0.5", "-", "met"]
    assert said("post_flat: through").endswith(" NOT met")
    assert said("memory").endswith(" NOT met")
    assert said("commit to event, p50").endswith(" met")
    assert said("commit to event, p99").endswith(" -  ")


def test_time_in_the_standard_library_is_of_who_called_it() -> None:
    site = "/x/lib/python3.11/site-packages"
    folded = "\n".join(
        [
            f"run (/x/main.py:1);run ({site}/uvicorn/server.py:9) 5",
            f"run ({site}/uvicorn/server.py:9);read (/w/services/clinical/src/clinical/api/routes.py:3) 2",
            "read (/w/src/clinical/api/routes.py:3);dumps (/x/lib/python3.11/json/__init__.py:5) 1",
            f"read (/w/src/clinical/api/routes.py:3);get ({site}/aiohttp/client.py:7) 1",
            "log (/w/libs/servicekit/src/openward_servicekit/logs.py:4) 1",
            f"run ({site}/anyio/_backends/_asyncio.py:1113);wait (/x/lib/python3.11/threading.py:327) 999",
        ]
    )  # fmt: skip

    assert shares(folded) == {LOOP: 0.5, OWN: 0.4, "aiohttp": 0.1}
