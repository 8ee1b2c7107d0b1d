"""`POST /api/clinical/v1/latest`: the latest values of many measurements of many patients, for ward lists."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from fastapi import Response
from openward_servicekit.errors import FieldError, Invalid
from openward_servicekit.routing import api_router

from clinical.api.dependencies import Exact, Reader, Services
from clinical.api.latest_schemas import LatestAsked, LatestValues, PatientValues, written
from clinical.api.latest_telling import ValueTeller, coded_templates
from clinical.api.routes import PREFIX
from clinical.api.series import Languages
from clinical.domain.latest import LatestOfPatient, Wish
from clinical.domain.measurements import Measurements, NodeUnknown

router = api_router(PREFIX + "/latest", tags=["measurements"], dependencies=[Exact])

#: Values; to write more than that at once would keep other requests waiting.
_LONG: Final = 200


@router.post("", response_model=LatestValues, response_model_exclude_none=True)
async def read_latest(
    caller: Reader, asked: LatestAsked, languages: Languages, services: Services
) -> Response:
    """Each patient is judged, and on record, alone: of whom the caller may not know it is said `not-found`.

    A patient who was merged into another has the values of both, and is told who that is.
    """
    wish = _wish(asked, services.series.measurements)
    found = await services.latest.of(caller, list(dict.fromkeys(asked.patients)), wish)
    coded = coded_templates(each for patient in found for each in patient.values.values())
    teller = ValueTeller(services.series.system_id, await services.series.labelling.of(coded), languages)
    named = {name: label for name, each in wish.measurements.items() if (label := each.label(languages))}
    writing = partial(_written, found, teller, named)
    content = await to_thread(writing) if _length(found) > _LONG else writing()
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type="application/json")


def _wish(asked: LatestAsked, measurements: Measurements) -> Wish:
    """Raises NodeUnknown, and Invalid for a unit of what is not asked for."""
    wanted = {}
    for place, name in enumerate(asked.measurements):
        measurement = measurements.of(name)
        if measurement is None:
            raise NodeUnknown(pointer=f"/measurements/{place}")
        wanted[name] = measurement
    if any(name not in wanted for name in asked.units):
        detail = "A unit is of one of the measurements that are asked for."
        raise Invalid(detail, errors=(FieldError("measurement-not-asked", detail, "/units"),))
    return Wish(wanted, asked.units, asked.as_of, asked.since)


def _length(found: Sequence[LatestOfPatient]) -> int:
    return sum(len(each.values) for each in found)


def _written(found: Sequence[LatestOfPatient], teller: ValueTeller, named: Mapping[str, str]) -> bytes:
    return written(LatestValues(labels=named, patients=[_patient(each, teller) for each in found]))


def _patient(told: LatestOfPatient, teller: ValueTeller) -> PatientValues:
    if not told.known:
        return PatientValues(patient_id=told.patient_id, problem="not-found")
    values = {name: teller.value(each) for name, each in told.values.items()}
    return PatientValues(
        patient_id=told.patient_id,
        survivor_id=told.survivor_id,
        values=values,
        unreadable=told.unreadable or None,
    )
