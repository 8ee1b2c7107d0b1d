"""How fast compositions with a mistake are refused: by the validator, over HTTP, and by EHRbase."""

import json
import time
from typing import Any, Final

from openward_cli.demo import vital_signs
from openward_openehr import opt, validation, web_template

from bench.clinical_load import Outcome, Pace, Sent, load
from bench.clinical_stage import Stage as ClinicalStage
from bench.registry_clock import say
from bench.templates_stage import Stage, path_of

_AT: Final = "2026-11-22T10:00:00Z"
#: EHRbase and the validator both read all of it and say what is wrong: the unit has no such magnitude.
_WRONG: Final = {"vital_signs/blood_pressure/any_event:0/systolic|magnitude": 5000}
_JSON: Final = {"Content-Type": "application/json"}


async def compared(
    templates: Stage, clinical: ClinicalStage, seconds: float, connections: int
) -> dict[str, Any]:
    """The validator alone on one processor, next to what EHRbase refuses in a second on all of them."""
    await templates.upload(vital_signs.opt())
    body = json.dumps(vital_signs.flat(120, 80, _AT, composer="Ada") | _WRONG).encode()
    refused = await _refused_by_ehrbase(clinical, body, Pace(connections, seconds=seconds))
    answered = await _answered(templates, body, Pace(connections, seconds=seconds))
    alone = _alone(json.loads(body), seconds)
    say(f"refused in a second: EHRbase {refused:.0f}, $validate {answered:.0f}, the validator {alone:.0f}")
    return {
        "validator_vs_ehrbase": round(alone / refused, 1),
        "validate_http_vs_ehrbase": round(answered / refused, 2),
        "validations_per_s": round(alone),
        "validate_http_per_s": round(answered),
        "ehrbase_refused_per_s": round(refused),
        "validated_bytes": len(body),
    }


async def _refused_by_ehrbase(place: ClinicalStage, body: bytes, pace: Pace) -> float:
    side = place.direct
    headers = {**await side.headers(), **_JSON}
    made = await place.http.post(f"{side.server}{side.base}/ehr", headers=await side.headers())
    ehr_id = made.raise_for_status().headers["etag"].strip('"')
    path = f"{side.base}/ehr/{ehr_id}/composition?templateId={vital_signs.TEMPLATE_ID}&format=FLAT"
    request = Sent("POST", path, headers, body)
    await load(side.server, [request], Pace(pace.connections, seconds=pace.seconds / 2))  # warms the JVM up
    outcome = await load(side.server, [request], pace)
    return _per_second(outcome, refused=True)


async def _answered(place: Stage, body: bytes, pace: Pace) -> float:
    path = f"{path_of(vital_signs.TEMPLATE_ID, '$validate')}?format=FLAT"
    request = Sent("POST", path, await place.headers(**_JSON), body)
    await load(place.service, [request], Pace(1, count=50))
    return _per_second(await load(place.service, [request], pace), refused=False)


def _per_second(outcome: Outcome, *, refused: bool) -> float:
    """Raises AssertionError unless all were refused, or none."""
    good = outcome.statuses.get(422, 0) + outcome.statuses.get(400, 0) if refused else outcome.succeeded
    assert good == outcome.begun, outcome.statuses  # noqa: S101  else something else was measured
    return good / outcome.seconds


def _alone(composition: dict[str, Any], seconds: float) -> float:
    compiled = validation.compile(web_template.compile(opt.read(vital_signs.opt())))
    assert validation.is_refused(validation.validate(compiled, composition))  # noqa: S101  as EHRbase does
    count, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        validation.validate(compiled, composition)
        count += 1
    return count / spent
