"""Pages and pictures from templates."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bnngen.base.text import shown


def render(template: str, **values: Any) -> str:
    """The text of ``template``, a file of `templates`, with these values: names from files stay text."""
    environment = Environment(
        loader=PackageLoader("bnngen.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
    )
    return environment.get_template(template).render(**values)


def _finalize(value: Any) -> Any:
    """A text in one line (`shown`); what the templates have escaped already stays."""
    return shown(value) if type(value) is str else value
