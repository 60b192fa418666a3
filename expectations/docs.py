"""Data Docs: the verdicts of a run as static pages.

Great Expectations' own page templates load styles and scripts from public servers, so a page opened offline would be
blank. The sentences and observed values on these pages are Great Expectations' own rendering; the templates and the
stylesheet are ours, and load nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from string import Template

import jinja2
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.render import RenderedAtomicContent
from great_expectations.render.renderer.inline_renderer import InlineRenderer

from expectations.validate import Verdict

FOLDER = "data_docs"


def data_docs(site_dir: Path, verdicts: Sequence[Verdict]) -> Path:
    """Write ``data_docs/index.html`` and one page a table below ``site_dir``; return the index.

    Pages of tables that this run did not judge are left as they are: they show that table's last verdict.
    """
    folder = site_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    by_table: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_table.setdefault(verdict.table, []).append(verdict)
    now = datetime.now(UTC).replace(microsecond=0)
    for table, of_table in by_table.items():
        pages = _pages().get_template("table.html.j2")
        (folder / f"{table}.html").write_text(
            pages.render(table=table, verdicts=of_table, judged_at=now, sentence=_sentence), encoding="utf-8"
        )
    index = folder / "index.html"
    index.write_text(_pages().get_template("index.html.j2").render(tables=by_table, judged_at=now), encoding="utf-8")
    return index


@cache
def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("expectations", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _sentence(outcome: ExpectationValidationResult) -> str:
    """What Great Expectations says the expectation is."""
    rendered: list[RenderedAtomicContent] = InlineRenderer(render_object=outcome).get_rendered_content()
    for content in rendered:
        if content.name.startswith("atomic.prescriptive"):
            value = content.to_json_dict()["value"]
            return Template(value["template"]).safe_substitute(
                {name: parameter["value"] for name, parameter in value["params"].items()}
            )
    raise RuntimeError(f"no rendering of {outcome.expectation_config}")
