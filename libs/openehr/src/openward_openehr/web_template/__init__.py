"""Web templates (simSDT 2.3): compiled from operational templates, read and written as JSON, compared."""

from openward_openehr.web_template.compiling import compile, compile_full  # noqa: A004  web_template.compile
from openward_openehr.web_template.model import WebTemplate

__all__ = ["WebTemplate", "compile", "compile_full"]
