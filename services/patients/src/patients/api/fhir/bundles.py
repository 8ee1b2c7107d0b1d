"""Bundles, and single resources with their headers."""

import json
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any

from fastapi import Response

from patients.api.fhir.bodies import Wish
from patients.api.fhir.moments import instant
from patients.api.fhir.outcome import accepted
from patients.api.fhir.outgoing import Element, last_updated, patient_resource
from patients.domain.patient import Patient


def etag(version: int) -> str:
    """Weak, as FHIR wants it (http.html#versioning)."""
    return f'W/"{version}"'


def headers_of(patient: Patient) -> dict[str, str]:
    return {
        "ETag": etag(patient.version),
        "Last-Modified": format_datetime(last_updated(patient), usegmt=True),
    }


def encoded(element: Element) -> bytes:
    return json.dumps(element, ensure_ascii=False, separators=(",", ":")).encode()


def resource_response(
    element: Element, wish: Wish, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(encoded(element), status, dict(headers or {}), wish.media_type)


def written_answer(
    patient: Patient, element: Element, wish: Wish, base: str, *, ignored: Sequence[str] = ()
) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of a create or update: what `Prefer: return` asks for."""
    location = f"{base}/Patient/{patient.id}/_history/{patient.version}"
    headers = headers_of(patient) | {"Location": location}
    if wish.returning == "minimal":
        return headers, b""
    body = accepted(ignored) if wish.returning == "OperationOutcome" else element
    return headers | {"Content-Type": wish.media_type}, encoded(body)


def history_bundle(versions: Sequence[Patient], base: str) -> Element:
    """Oldest first in, newest first out (http.html#history)."""
    return {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(versions),
        "link": [{"relation": "self", "url": f"{base}/Patient/{versions[-1].id}/_history"}],
        "entry": [_history_entry(version, base) for version in reversed(versions)],
    }


def _history_entry(patient: Patient, base: str) -> Element:
    first = patient.version == 1
    return {
        "fullUrl": f"{base}/Patient/{patient.id}",
        "resource": patient_resource(patient),
        "request": {
            "method": "POST" if first else "PUT",
            "url": "Patient" if first else f"Patient/{patient.id}",
        },
        "response": {
            "status": "201 Created" if first else "200 OK",
            "etag": etag(patient.version),
            "lastModified": instant(patient.change.at),
        },
    }


def entry(element: Element, base: str, mode: str, **search: Any) -> Element:
    """Of a search set."""
    return {
        "fullUrl": f"{base}/Patient/{element['id']}",
        "resource": element,
        "search": {"mode": mode, **search},
    }
