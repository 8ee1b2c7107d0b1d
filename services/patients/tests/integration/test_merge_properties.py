"""What holds after any sequence of edits, merges and their undoing, in PostgreSQL."""

from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openward_contracts.identifiers import PatientId

BASE = "/api/patients/v1/patients"
PATIENTS = 4
EXAMPLES = 12

numbers = st.integers(0, PATIENTS - 1)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), numbers, numbers),
        st.tuples(st.just("merge"), numbers, numbers),
        st.tuples(st.just("unmerge"), numbers, numbers),
    ),
    min_size=4,
    max_size=12,
)


class Run:
    """Four new patients; `edited` is what they would say if nobody had ever been merged."""

    def __init__(self, registry: Any, patients: list[Any]) -> None:
        self.registry = registry
        self.ids = [patient["id"] for patient in patients]
        self.edited = {patient["id"]: said(patient) for patient in patients}
        self.held: list[str] = []
        self.edits = 0

    @classmethod
    async def start(cls, registry: Any) -> "Run":
        bodies = [
            {"identifiers": [{"system": "urn:example:id", "value": uuid4().hex}]} for _ in range(PATIENTS)
        ]
        return cls(registry, [(await registry.post(body)).json() for body in bodies])

    async def now(self, patient_id: str) -> Any:
        return (await self.registry.get(f"{BASE}/{patient_id}")).json()

    async def edit(self, one: int, _: int) -> None:
        self.edits += 1
        patient = await self.now(self.ids[one])
        fields = {"mothers_maiden_name": f"Edited {self.edits}"}
        headers = self.registry.headers() | {
            "If-Match": f'"{patient["version"]}"',
            "Content-Type": "application/merge-patch+json",
        }
        answer = await self.registry.client.patch(f"{BASE}/{patient['id']}", json=fields, headers=headers)
        assert answer.is_success == ("survivor_id" not in patient)
        if answer.is_success:
            self.edited[patient["id"]] |= fields

    async def merge(self, one: int, other: int) -> None:
        source, target = await self.now(self.ids[one]), await self.now(self.ids[other])
        answer = await self.registry.merge(source, target)
        free = one != other and "survivor_id" not in source and "survivor_id" not in target
        if free:
            assert answer.status_code == 201
            self.held.append(answer.json()["id"])
        else:
            assert answer.status_code in {200, 409, 422}

    async def unmerge(self, one: int, _: int) -> None:
        if self.held:
            merge_id = self.held.pop(one % len(self.held))
            assert (await self.registry.unmerge(merge_id)).json()["holds"] is False

    async def survivor(self, patient_id: str) -> str:
        patients = self.registry.app.state.patients.merges.patients
        return str(await patients.survivor(PatientId(patient_id)))


def said(patient: Any) -> Any:
    moving = {"version", "updated_at", "survivor_id", "ehr"}
    return {name: value for name, value in patient.items() if name not in moving}


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(done=operations, order=st.permutations(range(PATIENTS)))
async def test_records_survivors_and_identifiers_are_right_whatever_was_done(
    registry: Any, done: list[tuple[str, int, int]], order: list[int]
) -> None:
    run = await Run.start(registry)
    for name, one, other in done:
        await getattr(run, name)(one, other)

    ends = {patient_id: await run.survivor(patient_id) for patient_id in run.ids}
    for patient_id, end in ends.items():
        links = (await registry.get(f"{BASE}/{patient_id}/links")).json()
        ehrs = (await registry.get(f"{BASE}/{patient_id}/ehrs")).json()["items"]
        assert links["survivor_id"] == end
        assert "survivor_id" not in await run.now(end)
        assert said(await run.now(patient_id)) == run.edited[patient_id]
        assert {ehr["patient_id"] for ehr in ehrs} == {each for each in run.ids if ends[each] == end}
        assert [ehr["patient_id"] for ehr in ehrs if ehr["role"] == "primary"] == [end]

    for number in order:
        await run.unmerge(number, number)
    for patient_id in run.ids:
        patient = await run.now(patient_id)
        assert said(patient) == run.edited[patient_id]
        assert "survivor_id" not in patient
