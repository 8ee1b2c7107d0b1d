"""Types of the template come from the running service, and a client that was written against them is run."""

import sys
from collections.abc import Callable
from typing import Final

from openward_cli.demo.scene import Scene
from openward_cli.demo.steps.template import TEMPLATE

_MODULE: Final = "vital_signs_types"


async def blood_pressure(scene: Scene) -> Callable[..., str]:
    """`typed_vitals.blood_pressure`."""
    types = await scene.call("ada", "GET", f"{TEMPLATE}/types/python")
    folder = scene.stack.run_dir / "generated"
    folder.mkdir(exist_ok=True)
    (folder / f"{_MODULE}.py").write_text(str(types.body), encoding="utf-8")
    sys.path.insert(0, str(folder))
    from openward_cli.demo import typed_vitals  # noqa: PLC0415  it imports what was fetched just now

    scene.screen.fact(f"{len(str(types.body).splitlines())} lines of Pydantic models for this template")
    return typed_vitals.blood_pressure
