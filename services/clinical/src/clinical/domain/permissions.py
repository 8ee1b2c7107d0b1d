"""Who may do what here: the role and the SMART scope that each action needs, both of them."""

from openward_servicekit.auth import Permission, Role

_CARE = frozenset({Role.CLINICIAN})
_OWN = frozenset({Role.PATIENT})

SEE_EHR = Permission("ehr.read", _CARE | _OWN, "fhir", "r", "Patient")
#: Beside the permission for what they do, as in the registry: whoever lacks it does not learn that the record
#: of a restricted patient is there.
SEE_RESTRICTED = Permission("record.see-restricted", _OWN | {Role.PRIVACY_OFFICER}, "fhir", "r", "Patient")
CREATE = Permission("composition.create", _CARE, "composition", "c")
READ = Permission("composition.read", _CARE | _OWN, "composition", "r")
UPDATE = Permission("composition.update", _CARE, "composition", "u")
DELETE = Permission("composition.delete", _CARE, "composition", "d")
#: A query of the caller's own. `aql-adhoc` reaches one record at a time; patients only ever their own.
QUERY = Permission("query.run", _CARE | _OWN, "aql", "s", "adhoc")
#: On top of that: the same over everybody's record.
QUERY_ALL = Permission("query.run-all", _CARE, "aql", "s", "population")
#: A stored query, by its name: it asks what its author made it ask, so its name is enough for all records.
RUN_STORED = Permission("stored_query.run", _CARE | _OWN | {Role.SERVICE}, "aql", "s")
STORE_QUERY = Permission("stored_query.create", frozenset({Role.TEMPLATE_AUTHOR}), "aql", "c")
READ_STORED = Permission("stored_query.read", _CARE | _OWN | {Role.SERVICE, Role.TEMPLATE_AUTHOR}, "aql", "r")
#: Which versions would fail, by their uids: nothing clinical is told. The scope names the template.
READ_MIGRATION_CHECK = Permission("migration_check.read", frozenset({Role.TEMPLATE_AUTHOR}), "template", "r")
#: Who may merge, and who knows what was meant.
REVIEW_MERGE = Permission("merge.review", _CARE | {Role.CLERK}, "fhir", "r", "Patient")

OPEN_ENCOUNTER = Permission("encounter.create", _CARE, "fhir", "c", "Encounter")
READ_ENCOUNTER = Permission("encounter.read", _CARE | _OWN, "fhir", "r", "Encounter")
FIND_ENCOUNTERS = Permission("encounter.search", _CARE | _OWN, "fhir", "s", "Encounter")
#: Of everybody: who is where. Patients have none of it, whatever their scopes.
FIND_ALL_ENCOUNTERS = Permission("encounter.search-all", _CARE, "fhir", "s", "Encounter")
#: As FHIR shows what was recorded; the right to the composition's template is needed, too.
READ_OBSERVATION = Permission("observation.read", _CARE | _OWN, "fhir", "r", "Observation")
FIND_OBSERVATIONS = Permission("observation.search", _CARE | _OWN, "fhir", "s", "Observation")
CHANGE_ENCOUNTER = Permission("encounter.update", _CARE, "fhir", "u", "Encounter")

CREATE_EHR = Permission("ehr.create", _CARE, "fhir", "c", "Patient")
UPDATE_STATUS = Permission("ehr_status.update", _CARE, "fhir", "u", "Patient")
#: What lies in an EHR and has no template: scopes for any template (`composition-*`) reach it.
READ_DIRECTORY = Permission("directory.read", _CARE | _OWN, "composition", "r")
CREATE_DIRECTORY = Permission("directory.create", _CARE, "composition", "c")
UPDATE_DIRECTORY = Permission("directory.update", _CARE, "composition", "u")
DELETE_DIRECTORY = Permission("directory.delete", _CARE, "composition", "d")
READ_CONTRIBUTION = Permission("contribution.read", _CARE | _OWN, "composition", "r")
COMMIT_CONTRIBUTION = Permission("contribution.create", _CARE, "composition", "c")
