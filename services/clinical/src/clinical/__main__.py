"""`python -m clinical` serves the clinical proxy."""

from openward_servicekit.serve import run
from openward_servicekit.settings import load

from clinical.app import create_app
from clinical.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run(lambda: create_app(settings), settings)
