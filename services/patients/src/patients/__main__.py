"""`python -m patients` serves the registry."""

from openward_servicekit.serve import run
from openward_servicekit.settings import load

from patients.app import create_app
from patients.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run(lambda: create_app(settings), settings)
