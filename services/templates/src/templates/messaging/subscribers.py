"""Events that this service listens to, each translated into one use case."""

from openward_contracts.event import Event
from openward_contracts.migration_checks import MigrationCheckFinished, MigrationCheckProgressed
from openward_servicekit.messaging import Messaging

from templates.domain.migration_check import CheckState, Counts, Progress
from templates.service.migration_checks import MigrationCheckService


def register(messaging: Messaging, checks: MigrationCheckService) -> None:
    @messaging.on(MigrationCheckProgressed)
    async def migration_check_progressed(event: Event[MigrationCheckProgressed]) -> None:
        await checks.note(_progress(event, CheckState.RUNNING))

    @messaging.on(MigrationCheckFinished)
    async def migration_check_finished(event: Event[MigrationCheckFinished]) -> None:
        state = CheckState.FAILED if event.data.reason else CheckState.FINISHED
        await checks.note(_progress(event, state))


def _progress(
    event: Event[MigrationCheckProgressed] | Event[MigrationCheckFinished], state: CheckState
) -> Progress:
    data, envelope = event.data, event.envelope
    end = data if isinstance(data, MigrationCheckFinished) else None
    return Progress(
        data.check_id,
        int(envelope.sequence),
        state,
        Counts(data.examined, data.failing, data.total),
        envelope.time,
        end.problems if end else {},
        end.reason if end else None,
    )
