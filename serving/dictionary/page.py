"""Write the dictionary page: ``dictionary/index.html``, every entry in both languages, searchable from a file.

The workbook that the page offers for download is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from serving import pages
from serving.dictionary import workbook
from serving.dictionary.entries import Entry, read, read_with_values, records
from serving.language import Words

WIDTH, HEIGHT, MARGIN = 240, 48, 4


@dataclass(frozen=True)
class Spark:
    """The shapes of a sparkline, in a box of ``WIDTH`` × ``HEIGHT``: the days as a path, the target, the newest day."""

    path: str
    target: float | None
    end: tuple[float, float]


def write(warehouse: Path, site: Path, centre_name: Mapping[str, str]) -> Path:
    """Write the page under ``site`` and return its path; ``centre_name`` has the keys ``en`` and ``zh``."""
    with duckdb.connect(warehouse, read_only=True) as con:
        entries = read_with_values(con)
        parameters = _parameters(con)
        definitions = read(con)
    workbook.write(site / "dictionary" / "dictionary.xlsx", definitions.values(), parameters)
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
        parameters=parameters,
        sparks={key: spark(entry) for key, entry in entries.items()},
        width=WIDTH,
        height=HEIGHT,
    )


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
