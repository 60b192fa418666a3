"""What the static pages share: templates, style, and how a page gets to disk.

A page carries everything inside itself, so that it opens from a file and asks nothing of any network.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from serving import language

DBT_DOCS = "dbt_docs/index.html"
"""Where the page that dbt makes of its project stands among the pages."""

_HERE = Path(__file__).parent


def write(path: Path, template: str, **content: Any) -> Path:
    """Render a template of this room into ``path``; a reader finds the old page or the new one, never half of one."""
    return keep(path, render(template, **content))


def keep(path: Path, page: str) -> Path:
    """Write a page as it is into ``path``, in one step as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(page, encoding="utf-8")
    return draft.replace(path)


def render(template: str, **content: Any) -> Markup:
    """Return what a template of this room makes of its content, to be written or to be part of another one's."""
    return Markup(_templates().get_template(template).render(**content))


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        {
            name: getattr(language, name)
            for name in ("word", "reading", "counted", "difference", "period", "period_name", "short_date")
        },
        CLASSES=language.CLASSES,
        UNITS=language.UNITS,
    )
    return templates
