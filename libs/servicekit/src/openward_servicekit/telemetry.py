"""Traces by W3C Trace Context and OpenTelemetry, metrics in Prometheus form.

Spans and metrics carry route templates, methods, statuses; no path, query, body or message of an error.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from openward_servicekit.settings import ServiceSettings

_propagator = TraceContextTextMapPropagator()  # not baggage: that may carry anything
_ids = RandomIdGenerator()


def start_tracing(settings: ServiceSettings) -> TracerProvider:
    """Make this process's traces: for its entry point, which calls `shutdown()` on the result at the end.

    Without OPENWARD_OTLP_ENDPOINT requests still get trace ids, for logs and neighbours; nothing is recorded.
    """
    endpoint = settings.otlp_endpoint
    resource = Resource.create({"service.namespace": "openward", "service.name": settings.service})
    provider = TracerProvider(sampler=ParentBased(ALWAYS_ON) if endpoint else ALWAYS_OFF, resource=resource)
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: str | None = None,
    attributes: Mapping[str, str | int] | None = None,
) -> Iterator[Span]:
    """A span around the block, below the current one or below the `traceparent` header value `parent`."""
    context = _propagator.extract({"traceparent": parent}) if parent else None
    provider = trace.get_tracer_provider()
    if getattr(provider, "sampler", None) is ALWAYS_OFF:
        # What `use_span` does, without another context manager in it.
        none = _unrecorded(context)
        token = attach(trace.set_span_in_context(none))
        try:
            yield none
        finally:
            detach(token)
        return
    with _tracer(provider).start_as_current_span(
        name,
        context,
        kind=kind,
        attributes=attributes,
        record_exception=False,  # its message may hold what must not leave
        set_status_on_exception=False,
    ) as current:
        yield current


def _unrecorded(context: Context | None) -> Span:
    """Only ids, as the SDK's sampler would decide after five times as long."""
    above = trace.get_current_span(context).get_span_context()
    trace_id = above.trace_id if above.is_valid else _ids.generate_trace_id()
    return NonRecordingSpan(SpanContext(trace_id, _ids.generate_span_id(), is_remote=False))


@cache
def _tracer(provider: trace.TracerProvider) -> trace.Tracer:
    """Made once: the SDK takes longer to make one than a span."""
    return provider.get_tracer("openward")


def traceparent() -> str | None:
    """The W3C `traceparent` of the current span, for a header or an event; None outside of any trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    ids = f"{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}"
    return f"00-{ids}-{context.trace_flags:02x}"


class HttpMetrics:
    """How many requests, how long, how many at once; by method, route template and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time to the last byte.", ("method", "route"), registry=registry
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests being answered.", registry=registry)
        #: By what they count; finding one takes `labels` longer than counting.
        self._of: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is one of the application's, or a name for all others: each is kept for good."""
        try:
            requests, duration = self._of[method, route, status]
        except KeyError:
            requests = self._requests.labels(method, route, str(status))
            duration = self._seconds.labels(method, route)
            self._of[method, route, status] = requests, duration
        requests.inc()
        duration.observe(seconds)


def process_metrics() -> CollectorRegistry:
    """A registry of its own for one app, so that two apps in one process do not count for each other."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry
