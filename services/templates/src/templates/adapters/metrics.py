"""Numbers of the comparison with EHRbase."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """The Watched port."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._repaired = Counter(
            "openward_templates_repaired",
            "Templates that EHRbase lacked or held differently, or that were taken from it.",
            ("how",),
            registry=registry,
        )
        self._different = Gauge(
            "openward_templates_different",
            "Templates that EHRbase holds differently, since compositions need that.",
            registry=registry,
        )
        self._unreadable = Gauge(
            "openward_templates_unreadable", "Templates of EHRbase that cannot be taken.", registry=registry
        )

    def repaired(self, how: str) -> None:
        self._repaired.labels(how).inc()

    def remaining(self, different: int, unreadable: int) -> None:
        self._different.set(different)
        self._unreadable.set(unreadable)
