"""The first page of the site: ``index.html``, which leads to the dictionary, briefs and documentation that exist."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from serving import pages
from serving.language import LOCALES, Words

NEWEST = 60
"""How many briefs of each kind are listed; older ones stay where they are."""


def write(site: Path, centre_name: Mapping[str, str]) -> Path:
    """Write the page from what lies under ``site`` and return its path; ``centre_name`` has the keys ``en``, ``zh``."""
    briefs = sorted((path.parent.name for path in site.glob("briefs/*/en.html")), reverse=True)
    return pages.write(
        site / "index.html",
        "index.html",
        centre=Words(centre_name["en"], centre_name["zh"]),
        days=[name for name in briefs if "W" not in name][:NEWEST],
        weeks=[name for name in briefs if "W" in name][:NEWEST],
        locales=LOCALES,
        has_dictionary=(site / "dictionary" / "index.html").exists(),
        has_data_docs=(site / "data_docs" / "index.html").exists(),
        has_dbt_docs=(site / pages.DBT_DOCS).exists(),
    )
