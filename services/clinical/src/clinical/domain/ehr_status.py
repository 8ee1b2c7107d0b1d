"""An EHR_STATUS as EHRbase has it: whether its EHR may be changed, and by which merge it may not."""

from dataclasses import dataclass
from typing import Any, Final

from openward_contracts.identifiers import PatientId, VersionUid

from clinical.domain.merge import Decision
from clinical.domain.xml_document import NAMESPACE, SUBJECT, text_at

#: The registry's ids in EHR_STATUS.subject.external_ref.
REGISTRY: Final = "openward"

#: `other_details` of an EHR that a merge has locked: EHRbase alone can still tell why.
NOTE: Final = "openEHR-EHR-ITEM_TREE.openward_merge.v1"


@dataclass(frozen=True)
class EhrStatus:
    """`content` is the whole EHR_STATUS in canonical JSON."""

    uid: VersionUid
    content: dict[str, Any]

    @property
    def modifiable(self) -> bool:
        return bool(self.content["is_modifiable"])

    @property
    def patient_id(self) -> PatientId | None:
        """The patient of the registry whose EHR this is, if its subject says so."""
        return registered(text_at(self.content, NAMESPACE), text_at(self.content, SUBJECT))

    def locked(self, decision: Decision) -> dict[str, Any]:
        """The next version: not modifiable, with a note about the merge where that takes nothing's place."""
        details = self.content.get("other_details") or _note(decision)
        return {**self.content, "is_modifiable": False, "other_details": details}

    def freed(self) -> dict[str, Any]:
        """The next version: modifiable, without the note."""
        freed = {**self.content, "is_modifiable": True}
        if (freed.get("other_details") or {}).get("archetype_node_id") == NOTE:
            del freed["other_details"]
        return freed


def registered(namespace: str | None, subject: str | None) -> PatientId | None:
    """The patient whom a subject's external reference names in the registry's name space."""
    try:
        return PatientId(subject or "") if namespace == REGISTRY else None
    except ValueError:
        return None


def _note(decision: Decision) -> dict[str, Any]:
    return {
        "_type": "ITEM_TREE",
        "archetype_node_id": NOTE,
        "archetype_details": {
            "_type": "ARCHETYPED",
            "archetype_id": {"_type": "ARCHETYPE_ID", "value": NOTE},
            "rm_version": "1.0.4",
        },
        "name": _text("Merge"),
        "items": [
            _element("at0001", "Decision", "MERGE", str(decision.merge_id)),
            _element("at0002", "EHR that goes on", "EHR", str(decision.survivor_ehr_id)),
        ],
    }


def _element(node: str, name: str, kind: str, value: str) -> dict[str, Any]:
    identifier = {"_type": "DV_IDENTIFIER", "id": value, "type": kind, "issuer": "openward"}
    return {"_type": "ELEMENT", "archetype_node_id": node, "name": _text(name), "value": identifier}


def _text(value: str) -> dict[str, Any]:
    return {"_type": "DV_TEXT", "value": value}
