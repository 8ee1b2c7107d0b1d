"""`/api/patients/v1/matching`: who may be the same person, the review list, and how well that works."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from openward_contracts.identifiers import PatientId
from openward_servicekit.errors import FieldError, Invalid
from openward_servicekit.idempotency import StoredAnswer, fingerprint, idempotent
from openward_servicekit.openapi_answers import sends
from openward_servicekit.routing import api_router

from patients.api.dependencies import Decider, IdempotencyKey, Matcher, Services
from patients.api.matching_rule_schemas import ModelView, QualityView, SimulateBody, SimulationView
from patients.api.matching_schemas import (
    CandidatesView,
    DecidedView,
    MatchRequest,
    PairsView,
    PairView,
    RunBody,
    RunView,
    SeenView,
    VerdictBody,
)
from patients.domain.duplicates.pairs import PairState
from patients.domain.matching.weights import Thresholds

PREFIX = "/api/patients/v1"
router = api_router(PREFIX, tags=["matching"])

LowPath = Annotated[PatientId, Path()]
HighPath = Annotated[PatientId, Path()]
RunPath = Annotated[UUID, Path()]


@router.post("/patients/$match", response_model_exclude_none=True)
async def match_patient(caller: Matcher, asked: MatchRequest, services: Services) -> CandidatesView:
    """Whom a record may be of, best first; nothing of the record is stored."""
    look = services.matching.certain if asked.only_certain else services.matching.candidates
    return CandidatesView.of(await look(caller, asked.record), asked.count)


@router.get("/matching/pairs", response_model_exclude_none=True)
async def list_pairs(
    caller: Matcher,
    services: Services,
    state: PairState = PairState.OPEN,
    patient_id: PatientId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
) -> PairsView:
    """The review list, heaviest evidence first."""
    search = f"pairs {state} {patient_id}"
    position = services.cursors.read(cursor, caller, search)
    after = (position[0], position[1], position[2]) if position else None
    page = await services.review.page(caller, state, patient_id, limit, after)
    return PairsView(
        items=[PairView.of(pair) for pair in page.pairs],
        next_cursor=services.cursors.make(page.after, caller, search),
    )


@router.get("/matching/pairs/{low_id}/{high_id}", response_model_exclude_none=True)
async def read_pair(caller: Matcher, low_id: LowPath, high_id: HighPath, services: Services) -> SeenView:
    """The pair with both records, in either order of the ids."""
    return SeenView.of_seen(await services.review.read(caller, low_id, high_id))


@router.post("/matching/pairs/{low_id}/{high_id}/decision", response_model=DecidedView)
async def decide_pair(  # noqa: PLR0913, PLR0917  all of it is in the request
    caller: Decider,
    low_id: LowPath,
    high_id: HighPath,
    body: VerdictBody,
    services: Services,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Keep a decision, which no re-run changes. `same` does not merge: `merge_preview` is the next step."""

    async def perform() -> StoredAnswer:
        state = PairState(body.verdict)
        pair = await services.review.decide(caller, low_id, high_id, state, body.reason)
        view = DecidedView.of_decided(pair).model_dump_json(exclude_none=True)
        return StoredAnswer(200, {"Content-Type": "application/json"}, view.encode())

    answer = await idempotent(
        services.idempotency,
        key=idempotency_key,
        actor=caller.sub,
        request_hash=fingerprint("POST", request.url.path, await request.body()),
        perform=perform,
        repeatable=True,
    )
    return answer.response()


@router.post(
    "/matching/runs",
    status_code=202,
    response_model_exclude_none=True,
    responses=sends("Location", status=202),
)
async def start_run(caller: Decider, body: RunBody, services: Services, response: Response) -> RunView:
    """Compare all patients again, or who changed since a time. What was decided is not asked again."""
    run = await services.match_rules.start_run(caller, body.since)
    response.headers["Location"] = f"{PREFIX}/matching/runs/{run.id}"
    return RunView.of(run)


@router.get("/matching/runs/{run_id}", response_model_exclude_none=True)
async def read_run(caller: Decider, run_id: RunPath, services: Services) -> RunView:
    return RunView.of(await services.match_rules.run(caller, run_id))


@router.get("/matching/model")
async def read_model(caller: Matcher, services: Services) -> ModelView:
    """The weights in use, in bits, and the thresholds."""
    return ModelView.of(await services.match_rules.in_use(caller))


@router.post("/matching/simulate")
async def simulate_thresholds(caller: Matcher, body: SimulateBody, services: Services) -> SimulationView:
    """What other thresholds would change in the pairs that are stored; nothing is changed."""
    used = (await services.match_rules.in_use(caller)).weights.thresholds
    possible, probable, certain = body.review or used.possible, body.ask or used.probable, body.automatic
    try:
        tried = Thresholds(possible=possible, probable=probable, certain=certain or used.certain)
    except ValueError:
        error = FieldError("order", "must not fall from review to ask to automatic", pointer="")
        raise Invalid(errors=(error,)) from None
    return SimulationView.of(await services.match_rules.simulate(caller, tried))


@router.get("/matching/quality")
async def read_quality(caller: Matcher, services: Services) -> QualityView:
    """Precision and recall, estimated from what people decided."""
    return QualityView.of(await services.match_rules.quality(caller))
