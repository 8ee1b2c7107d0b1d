"""Metrics of the log."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class AuditMetrics:
    """One for an app. What is appended is counted where it is appended; the rest every process knows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        stream = ("stream",)
        self.writer = Gauge("openward_audit_writer", "1 where this process appends.", registry=registry)
        self.appended = Counter(
            "openward_audit_entries", "Entries appended.", ("stream", "outcome"), registry=registry
        )
        self.repeated = Counter(
            "openward_audit_repeated", "Messages that the log had already.", stream, registry=registry
        )
        self.missing = Counter(
            "openward_audit_missing", "Messages that a stream had lost.", stream, registry=registry
        )
        self.repaired = Counter(
            "openward_audit_repaired", "Entries made from an outbox archive.", stream, registry=registry
        )
        self.restarts = Counter(
            "openward_audit_stream_restarts",
            "Times a stream's history began again.",
            stream,
            registry=registry,
        )
        self.position = Gauge(
            "openward_audit_position", "Last sequence that is in the log.", stream, registry=registry
        )
        self.lag = Gauge(
            "openward_audit_lag", "Messages of the stream that are not in the log.", stream, registry=registry
        )
        self.stopped = Gauge(
            "openward_audit_stream_stopped",
            "1 where nothing more can be appended.",
            stream,
            registry=registry,
        )
