"""A template author uploads the vital-signs template and reads what it gives a form."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from openward_cli.demo import vital_signs
from openward_cli.demo.exchange import Exchange
from openward_cli.demo.form import Field, Range, fields
from openward_cli.demo.scene import Scene

TEMPLATES: Final = "/api/templates/v1/templates"
TEMPLATE: Final = f"{TEMPLATES}/{vital_signs.TEMPLATE_ID}"

SYSTOLIC: Final = "vital_signs/blood_pressure/any_event/systolic"
POSITION: Final = "vital_signs/blood_pressure/any_event/position"
UNITS: Final[Mapping[str, Mapping[str, Range]]] = {
    SYSTOLIC: {"mm[Hg]": (0.0, 1000.0)},
    "vital_signs/blood_pressure/any_event/diastolic": {"mm[Hg]": (0.0, 1000.0)},
    "vital_signs/pulse/any_event/rate": {"/min": (0.0, 400.0)},
    "vital_signs/body_temperature/any_event/temperature": {"Cel": (20.0, 46.0), "[degF]": (68.0, 115.0)},
    "vital_signs/respiration/any_event/rate": {"/min": (0.0, 150.0)},
    "vital_signs/pulse_oximetry/any_event/spo2": {"%": (0.0, 100.0)},
}
CHOICES: Final[Mapping[str, str]] = {"at1000": "Standing", "at1001": "Sitting", "at1003": "Lying"}


async def publish(scene: Scene) -> dict[str, Field]:
    """The form's fields by FLAT path."""
    await _upload(scene)
    web_template = await scene.call(
        "tomas", "GET", f"{TEMPLATE}/web-template", show=("templateId", "version", "tree.id")
    )
    form = fields(web_template.body)
    _show(scene, form)
    wrong = [path for path, units in UNITS.items() if path not in form or form[path].units != units]
    scene.check(
        not wrong,
        f"{len(UNITS)} measured values have their units and ranges",
        f"units or ranges are not those of the template: {', '.join(wrong)}",
    )
    scene.check(
        POSITION in form and form[POSITION].choices == CHOICES,
        "the position is a choice of three codes",
        "the position is not a choice of the template's three codes",
    )
    return form


async def _upload(scene: Scene) -> None:
    """A template that is known already, byte for byte, keeps its version."""
    opt = vital_signs.opt()
    before = await scene.call("tomas", "GET", TEMPLATE, expect=(200, 404), show=("version", "code"))
    uploaded = await scene.call(
        "tomas",
        "POST",
        TEMPLATES,
        expect=(200, 201),
        show=("template_id", "version", "state"),
        content=opt,
        headers={"Content-Type": "application/xml"},
    )
    scene.check(
        uploaded.value("template_id") == vital_signs.TEMPLATE_ID
        and uploaded.value("sha256") == sha256(opt).hexdigest(),
        f"{len(opt)} bytes of XML are kept byte for byte, by their SHA-256",
        "what the service keeps is not what was uploaded",
        uploaded,
    )
    if _same(before, opt):
        scene.check(
            uploaded.value("version") == before.value("version"),
            "it was there from an earlier run, and is still the same version",
            "the same bytes became another version",
            uploaded,
        )


def _same(before: Exchange, opt: bytes) -> bool:
    return before.status == 200 and before.value("sha256") == sha256(opt).hexdigest()


def _show(scene: Scene, form: Mapping[str, Field]) -> None:
    found = [path for path in (*UNITS, POSITION) if path in form]
    rows = [(path.partition("/")[2], form[path].rm_type, str(form[path])) for path in found]
    scene.screen.table(("field, below vital_signs/", "type", "what it takes"), rows)
