"""What is refused: people without the right, nobody at all, and a composition that does not fit."""

from collections.abc import Mapping
from typing import Final

from openward_cli.demo import trail, vital_signs
from openward_cli.demo.checks import given
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.form import Field
from openward_cli.demo.scene import Scene
from openward_cli.demo.steps.template import SYSTOLIC
from openward_cli.demo.steps.vitals import FLAT, MORNING
from openward_cli.demo.subject import Subject

_AT: Final = "2026-01-01T08:00:00Z"
_SYSTOLIC: Final = "vital_signs/blood_pressure/any_event:0/systolic|magnitude"
_MISSPELT: Final = "vital_signs/blood_pressure/any_event:0/systolik|magnitude"


async def refuse(scene: Scene, subject: Subject, composition: str, form: Mapping[str, Field]) -> None:
    await _without_right(scene, subject, composition)
    await _without_token(scene, composition)
    await _out_of_range(scene, subject, form)
    await _misspelt(scene, subject)


async def _without_right(scene: Scene, subject: Subject, composition: str) -> None:
    for user, who in (("norbert", "no role"), ("clara", "a clerk's role")):
        refused = await scene.call(user, "GET", composition, expect=403, show=("code", "detail"))
        subject.did(trail.DENIED, refused)
        scene.check(
            refused.value("code") == "permission-denied",
            f"with {who} nothing clinical is read",
            f"{user} was refused for another reason than the missing right",
            refused,
        )


async def _without_token(scene: Scene, composition: str) -> None:
    refused = await scene.call("", "GET", composition, expect=401, show=("code", "detail"))
    scene.check(
        refused.headers.get("www-authenticate", "").startswith("Bearer"),
        "without a token the gateway asks for one",
        "the 401 does not say which authentication is needed",
        refused,
    )


async def _out_of_range(scene: Scene, subject: Subject, form: Mapping[str, Field]) -> None:
    body = vital_signs.flat(1381, 88, _AT, composer="Ada Holm")
    refused = await _rejected(scene, subject, body)
    path = form[SYSTOLIC].aql_path
    scene.check(
        _paths(refused) == [_SYSTOLIC] and refused.value("problems.0.aql_path") == path,
        "the problem names the one field, as it was sent and by the path that the web template has for it",
        f"the problem does not name {_SYSTOLIC} and that alone",
        refused,
    )


async def _misspelt(scene: Scene, subject: Subject) -> None:
    body = MORNING.flat() | {_MISSPELT: 120}
    refused = await _rejected(scene, subject, body)
    scene.check(
        _paths(refused) == [_MISSPELT],
        "a misspelt path is named as it was sent",
        "the misspelt path is not what the problem names",
        refused,
    )


def _paths(refused: Exchange) -> list[str]:
    return [error["path"] for error in given(refused, "errors")]


async def _rejected(scene: Scene, subject: Subject, body: dict[str, object]) -> Exchange:
    path = f"{subject.record}/compositions"
    show = ("code", "errors.0.path", "errors.0.detail")
    return await scene.call("ada", "POST", path, expect=422, show=show, params=FLAT, json=body)
