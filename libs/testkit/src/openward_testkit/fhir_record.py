"""Every kind of answer that the clinical record gives in FHIR: Observation, Encounter, refusals."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from openward_cli.demo import vital_signs
from openward_cli.demo.flat import in_context
from openward_cli.demo.opt import composition, observation, template
from openward_cli.demo.opt_constraints import Archetype, Node, Terms, element, quantity

from openward_testkit.clinic import AUTHOR, CLINICIAN, Clinic, Person
from openward_testkit.fhir_answers import Answers, Json, resources
from openward_testkit.fhir_registry import NOBODY

AT: Final = "2026-11-20T10:00:00+01:00"
BODY: Final = "openward_body_values.v1"
_MASS, _LENGTH = "124", "122"
_WORDS: Final = {"at0000": "Body", "at0001": "Context", "at0002": "Ward"}
_WEIGHT: Final = {
    "at0000": "Weight",
    "at0001": "Data",
    "at0002": "History",
    "at0003": "Event",
    "at0004": "Value",
}
_HEIGHT: Final = {
    "at0000": "Height",
    "at0001": "History",
    "at0002": "Event",
    "at0003": "Data",
    "at0004": "Value",
}
_STAY: Final[Json] = {
    "at": "2026-11-19T08:30:15.123456+01:00",
    "reason": {"text": "Chest pain", "code": "29857009", "system": "http://snomed.info/sct"},
    "participants": [
        {"type": "ATND", "id": "dr-7", "display": "Dr. Ito"},
        {"type": "ADM", "display": "Dr. Ash"},
        {"type": "CON", "id": "dr-8"},
        {"type": "REF"},
    ],
    "location": {"display": "Emergency"},
}
_ROOT: Final = "vital_signs"
#: A value may be absent where its existence is from 0.
_VALUE_NEEDED: Final = re.compile(
    rb"(<rm_attribute_name>value</rm_attribute_name>\s*<existence>.*?<lower>)1", re.DOTALL
)
#: What vital signs may say beside a number: each in a composition of its own.
_SAID: Final[tuple[Mapping[str, object], ...]] = (
    {},
    {
        f"{_ROOT}/respiration/any_event:0/rate|magnitude_status": ">",
        f"{_ROOT}/pulse_oximetry/any_event:0/spo2|normal_status": "L",
        f"{_ROOT}/body_temperature/any_event:0/temperature|unit": "[degF]",
        f"{_ROOT}/body_temperature/any_event:0/temperature|magnitude": 98.4,
        f"{_ROOT}/pulse/any_event:0/rate/_normal_range/lower|magnitude": 60,
        f"{_ROOT}/pulse/any_event:0/rate/_normal_range/lower|unit": "/min",
        f"{_ROOT}/pulse/any_event:0/rate/_normal_range/upper|magnitude": 100,
        f"{_ROOT}/pulse/any_event:0/rate/_normal_range/upper|unit": "/min",
    },
)
#: openEHR's null flavours that are reasons in FHIR.
_ABSENT: Final = ("253", "272", "273")


def body_opt() -> bytes:
    """Weight and height, which the demonstration's vital signs have not."""
    weight = quantity(_MASS, ("kg", 0.0, 1000.0, 1), ("g", 0.0, 1000000.0, 0), ("[lb_av]", 0.0, 2000.0, 1))
    height = quantity(_LENGTH, ("cm", 0.0, 1000.0, 1), ("[in_i]", 0.0, 250.0, 1))
    encounter = composition("433", element("at0002", Node("DV_TEXT")))
    made = template(
        BODY,
        "6f1c1f9e-3f0e-4d5c-9b0a-6a4f6a1f7e78",
        "To record weight and height.",
        Archetype("openEHR-EHR-COMPOSITION.encounter.v1", encounter, _said(_WORDS)),
        observation(
            "body_weight.v2", ("at0002", "at0003", "at0001"), (element("at0004", weight),), _said(_WEIGHT)
        ),
        observation(
            "height.v2", ("at0001", "at0002", "at0003"), (element("at0004", height),), _said(_HEIGHT)
        ),
    )
    return _VALUE_NEEDED.sub(rb"\g<1>0", made)


def _said(names: Mapping[str, str]) -> Terms:
    return {code: (name, name) for code, name in names.items()}


def _absent(flavour: str) -> Json:
    null = {"body/weight/event:0/value/_null_flavour|code": flavour, "body/weight/event:0/time": AT}
    return in_context(AT, "Ada") | null


def _body(weight: float, weight_unit: str, height: float, height_unit: str) -> Json:
    values: Json = {}
    for name, magnitude, unit in (("weight", weight, weight_unit), ("height", height, height_unit)):
        root = f"body/{name}/event:0"
        values |= {f"{root}/value|magnitude": magnitude, f"{root}/value|unit": unit, f"{root}/time": AT}
    return in_context(AT, "Ada") | values


def _vital_signs() -> Iterator[Json]:
    """With all that an Observation may say of a value."""
    whole = vital_signs.flat(120, 80, AT, composer="Ada")
    yield from (whole | dict(said) for said in _SAID)
    for position in ("at1000", "at1003"):
        yield whole | {f"{_ROOT}/blood_pressure/any_event:0/position|code": position}


async def sweep(answers: Answers, clinic: Clinic) -> Person:
    """A patient with vital signs of every kind, and with an encounter of every status and class."""
    await clinic.upload_template()
    headers = {"Content-Type": "application/xml"}
    path = "/api/templates/v1/templates"
    answer = await clinic.insist(AUTHOR, "POST", path, content=body_opt(), headers=headers)
    assert answer.status in (200, 201), answer
    person = await clinic.register()
    await clinic.until_ready(person)
    await _encounters(answers, clinic, person)
    visit = (await _found(answers, person, "Encounter"))[0]["id"]
    bodies = [(vital_signs.TEMPLATE_ID, each) for each in _vital_signs()]
    measures = ((80.5, "kg", 180, "cm"), (80500, "g", 71, "[in_i]"), (177, "[lb_av]", 180.5, "cm"))
    bodies += [(BODY, _body(*each)) for each in measures]
    bodies += [(BODY, _absent(flavour)) for flavour in _ABSENT]
    for template_id, each in bodies:
        params = {"format": "FLAT", "template_id": template_id, "encounter_id": visit}
        await _done(clinic, 201, f"{person.record}/compositions", each, params=params)
    await _read(answers, person)
    await _refused(answers, person)
    return person


async def _read(answers: Answers, person: Person) -> None:
    ask = answers.ask
    for kind in ("Observation", "Encounter"):
        found = await _found(answers, person, kind)
        for each in found:
            await ask(CLINICIAN, f"/{kind}/{each['id']}")
        whose = {"patient": person.patient_id}
        await answers.pages(CLINICIAN, f"/{kind}", _count="4", **whose)
        await ask(
            CLINICIAN, f"/{kind}/_search", method="POST", data={"subject": f"Patient/{person.patient_id}"}
        )
        await ask(CLINICIAN, f"/{kind}", params=whose | {"_count": "0"})
        await ask(CLINICIAN, f"/{kind}", params=whose | {"date": "lt1970"})
        await ask(CLINICIAN, f"/{kind}", params={"_id": found[0]["id"]})


async def _found(answers: Answers, person: Person, kind: str) -> Sequence[Json]:
    return resources(
        await answers.ask(CLINICIAN, f"/{kind}", params={"patient": person.patient_id, "_count": "100"})
    )


async def _encounters(answers: Answers, clinic: Clinic, person: Person) -> None:
    for kind in ("AMB", "EMER", "FLD", "HH", "ACUTE", "NONAC", "OBSENC", "PRENC", "SS", "VR"):
        await _opened(clinic, person, encounter_class=kind, status="planned", at="2026-12-24T10:00:00+01:00")
    stay = await _opened(clinic, person, encounter_class="IMP", **_STAY)
    for ward in ("3b", "4a"):
        await _changed(clinic, stay, "transfer", location={"id": ward, "display": f"Ward {ward}"})
    await _changed(clinic, stay, "status", status="onleave")
    await answers.ask(CLINICIAN, f"/Encounter/{stay.rpartition('/')[2]}")
    await _changed(clinic, stay, "close")
    for status in ("arrived", "triaged", "in-progress"):
        await _opened(clinic, person, encounter_class="AMB", status=status)
    for more in ({}, {"entered_in_error": True}):
        cancelled = await _opened(
            clinic, person, encounter_class="AMB", status="planned", location={"id": "x"}
        )
        await _changed(clinic, cancelled, "cancel", why="It was not to be.", **more)


async def _opened(clinic: Clinic, person: Person, **body: Any) -> str:
    """Its path."""
    made = await _done(clinic, 201, f"{person.record}/encounters", body)
    return f"{person.record}/encounters/{made['encounter_id']}"


async def _changed(clinic: Clinic, path: str, how: str, **body: Any) -> None:
    version = (await clinic.insist(CLINICIAN, "GET", path)).value("version")
    await _done(clinic, 200, f"{path}/{how}", body, headers={"If-Match": f'"{version}"'})


async def _done(clinic: Clinic, status: int, path: str, body: Json, **request: Any) -> Json:
    answer = await clinic.insist(CLINICIAN, "POST", path, json=body, **request)
    assert answer.status == status, answer.body
    told: Json = answer.body
    return told


async def _refused(answers: Answers, person: Person) -> None:
    """Each kind of refusal once, by its status."""
    ask, patient = answers.ask, {"patient": person.patient_id}
    await ask(CLINICIAN, "/Observation", 400)
    await ask(CLINICIAN, "/Observation", 400, params=patient | {"date": "yesterday"})
    await ask(
        CLINICIAN, "/Observation", 400, params=patient | {"x": "y"}, headers={"Prefer": "handling=strict"}
    )
    await ask(CLINICIAN, "/Encounter", 400, params={"_sort": "status"})
    await ask(NOBODY, "/Observation", 403, params=patient)
    for path in ("/Observation/x", f"/Observation/{uuid4()}.0.0", f"/Encounter/{uuid4()}", "/Encounter/x/y"):
        await ask(CLINICIAN, path, 404)
    await ask(CLINICIAN, "/Observation", 405, method="DELETE")
    await ask(CLINICIAN, "/Encounter", 406, params=patient | {"_format": "xml"})
    await ask(
        CLINICIAN,
        "/Encounter/_search",
        415,
        method="POST",
        content="<a/>",
        headers={"Content-Type": "text/xml"},
    )
