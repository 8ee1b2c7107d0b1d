"""`python -m templates` serves the templates."""

from openward_servicekit.serve import run
from openward_servicekit.settings import load

from templates.app import create_app
from templates.settings import Settings

if __name__ == "__main__":
    settings = load(Settings)
    run(lambda: create_app(settings), settings)
