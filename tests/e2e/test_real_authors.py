"""What a client says of its commit passes the gateway; who it says it is does not count."""

from openward_cli.demo import vital_signs
from openward_cli.demo.client import Client
from openward_testkit.clinic import CLINICIAN, Clinic

OLD = {
    "openEHR-AUDIT_DETAILS.description": 'value="Admission"',
    "openEHR-AUDIT_DETAILS.committer": 'name="The Chief"',
    "openEHR-VERSION.lifecycle_state": 'code_string="553"',
}
NEW = {
    "openehr-audit-details": 'description.value="Admission",committer.name="The Chief"',
    "openehr-version": 'lifecycle_state.code_string="553"',
}


async def test_a_version_names_its_real_author_and_their_reason(clinic: Clinic, client: Client) -> None:
    person = await clinic.register()
    await clinic.until_ready(person)
    ehr = f"/openehr/v1/ehr/{person.ehr_id}"
    for headers in (OLD, NEW):
        made = await client.send(
            CLINICIAN,
            "POST",
            f"{ehr}/composition",
            params={"format": "FLAT", "templateId": vital_signs.TEMPLATE_ID},
            json=vital_signs.flat(120, 80, "2026-11-22T10:00:00Z", composer="Ada"),
            headers=headers | {"Prefer": "return=identifier"},
        )
        uid = made.value("uid")
        version = await client.send(CLINICIAN, "GET", f"{ehr}/versioned_composition/{uid[:36]}/version/{uid}")

        audit = version.value("commit_audit")
        assert audit["committer"]["name"] == CLINICIAN
        assert audit["description"]["value"] == "Admission"
        assert "Chief" not in str(version.body["commit_audit"])
        assert version.value("lifecycle_state")["value"] == "incomplete"
