"""The executive brief: one page on a day or a week – what changed, where, what to decide, how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
from markupsafe import Markup

from serving import ServingError, pages
from serving.brief import charts, sentences
from serving.brief.findings import Finding, Period, find
from serving.language import LOCALES, Locale, Words

LEADING = "service_level_pct"
"""The indicator whose trend is drawn large; without it, the first one that has a target."""


class NothingToReportError(ServingError):
    """The warehouse has no values of the period asked for."""


def write(
    warehouse: Path,
    site: Path,
    day: date,
    *,
    centre_name: Mapping[str, str],
    period: Literal["day", "week"] = "day",
    locales: Sequence[Locale] = LOCALES,
) -> list[Path]:
    """Write the brief of the day, or of the ISO week that holds it, and return the page of each language.

    Pages go to ``site/briefs/2026-10-29/en.html``, a week's to ``site/briefs/2026-W44/en.html``.

    Raises:
        NothingToReportError: the centre has no values in the period.
    """
    wanted = Period.of(period, day)
    with duckdb.connect(warehouse, read_only=True) as con:
        findings = find(con, wanted)
    if findings is None:
        raise NothingToReportError(f"The warehouse has no values of the {period} of {day}: ingest and build it first.")
    folder = site / "briefs" / wanted.start.strftime("%Y-%m-%d" if period == "day" else "%G-W%V")
    judged = [finding for finding in findings.shown if finding.target is not None]
    leading = findings.by_indicator.get(LEADING) or next(iter([*judged, *findings.shown]))
    large = (leading.entry.indicator, *charts.VOLUME)
    small = [finding for finding in findings.shown if finding.entry.indicator not in large]
    return [
        pages.write(
            folder / f"{locale}.html",
            "brief/page.html",
            locale=locale,
            centre=Words(centre_name["en"], centre_name["zh"]),
            findings=findings,
            say=sentences,
            tone=_tone,
            leading=leading,
            trend=Markup(charts.trend(leading, locale)),
            volume=Markup(charts.volume(findings, locale) or ""),
            multiples=Markup(charts.multiples(small, locale) if small else ""),
            others=[other for other in locales if other != locale],
        )
        for locale in locales
    ]


def _tone(finding: Finding, base: float | None) -> str:
    """Return the style of a change: for the better, for the worse, or neither."""
    if finding.value is None or base is None or finding.entry.direction not in ("higher", "lower"):
        return "muted"
    change = round(finding.value - base, 1)
    if not change:
        return "muted"
    return "good" if (change > 0) == (finding.entry.direction == "higher") else "bad"
