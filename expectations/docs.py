"""Data Docs: the newest verdict of every table as static pages.

Great Expectations' own pages load styles and scripts from a dozen public servers and are blank where there is no
network. These show what its expectations observed, in templates and a stylesheet of ours that load nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import jinja2

from expectations.verdict import Verdict

FOLDER = "data_docs"

_SUMMARY = "summary.json"


def data_docs(site_dir: Path, verdicts: Sequence[Verdict]) -> Path:
    """Write one page a judged table below ``site_dir``, and the index of all tables ever judged; return the index.

    Deliveries and the indicator layer are judged at different moments of a run, and a run does not touch every table:
    pages of tables without a verdict stay as they are, under the time they were judged at.
    """
    folder = site_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    judged_at = datetime.now(UTC).isoformat(timespec="seconds")
    summary_file = folder / _SUMMARY
    summary = json.loads(summary_file.read_text(encoding="utf-8")) if summary_file.exists() else {}
    for table in dict.fromkeys(verdict.table for verdict in verdicts):
        of_table = [verdict for verdict in verdicts if verdict.table == table]
        _write(folder / f"{table}.html", "table.html.j2", table=table, verdicts=of_table, judged_at=judged_at)
        summary[table] = {
            "judged_at": judged_at,
            "suites": [
                {
                    "suite": verdict.suite,
                    "passed": verdict.passed,
                    "critical_failed": verdict.critical_failed,
                    "rules": len(verdict.expectations),
                    "failed": sum(not finding.success for finding in verdict.expectations),
                }
                for verdict in of_table
            ],
        }
    summary_file.write_text(json.dumps(summary, indent=1), encoding="utf-8")
    index = folder / "index.html"
    _write(index, "index.html.j2", tables=summary, judged_at=judged_at)
    return index


def _write(page: Path, template: str, **content: object) -> None:
    page.write_text(_templates().get_template(template).render(**content), encoding="utf-8")


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("expectations", "pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
