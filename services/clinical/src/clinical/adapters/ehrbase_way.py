"""The way to EHRbase in compartments: reads, writes, queries, reports, checks, and what became of a write."""

from collections.abc import Mapping
from typing import Final

from openward_servicekit.errors import Unavailable
from openward_servicekit.http import AsyncBaseTransport, Limits, PoolTransport, Request
from openward_servicekit.http_compartments import Compartment, CompartmentTransport, observe
from prometheus_client import CollectorRegistry

from clinical.settings import Settings

_QUESTION: Final = "openward.question"
#: For `extensions=` of a request that finds out how EHRbase is, or what became of another request.
QUESTION: Final[Mapping[str, bool]] = {_QUESTION: True}
_CHECK: Final = "openward.check"
#: For `extensions=` of what nobody waits for: it takes no place from those who do.
CHECK: Final[Mapping[str, bool]] = {_CHECK: True}
_REPORT: Final = "openward.report"
#: For `extensions=` of a query of a report: it takes no place from who waits before a screen.
REPORT: Final[Mapping[str, bool]] = {_REPORT: True}
#: Bytes of a refusal that are read for what it says; one is longer only if it quotes what was sent.
LONGEST_REFUSAL: Final = 256 * 1024
#: Few, in a place of their own: whatever else hangs, an unknown outcome can be asked for.
_QUESTIONS_AT_ONCE: Final = 3
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_QUERIES: Final = b"/openehr/v1/query/"


class EhrbaseWay:
    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        wait = settings.ehrbase_wait_seconds
        self._reads = Compartment("EHRbase", "reads", settings.ehrbase_reads, wait)
        self._writes = Compartment("EHRbase", "writes", settings.ehrbase_writes, wait)
        self._queries = Compartment("EHRbase", "queries", settings.ehrbase_queries, wait)
        self._reports = Compartment("EHRbase", "reports", settings.ehrbase_reports, wait)
        self._checks = Compartment("EHRbase", "checks", 1, wait)
        self._questions = Compartment("EHRbase", "questions", _QUESTIONS_AT_ONCE, wait, trusting=True)
        self._all = (self._reads, self._writes, self._queries, self._reports, self._checks, self._questions)
        observe(registry, self._all)

    def transport(self, wire: AsyncBaseTransport | None = None) -> AsyncBaseTransport:
        connections = sum(each.limit for each in self._all)
        limits = Limits(max_connections=connections, keepalive_expiry=4.0)
        return CompartmentTransport(wire or PoolTransport(limits), self._of)

    def check(self) -> None:
        """Raises Unavailable while one kind of request is held back."""
        if closed := [each.name for each in self._all if each.holding_back]:
            raise Unavailable(f"keeps failing: {', '.join(closed)}")

    def _of(self, request: Request) -> Compartment:
        if _QUESTION in request.extensions:
            return self._questions
        if _CHECK in request.extensions:
            return self._checks
        if _REPORT in request.extensions:
            return self._reports
        if _QUERIES in request.url.raw_path:
            return self._queries
        return self._reads if request.method in _READING else self._writes
