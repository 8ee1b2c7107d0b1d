"""The demonstration from beginning to end."""

import time

from rich.console import Console

from openward_cli.demo import closing
from openward_cli.demo.checks import CheckFailed
from openward_cli.demo.client import ANSWER_SECONDS, Client
from openward_cli.demo.scene import Scene
from openward_cli.demo.screen import Screen, in_full
from openward_cli.demo.steps import audit, frontend, kill, refusals, registration, registry, template, vitals
from openward_cli.demo.subject import Subject
from openward_cli.failure import Failure
from openward_cli.http import HTTPError, make_client
from openward_cli.stack import Stack


async def tell(stack: Stack, console: Console) -> None:
    """Raises Failure, with the answer that shows it, at the first one that is not right."""
    screen, began = Screen(console), time.monotonic()
    async with make_client(stack.gateway_url, seconds=ANSWER_SECONDS) as http:
        scene = Scene(stack, Client(stack, http), screen)
        subject = await walk(scene)
    seconds = time.monotonic() - began
    screen.summary(f"{scene.steps} steps, {scene.checks} checks passed in {seconds:.1f} s")
    closing.show(screen, stack, subject)


async def walk(scene: Scene) -> Subject:
    """The patient that the steps were about. Raises Failure."""
    try:
        return await steps(scene)
    except CheckFailed as failed:
        details = in_full(failed.exchange) if failed.exchange else ""
        raise Failure(f"Step {scene.steps} went wrong", str(failed), details=details) from None
    except HTTPError as error:
        what = f"Step {scene.steps} went wrong: no answer came ({type(error).__name__})"
        raise Failure(what, "see `make status` and `make logs`") from None


async def steps(scene: Scene) -> Subject:
    """The patient that they were about. Raises CheckFailed."""
    with scene.step("A clerk registers a patient; the EHR follows by event"):
        subject = await registration.register(scene)

    with scene.step("A template author uploads the vital-signs template"):
        form = await template.publish(scene)

    with scene.step("A clinician records vital signs, corrects a slip, reads back and asks"):
        composition = await vitals.record(scene, subject)

    with scene.step("In an encounter a result is written, heard of live, shown on the timeline and plotted"):
        await frontend.show(scene, subject)

    with scene.step("Who has no right is refused, and so is what does not fit the template"):
        await refusals.refuse(scene, subject, composition, form)

    with scene.step("An auditor lists everything that happened to that patient"):
        await audit.list_everything(scene, subject)

    with scene.step(
        "A clerk finds a misspelt name, is warned of a duplicate, merges two patients and takes it back"
    ):
        await registry.tell_apart(scene)

    with scene.step("The clinical service is killed in the middle of another patient's writes"):
        await kill.kill_and_compare(scene)

    return subject
