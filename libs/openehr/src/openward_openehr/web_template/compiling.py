"""Web templates of operational templates."""

from openward_openehr import opt as operational_templates
from openward_openehr.opt import Opt
from openward_openehr.web_template.compiler.filtering import filtered
from openward_openehr.web_template.compiler.finishing import finished, with_existence
from openward_openehr.web_template.compiler.nodes import full_tree, languages
from openward_openehr.web_template.model import Node, WebTemplate


def compile(source: bytes | Opt) -> WebTemplate:  # noqa: A001  always with its package: web_template.compile
    """As EHRbase serves it (simSDT 2.3), with the same ids and paths.

    Raises what `opt.read` raises, if it is given bytes.
    """
    opt = _opt(source)
    return _web_template(opt, finished(filtered(full_tree(opt))))


def compile_full(source: bytes | Opt) -> WebTemplate:
    """With what the other leaves out: histories, item trees, elements, single events, names, slots, bindings.

    Cardinalities from 0 to 1 name children of attributes that may be absent, whatever the children's `min`.
    Raises what `opt.read` raises, if it is given bytes.
    """
    opt = _opt(source)
    return _web_template(opt, finished(with_existence(full_tree(opt)), full=True))


def _opt(source: bytes | Opt) -> Opt:
    return source if isinstance(source, Opt) else operational_templates.read(source)


def _web_template(opt: Opt, tree: Node) -> WebTemplate:
    return WebTemplate(
        template_id=opt.template_id, default_language=opt.language, languages=languages(opt), tree=tree
    )
