"""What is told live: events of the record, as ids, to those who may see what they speak of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from openward_contracts.event import UndecodableEvent, decode
from openward_contracts.identifiers import EhrId, PatientId, TemplateId
from openward_servicekit.auth import Permission, Principal, decide
from openward_servicekit.streams import Message

from clinical.domain.permissions import READ, READ_DIRECTORY, READ_ENCOUNTER, SEE_EHR
from clinical.domain.record import PatientRecord

#: By how a subject begins; what is not here is nothing of a record.
_NEEDED: Final[Mapping[str, Permission]] = {
    "clinical.composition.": READ,
    "clinical.encounter.": READ_ENCOUNTER,
    "clinical.directory.": READ_DIRECTORY,
    "clinical.ehr_status.": SEE_EHR,
    "clinical.ehr.": SEE_EHR,
}
#: What a client may ask for, by the second word of the subject.
KINDS: Final = ("composition", "encounter", "directory", "ehr_status", "ehr")


@dataclass(frozen=True, slots=True)
class Notice:
    """An event at its place in the stream; `text` is what is sent of it."""

    sequence: int
    subject: str
    needed: Permission
    ehr_id: EhrId
    patient_id: PatientId | None
    template_id: TemplateId | None
    text: str

    @property
    def kind(self) -> str:
        return self.subject.split(".")[1]


def is_told(subject: str) -> bool:
    return subject.startswith(tuple(_NEEDED))


def noticed(messages: Sequence[Message]) -> list[Notice]:
    """What is told of them."""
    return [found for found in map(notice, messages) if found is not None]


def notice(message: Message) -> Notice | None:
    """None for what is not told: what is no event, or not one of a record."""
    needed = next((p for begin, p in _NEEDED.items() if message.subject.startswith(begin)), None)
    if needed is None:
        return None
    try:
        event = decode(message.subject, message.headers, message.body)
    except UndecodableEvent:  # a later release's, or nobody's
        return None
    data = event.data.model_dump(mode="json", exclude_none=True)
    time = event.envelope.time.isoformat()
    told = {"id": str(event.id), "type": message.subject, "time": time, "data": data}
    return Notice(
        message.sequence,
        message.subject,
        needed,
        EhrId(data["ehr_id"]),
        getattr(event.data, "patient_id", None),
        getattr(event.data, "template_id", None),
        json.dumps(told, separators=(",", ":")),
    )


@dataclass(frozen=True)
class Watch:
    """Who listens, and to what; `record`: to one person only. Empty `kinds` and `templates` are all."""

    principal: Principal
    record: PatientRecord | None = None
    kinds: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    _decisions: dict[tuple[str, str, PatientId | None], bool] = field(default_factory=dict, compare=False)

    @property
    def judged_as(self) -> PatientId | None:
        return self.record.judged_as(self.principal.patient_id) if self.record else None

    def of(self, notices: Sequence[Notice]) -> list[Notice]:
        """Those that are wanted and may be seen."""
        return [each for each in notices if self._wants(each) and self._may_see(each)]

    def _wants(self, notice: Notice) -> bool:
        if self.kinds and notice.kind not in self.kinds:
            return False
        if self.templates and notice.template_id not in self.templates:
            return False
        return self.record is None or self.record.holding(notice.ehr_id) is not None

    def _may_see(self, notice: Notice) -> bool:
        """As reading it would be decided; a no is not a denial, since nobody has asked for it."""
        own = self.principal.patient_id
        patient_id = self.judged_as if self.record else notice.patient_id
        target = None if notice.needed.target else (notice.template_id or "")
        asked = notice.needed.name, target or "", patient_id if own else None
        if asked not in self._decisions:
            decision = decide(self.principal, notice.needed, target=target, patient_id=patient_id)
            self._decisions[asked] = decision.allowed
        return self._decisions[asked]
