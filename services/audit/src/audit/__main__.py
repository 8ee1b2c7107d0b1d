"""`python -m audit` serves the audit log and appends to it."""

from openward_servicekit.serve import run
from openward_servicekit.settings import load

from audit.app import create_app
from audit.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run(lambda: create_app(settings), settings)
