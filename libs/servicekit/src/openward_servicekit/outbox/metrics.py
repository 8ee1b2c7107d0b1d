"""Metrics of the relays of one process."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# 15 ms is what the relay may typically add.
_DELAYS = (0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300)


class OutboxMetrics:
    """Labelled with the outbox's name; give one to all relays of an app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("outbox",)
        self.leader = Gauge(
            "openward_outbox_leader", "1 where this process relays.", labels, registry=registry
        )
        self.oldest = Gauge(
            "openward_outbox_oldest_seconds", "Age of the oldest unsent row.", labels, registry=registry
        )
        self.refused = Gauge(
            "openward_outbox_refused_rows", "Rows that NATS refuses; they stay.", labels, registry=registry
        )
        self._sent = Counter(
            "openward_outbox_sent",
            "Rows confirmed by a stream and archived.",
            ("outbox", "stream"),
            registry=registry,
        )
        self._delay = Histogram(
            "openward_outbox_delay_seconds",
            "From the start of a row's transaction to its archiving.",
            labels,
            buckets=_DELAYS,
            registry=registry,
        )

    def sent(self, outbox: str, stream: str, created_at: datetime) -> None:
        self._sent.labels(outbox, stream).inc()
        self._delay.labels(outbox).observe((datetime.now(UTC) - created_at).total_seconds())
