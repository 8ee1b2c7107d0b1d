"""The streams and the consumers that services share."""

from typing import NamedTuple

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

_HOUR = 3600.0
_DAY = 24 * _HOUR

#: Stream -> the subjects that only its owner publishes.
SUBJECTS = {
    "PATIENTS": "patients.>",
    "CLINICAL": "clinical.>",
    "TEMPLATES": "templates.>",
    "ACCESS": "access.>",
}
DEAD_LETTERS = "DEAD_LETTERS"


class Durable(NamedTuple):
    """A consumer that outlives its readers: `name` reads what `subject` matches in `stream`."""

    stream: str
    name: str
    subject: str


DURABLES = (
    Durable("PATIENTS", "clinical-patients", "patients.patient.>"),
    Durable("CLINICAL", "patients-clinical", "clinical.ehr.>"),
    Durable("TEMPLATES", "clinical-templates", "templates.migration_check.>"),
    Durable("TEMPLATES", "clinical-standing", "templates.template.>"),
    Durable("CLINICAL", "clinical-clinical", "clinical.composition.deleted.>"),
    Durable("CLINICAL", "templates-clinical", "clinical.migration_check.>"),
)


def stream_configs(replicas: int) -> list[StreamConfig]:
    return [
        *(_events(name, subject, replicas) for name, subject in SUBJECTS.items()),
        _dead_letters(replicas),
    ]


def _events(name: str, subject: str, replicas: int) -> StreamConfig:
    """Keeps every event: the audit log finds what it has missed here, however long it was away."""
    return StreamConfig(
        name=name,
        subjects=[subject],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,  # a full disk refuses new events; they stay in the outbox
        max_msg_size=2**20,
        num_replicas=replicas,
        duplicate_window=_HOUR,  # a relay that was away for longer may publish a message twice
        deny_delete=True,
        deny_purge=True,
        allow_atomic=True,  # the relay publishes in batches
    )


def _dead_letters(replicas: int) -> StreamConfig:
    """Which message of which consumer was given up. The message itself stays in its stream."""
    return StreamConfig(
        name=DEAD_LETTERS,
        subjects=[f"$JS.EVENT.ADVISORY.CONSUMER.{kind}.*.*" for kind in ("MSG_TERMINATED", "MAX_DELIVERIES")],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=90 * _DAY,
        num_replicas=replicas,
        deny_delete=True,
        deny_purge=True,
    )


def consumer_config(durable: Durable) -> ConsumerConfig:
    """Nothing is lost by giving up: `max_deliver` is without end.

    A reader that fails asks for a later redelivery itself, by a negative acknowledgement with a delay. So
    `ack_wait` is for readers that died, and there is no `backoff`, which would replace it. A reader may
    terminate a message that can never be handled; the server's advisory about that is kept in DEAD_LETTERS.
    """
    return ConsumerConfig(
        name=durable.name,
        durable_name=durable.name,
        filter_subject=durable.subject,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=30,
        max_deliver=-1,
        max_ack_pending=256,
    )
