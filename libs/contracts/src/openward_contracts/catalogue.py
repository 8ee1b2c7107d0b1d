"""Every event there is, the streams that keep them, who may publish and who listens."""

from dataclasses import dataclass
from typing import Final

from openward_contracts.access import RecordDenied, RecordQueried, RecordRead
from openward_contracts.clinical import (
    CompositionCreated,
    CompositionDeleted,
    CompositionPlaced,
    CompositionUpdated,
    DirectoryChanged,
    EhrCreated,
    EhrMerged,
    EhrStatusUpdated,
    EhrUnmerged,
)
from openward_contracts.encounters import (
    EncounterCancelled,
    EncounterClosed,
    EncounterOpened,
    EncounterTransferred,
    EncounterUpdated,
)
from openward_contracts.migration_checks import (
    MigrationCheckFinished,
    MigrationCheckProgressed,
    MigrationCheckRequested,
)
from openward_contracts.patients import (
    PatientDeactivated,
    PatientMerged,
    PatientRegistered,
    PatientRestricted,
    PatientUnmerged,
    PatientUpdated,
)
from openward_contracts.payload import Payload
from openward_contracts.templates import TemplatePublished, TemplateRetired, TemplateUploaded

#: Subject -> model of the data. A subject never leaves this table: old messages are replayed for ever.
PAYLOADS: Final[dict[str, type[Payload]]] = {
    payload.subject: payload
    for payload in (
        PatientRegistered,
        PatientUpdated,
        PatientMerged,
        PatientUnmerged,
        PatientDeactivated,
        PatientRestricted,
        EhrCreated,
        EhrMerged,
        EhrUnmerged,
        EhrStatusUpdated,
        CompositionCreated,
        CompositionUpdated,
        CompositionDeleted,
        CompositionPlaced,
        DirectoryChanged,
        EncounterOpened,
        EncounterUpdated,
        EncounterTransferred,
        EncounterClosed,
        EncounterCancelled,
        TemplateUploaded,
        TemplatePublished,
        TemplateRetired,
        MigrationCheckRequested,
        MigrationCheckProgressed,
        MigrationCheckFinished,
        RecordRead,
        RecordQueried,
        RecordDenied,
    )
}

#: Stream -> the subjects that it keeps.
STREAMS: Final[dict[str, str]] = {
    "PATIENTS": "patients.>",
    "CLINICAL": "clinical.>",
    "TEMPLATES": "templates.>",
    "ACCESS": "access.>",
}

#: Stream -> services that may publish to it. Whoever releases content records the access, audit included.
PUBLISHERS: Final[dict[str, tuple[str, ...]]] = {
    "PATIENTS": ("patients",),
    "CLINICAL": ("clinical",),
    "TEMPLATES": ("templates",),
    "ACCESS": ("patients", "clinical", "templates", "audit"),
}


#: What holds for every stream: nothing is dropped, overwritten or deleted.
STREAM_PROMISES: Final = {
    "storage": "file",
    "retention": "limits",
    "discard": "new",
    "deny_delete": True,
    "deny_purge": True,
    "allow_atomic": True,
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service listens to. Without a durable, the consumer keeps its own position, or needs none."""

    service: str
    stream: str
    subjects: tuple[str, ...]
    durable: str | None
    purpose: str


SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (
    Subscription(
        "clinical",
        "PATIENTS",
        (
            PatientRegistered.subject,
            PatientUpdated.subject,
            PatientMerged.subject,
            PatientUnmerged.subject,
            PatientDeactivated.subject,
            PatientRestricted.subject,
        ),
        "clinical-patients",
        "Makes the EHR, remembers whose it is and whether that record is in use, and locks or frees it when "
        "patients are merged or unmerged.",
    ),
    Subscription(
        "patients",
        "CLINICAL",
        (EhrCreated.subject, EhrMerged.subject, EhrUnmerged.subject),
        "patients-clinical",
        "Marks the patient's EHR ready, and a merge or its undoing as carried out.",
    ),
    Subscription(
        "clinical",
        "TEMPLATES",
        (MigrationCheckRequested.subject,),
        "clinical-templates",
        "Looks which stored compositions would fail under a version of their template.",
    ),
    Subscription(
        "clinical",
        "TEMPLATES",
        (TemplatePublished.subject, TemplateRetired.subject),
        "clinical-standing",
        "Remembers which templates query products can still ask for.",
    ),
    Subscription(
        "clinical",
        "TEMPLATES",
        (TemplatePublished.subject, TemplateRetired.subject),
        None,
        "Every process drops what it has compiled of the template.",
    ),
    Subscription(
        "clinical",
        "CLINICAL",
        (CompositionDeleted.subject,),
        "clinical-clinical",
        "Drops what it keeps of compositions that were erased.",
    ),
    Subscription(
        "templates",
        "CLINICAL",
        (MigrationCheckProgressed.subject, MigrationCheckFinished.subject),
        "templates-clinical",
        "Shows how far a migration check is, and what it found.",
    ),
    *(
        Subscription(
            "audit",
            stream,
            (subjects,),
            None,
            "Appends every message to the audit log; the position is committed with the entries.",
        )
        for stream, subjects in STREAMS.items()
    ),
)


def stream_of(subject: str) -> str:
    """The stream that keeps a subject: its first token in capitals. Raises KeyError when there is none."""
    stream = subject.partition(".")[0].upper()
    if stream not in STREAMS:
        raise KeyError(stream)
    return stream


def listeners(subject: str) -> list[Subscription]:
    """Who gets the messages of one subject."""
    whole_stream = STREAMS[stream_of(subject)]
    return [one for one in SUBSCRIPTIONS if subject in one.subjects or whole_stream in one.subjects]


def source_of(service: str) -> str:
    """The CloudEvents `source` of a service's events, `/openward/<service>`."""
    return f"/openward/{service}"


#: Stream -> values of `source` that belong in it.
SOURCES: Final[dict[str, frozenset[str]]] = {
    stream: frozenset(map(source_of, services)) for stream, services in PUBLISHERS.items()
}
