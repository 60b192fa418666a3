"""Write the dictionary page: ``dictionary/index.html``, every entry in both languages, searchable from a file.

The workbook that the page offers for download is written beside it. What indicators read is found by ``lineage``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from serving import pages
from serving.dictionary import workbook
from serving.dictionary.entries import Entry, Reads, read_in_full, read_with_values, records
from serving.language import Words

WIDTH, HEIGHT, MARGIN = 240, 48, 4


@dataclass(frozen=True)
class Spark:
    """The shapes of a sparkline, in a box of ``WIDTH`` × ``HEIGHT``: the days as a path, the target, the newest day."""

    path: str
    target: float | None
    end: tuple[float, float]


def write(
    warehouse: Path, site: Path, centre_name: Mapping[str, str], lineage: Callable[[], Mapping[str, Reads]], build: int
) -> Path:
    """Write the page under ``site`` and return its path.

    Args:
        warehouse: the DuckDB file.
        site: the folder of the pages.
        centre_name: the centre's name by ``en`` and ``zh``.
        lineage: what each indicator reads, as ``lineage.trace`` finds it.
        build: number of the newest build of everything: what is declared of an entry is rendered once for it.
    """
    with duckdb.connect(warehouse, read_only=True) as con:
        entries = read_with_values(con)
        parameters = _parameters(con)
        declared = _declared(con, site / "dictionary", lineage, build)
    families: dict[str, list[Entry]] = {}
    for entry in entries.values():
        families.setdefault(entry.family, []).append(entry)
    return pages.write(
        site / "dictionary" / "index.html",
        "dictionary/page.html",
        centre=Words(centre_name["en"], centre_name["zh"]),
        families=[*families.items()],
        names={key: entry.name for key, entry in entries.items()},
        count=len(entries),
        declared=declared,
        parameters=parameters,
        dbt_docs=pages.DBT_DOCS if (site / pages.DBT_DOCS).exists() else None,
        sparks={key: spark(entry) for key, entry in entries.items()},
        width=WIDTH,
        height=HEIGHT,
    )


def _declared(
    con: duckdb.DuckDBPyConnection, folder: Path, lineage: Callable[[], Mapping[str, Reads]], build: int
) -> dict[str, Markup]:
    """Return what is declared of each entry, with its example, as HTML, and bring the workbook up to date.

    Only a build of everything changes it, or this code: so a day's page reads it from the file where it was kept.
    """
    kept = folder / "declared.json"
    key = f"{build} {_code()}"
    if kept.exists() and (known := json.loads(kept.read_text("utf-8")))["key"] == key:
        return {indicator: Markup(html) for indicator, html in known["html"].items()}
    entries = read_in_full(con, lineage())
    workbook.write(folder / "dictionary.xlsx", entries.values(), _parameters(con))
    html = {indicator: pages.render("dictionary/declared.html", entry=entry) for indicator, entry in entries.items()}
    kept.write_text(json.dumps({"key": key, "html": html}, ensure_ascii=False), "utf-8")
    return html


def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(pages.__file__).parent.rglob("*.*")):
        if path.suffix in (".py", ".html"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def spark(entry: Entry) -> Spark | None:
    """Return the entry's sparkline, None with fewer than two values; days without a value are bridged."""
    values = [(reading.period_start, reading.value) for reading in entry.trend if reading.value is not None]
    if len(values) < 2:
        return None
    first, span = values[0][0], (values[-1][0] - values[0][0]).days
    target = entry.trend[-1].target
    heights = [value for _, value in values] + ([] if target is None else [target])
    low, reach = min(heights), max(heights) - min(heights) or 1

    def y(value: float) -> float:
        return round(HEIGHT - MARGIN - (value - low) / reach * (HEIGHT - 2 * MARGIN), 1)

    points = [(round(MARGIN + (day - first).days / span * (WIDTH - 2 * MARGIN), 1), y(value)) for day, value in values]
    path = "M" + " L".join(f"{x},{height}" for x, height in points)
    return Spark(path, None if target is None else y(target), points[-1])


def _parameters(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return records(
        con,
        """
        SELECT parameter, channel, queue_key, origin, value, valid_from, nullif(valid_to, '9999-12-31') AS valid_to
        FROM dim_parameters
        ORDER BY parameter, precedence, channel, queue_key, valid_from
        """,
    )
