"""What a browser needs to render a form for a template and to submit it as FLAT: nothing else is asked for.

`describe` makes it of a web template, `write` gives its JSON, `index` finds the field of a FLAT path.
"""

from openward_openehr.form.describing import describe
from openward_openehr.form.document import write
from openward_openehr.form.index import index
from openward_openehr.form.model import Choice, Entry, Field, Form, Option, Repeat, Section, Total, Widget

__all__ = [
    "Choice",
    "Entry",
    "Field",
    "Form",
    "Option",
    "Repeat",
    "Section",
    "Total",
    "Widget",
    "describe",
    "index",
    "write",
]
