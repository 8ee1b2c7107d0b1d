"""Operational templates (OPT 1.4): read safely into constraints, and checked."""

from openward_openehr.opt.errors import OptInvalid, XmlForbidden, XmlMalformed, XmlTooComplex
from openward_openehr.opt.model import Opt
from openward_openehr.opt.reading import read, read_tree

__all__ = ["Opt", "OptInvalid", "XmlForbidden", "XmlMalformed", "XmlTooComplex", "read", "read_tree"]
