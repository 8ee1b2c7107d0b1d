"""Bundles, and single resources with their headers."""

from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from openward_servicekit.fhir.answering import Wish, encoded, etag
from openward_servicekit.fhir.moments import instant
from openward_servicekit.fhir.outcome import outcome

from patients.api.fhir.outcome import accepted
from patients.api.fhir.outgoing import Element, last_updated, patient_resource
from patients.domain.patient import Patient


def headers_of(patient: Patient) -> dict[str, str]:
    """Of a 304 as of what it stands for (RFC 9110, section 15.4.5)."""
    return {
        "ETag": etag(patient.version),
        "Last-Modified": format_datetime(last_updated(patient), usegmt=True),
        "Cache-Control": "no-store",
    }


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


def note(issue: Mapping[str, Any]) -> Element:
    """What a search set says of itself; kept nowhere; every entry needs a `fullUrl` (bundle.html)."""
    return {"fullUrl": f"urn:uuid:{uuid4()}", "resource": outcome(issue), "search": {"mode": "outcome"}}


def entry(element: Element, base: str, mode: str, **search: Any) -> Element:
    """Of a search set."""
    return {
        "fullUrl": f"{base}/Patient/{element['id']}",
        "resource": element,
        "search": {"mode": mode, **search},
    }
