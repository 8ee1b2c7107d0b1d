"""The patient that the demonstration is about, and what was done to their record so far."""

from dataclasses import dataclass, field

from openward_cli.demo.exchange import Exchange
from openward_cli.demo.trail import Deed, deed


@dataclass
class Subject:
    """Each step adds what it did to `deeds`: the audit log has to hold just that."""

    patient_id: str
    ehr_id: str
    deeds: list[Deed] = field(default_factory=list)

    @property
    def record(self) -> str:
        """Where the patient's clinical record is."""
        return f"/api/clinical/v1/patients/{self.patient_id}"

    def did(self, kind: str, exchange: Exchange, version_uid: str = "") -> None:
        self.deeds.append(deed(kind, exchange, version_uid))
