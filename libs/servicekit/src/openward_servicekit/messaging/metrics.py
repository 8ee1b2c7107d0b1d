"""Metrics of the consumers that a process reads."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class MessagingMetrics:
    """Labelled with the durable consumer's name; one for an app."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("consumer",)
        self._handled = Counter(
            "openward_events_handled",
            "Deliveries by outcome: done, pointless, later, given-up, undecodable.",
            ("consumer", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "openward_event_handling_seconds", "Time in the handler.", labels, registry=registry
        )
        self.pending = Gauge(
            "openward_consumer_pending", "Messages not delivered yet.", labels, registry=registry
        )
        self.unacknowledged = Gauge(
            "openward_consumer_unacknowledged", "Delivered and not settled.", labels, registry=registry
        )

    def handled(self, consumer: str, outcome: str, seconds: float | None = None) -> None:
        self._handled.labels(consumer, outcome).inc()
        if seconds is not None:
            self._seconds.labels(consumer).observe(seconds)
