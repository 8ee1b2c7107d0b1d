"""URIs that the facade speaks with: HL7's code systems and extensions, and its own where HL7 has none."""

from typing import Final

V2_0203: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
UNKNOWN_IDENTITY_CODES: Final = "http://hl7.org/fhir/patient-unknownIdentity"
BCP_47: Final = "urn:ietf:bcp:47"
URI: Final = "urn:ietf:rfc:3986"
MATCH_GRADES: Final = "http://terminology.hl7.org/CodeSystem/match-grade"

MOTHERS_MAIDEN_NAME: Final = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
GENDER_IDENTITY: Final = "http://hl7.org/fhir/StructureDefinition/patient-genderIdentity"
UNKNOWN_IDENTITY: Final = "http://hl7.org/fhir/StructureDefinition/patient-unknownIdentity"
MATCH_GRADE: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
#: Not named yet: known by the mother. HL7 has no extension for it.
NEWBORN: Final = "urn:openward:fhir:patient-newborn"
