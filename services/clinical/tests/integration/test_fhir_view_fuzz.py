"""Whatever is asked: an answer in FHIR, and none that is our fault."""

import random
from typing import Any
from uuid import uuid4

import fhirkit
import pytest
from clinical.service import ehrs

FHIR = "/fhir/r4"
SCOPE = "user/composition-*.crud user/Encounter.cruds user/Observation.rs"
NAMES = (
    *(
        "_id",
        "_lastUpdated",
        "category",
        "class",
        "code",
        "date",
        "encounter",
        "patient",
        "status",
        "subject",
    ),
    *("_count", "_cursor", "_format", "_sort", "_summary", "code:in", "patient.name", "x"),
)
WORDS = (
    *("a,b", "\\,", "\\", "|", "||", "http://loinc.org|", "|8867-4", "ge1980", "lt0001", "gt9999-12-31"),
    *("9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00", "sa9999", "2026-02-30", "\u0000", "\u202e"),
    *("é" * 300, "-1", "1" * 400, "0", "json", "%", "*", "' or 1=1 --", "\ud7ff", "-date", "code", "active"),
    *("Patient/", "Patient/x", "Group/1", "planned", "final", "vital-signs", "IMP", "," * 60),
    *("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000.0.999999"),
)


async def answered(clinic: Any, method: str, path: str, **more: Any) -> None:
    answer = await clinic.client.request(method, path, **more)
    assert answer.status_code < 500, (path, more, answer.text)
    assert answer.headers["content-type"] in {"application/fhir+json", "application/json"}
    assert fhirkit.validate(answer.json()) == []


@pytest.mark.parametrize("seed", range(4))
async def test_any_search_is_answered(clinic: Any, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(ehrs, "PATIENCE", 0.01)
    chance = random.Random(seed)  # noqa: S311  the same each time
    headers = clinic.headers(scope=SCOPE)
    patient_id, _ = await clinic.patient()
    await clinic.client.get(f"/api/clinical/v1/patients/{patient_id}/ehr", headers=headers)
    for _ in range(120):
        words = (*WORDS, patient_id, f"Patient/{patient_id}", str(uuid4()))
        pairs = [(chance.choice(NAMES), chance.choice(words)) for _ in range(chance.randrange(4))]
        pairs += [("patient", patient_id)] if chance.random() < 0.5 else []
        strict = {"Prefer": "handling=strict"} if chance.random() < 0.2 else {}
        kind = chance.choice(("Observation", "Encounter"))
        if chance.random() < 0.3:
            form: dict[str, list[str]] = {}
            for name, value in pairs:
                form.setdefault(name, []).append(value)
            await answered(clinic, "POST", f"{FHIR}/{kind}/_search", data=form, headers=headers | strict)
        else:
            await answered(clinic, "GET", f"{FHIR}/{kind}", params=pairs, headers=headers | strict)


async def test_any_id_is_answered(clinic: Any) -> None:
    headers = clinic.headers(scope=SCOPE)
    for kind in ("Observation", "Encounter"):
        for word in WORDS:
            name = "".join(f"%{octet:02X}" for octet in word.encode(errors="surrogatepass"))
            await answered(clinic, "GET", f"{FHIR}/{kind}/{name}", headers=headers)
