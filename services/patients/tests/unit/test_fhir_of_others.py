"""Patients as widely used programs write them: what is usual is taken."""

from typing import Any

import pytest
from patients.api.fhir.incoming import read_patient

#: In the manner of a generator of synthetic patients.
GENERATED: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "1",
    "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Generated</div>'},
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
            "valueCode": "F",
        },
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
            "valueString": "Zora352 Okun",
        },
    ],
    "identifier": [
        {
            "type": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                        "code": "SS",
                        "display": "Social Security Number",
                    }
                ],
                "text": "Social security number",
            },
            "system": "http://hl7.org/fhir/sid/us-ssn",
            "value": "999-12-3456",
        }
    ],
    "name": [{"use": "official", "family": "Kuhn96", "given": ["Ada12"], "prefix": ["Mrs."]}],
    "telecom": [{"system": "phone", "value": "555-123-4567", "use": "home"}],
    "gender": "female",
    "birthDate": "1961-04-05",
    "address": [
        {
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/geolocation", "valueString": "x"}],
            "line": ["12 Any Street"],
            "city": "Boston",
            "state": "MA",
            "postalCode": "02108",
            "country": "US",
            "period": {"start": "2001-02-03T04:05:06-05:00"},
        }
    ],
    "maritalStatus": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                "code": "M",
                "display": "Married",
            }
        ],
        "text": "M",
    },
    "communication": [
        {
            "language": {
                "coding": [{"system": "urn:ietf:bcp:47", "code": "en-US", "display": "English"}],
                "text": "English",
            }
        }
    ],
}


@pytest.mark.parametrize(
    ("born", "kept"), [({"multipleBirthBoolean": False}, False), ({"multipleBirthInteger": 2}, 2)]
)
def test_a_generated_patient_is_taken(born: dict[str, Any], kept: object) -> None:
    record = read_patient(GENERATED | born, strict=False).record

    assert record.multiple_birth is kept
    assert record.marital_status is not None
    assert (record.marital_status.code, record.marital_status.display) == ("M", "Married")
    assert record.addresses[0].period is not None
    assert record.addresses[0].period.start == "2001-02-03"
    assert record.identifiers[0].type is not None
    assert record.identifiers[0].type.display == "Social Security Number"
