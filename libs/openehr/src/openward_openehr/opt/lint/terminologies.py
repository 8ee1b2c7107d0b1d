"""Terminologies that a code may be of. Source: openEHR support terminology, UMLS source names, HL7."""

import re
from typing import Final

_KNOWN: Final = """
 local openehr ISO_639-1 ISO_3166-1 IANA_character-sets IANA_media-types IANA_compression-algorithms
SNOMED-CT LOINC UCUM RxNorm ATC ICD-9 ICD-9-CM ICD9 ICD9CM ICD10 ICD-10 ICD10AM ICD-10-AM ICD10CM
ICD-10-CM ICD10GM ICD-10-GM ICD10PCS ICD-10-PCS ICD-11 ICD11 ICD-O ICD-O-3 ICPC ICPC-1 ICPC-2 ICPC2
ICPC2P ICF ICHI OPS CPT HCPCS HPO HP ORPHANET Orpha-Code ORDO NANDA NIC NOC ICNP MedDRA MDR MeSH MSH
NCIt NCI DICOM DCM READ READ2 CTV3 RCD99 LNC205 dm+d DMD EDQM HL7 FHIR UMLS PZN ASK TNM CDT CVX
GUDID GMDN GTIN GPC NDF-RT AMT ANZSCO DRG G-DRG LOINC-DE CAS UNII HGNC HGVS OMIM NCBI
"""
#: Version in brackets or after a stroke, a year, a language: what may follow the name of a terminology.
_VERSION: Final = re.compile(r"\s*\([^()]*\)$|\|.*$|[-_]\d{4}$")
_NOT_IN_NAME: Final = re.compile(r"[^a-z0-9]")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:\S+")
_SPELLINGS: Final = {"snomedct": "SNOMED-CT", "snomedclinicalterms": "SNOMED-CT", "sct": "SNOMED-CT"}
_OTHER_SPELLINGS: Final = {_NOT_IN_NAME.sub("", name.lower()): name for name in _KNOWN.split()} | _SPELLINGS
_NAMES: Final = frozenset(_KNOWN.split())


def is_known(terminology_id: str) -> bool:
    """By the name that others use for it, with or without a version; every URI is one."""
    return _without_version(terminology_id) in _NAMES or _URI.fullmatch(terminology_id) is not None


def usual_name(terminology_id: str) -> str | None:
    """Of a terminology that is known under another spelling."""
    return _OTHER_SPELLINGS.get(_NOT_IN_NAME.sub("", _without_version(terminology_id).lower()))


def _without_version(terminology_id: str) -> str:
    return _VERSION.sub("", terminology_id)
