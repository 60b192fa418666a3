"""The brief's pictures: Altair charts turned into SVG by vl-convert, without any network.

Colours are written as place-holders and become variables of the page's style, so that a picture follows light, dark
and print; the page's style also sets the fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import vl_convert

from serving.brief.findings import Finding, Findings
from serving.language import Locale, reading

_COLOURS = {
    "ink": "#0a0b01",
    "muted": "#0a0b02",
    "line": "#0a0b03",
    "soft": "#0a0b04",
    "accent": "#0a0b05",
    "bad": "#0a0b06",
}
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "view": {"stroke": None},
    "font": "Noto Sans, Noto Sans CJK SC, sans-serif",
    "axis": {
        "labelColor": _COLOURS["muted"],
        "labelFontSize": 10,
        "gridColor": _COLOURS["line"],
        "domain": False,
        "ticks": False,
        "title": None,
        "labelPadding": 6,
    },
    "axisX": {"grid": False, "tickCount": 5},
    "axisY": {"tickCount": 4},
    "title": {
        "anchor": "start",
        "color": _COLOURS["ink"],
        "fontSize": 11,
        "fontWeight": 600,
        "subtitleColor": _COLOURS["muted"],
        "offset": 4,
    },
}
VOLUME = ("contacts_offered", "contacts_handled")
_DATE_FORMATS = {"en": "%-d %b", "zh": "%-m月%-d日"}


def begin() -> None:
    """Start the engine that draws, half a second, for a caller who has something to wait for meanwhile."""
    vl_convert.vegalite_to_svg({"mark": "point"})


def trend(finding: Finding, locale: Locale) -> str:
    """Return one indicator's line with its target, the periods that missed it marked."""
    return _svg(_line(finding, 330, 110, _dates(finding, locale)), [finding])


def volume(findings: Findings, locale: Locale) -> str | None:
    """Return bars of contacts offered with those handled in front; None where the centre has neither."""
    offered, handled = (findings.by_indicator.get(key) for key in VOLUME)
    if offered is None or handled is None:
        return None
    bars = [
        alt.Chart(_named(finding))
        .mark_bar(color=_COLOURS[colour], width=220 / len(offered.trend))
        .encode(
            x=_dates(offered, locale, padding=120 / len(offered.trend)),
            y=alt.Y("value:Q", axis=alt.Axis(format=",.0f")),
        )
        for finding, colour in ((offered, "soft"), (handled, "accent"))
    ]
    return _svg(alt.layer(*bars).properties(width=330, height=110), [offered, handled])


def multiples(shown: Sequence[Finding], locale: Locale) -> str:
    """Return a small line for each indicator, with its name and its newest value."""
    small = [
        _line(finding, 118, 38, alt.X("at:T", axis=None), y_axis=None).properties(
            title=alt.Title(finding.entry.name.to(locale), subtitle=reading(finding.value, finding.entry.unit, locale))
        )
        for finding in shown
    ]
    return _svg(alt.concat(*small, columns=5, spacing={"row": 14, "column": 22}), shown)


def _line(finding: Finding, width: int, height: int, x: alt.X, y_axis: Any = alt.Undefined) -> Any:
    base = alt.Chart(_named(finding)).encode(x=x)
    y = alt.Y("value:Q", scale=alt.Scale(zero=False, nice=False, padding=6), axis=y_axis)
    layers = [
        base.mark_line(color=_COLOURS["muted"], strokeDash=[3, 3], strokeWidth=1).encode(y="target:Q"),
        # A day without a value (a Sunday, say) is bridged: alone between two gaps, a value would not be seen.
        base.transform_filter("isValid(datum.value)")
        .mark_line(color=_COLOURS["accent"], strokeWidth=1.6, strokeJoin="round")
        .encode(y=y),
        base.mark_point(color=_COLOURS["bad"], filled=True, opacity=1, size=26)
        .transform_filter("datum.missed")
        .encode(y="value:Q"),
    ]
    return alt.layer(*layers).properties(width=width, height=height)


def _dates(finding: Finding, locale: Locale, padding: float = 0) -> alt.X:
    """Return a time axis that names every seventh day or every third week, counted back from the newest."""
    starts = [start for start, *_ in finding.trend]
    named = starts[:: -7 if len(starts) > 13 else -3]
    return alt.X(
        "at:T",
        scale=alt.Scale(padding=padding),
        axis=alt.Axis(format=_DATE_FORMATS[locale], values=[_midnight(start) for start in named], labelOverlap=False),
    )


def _midnight(day: date) -> str:
    # A date alone would be read as midnight in UTC, which is the day before west of Greenwich.
    return f"{day}T00:00:00"


def _named(finding: Finding) -> alt.NamedData:
    # By name, because altair copies what a chart holds at every step of making it.
    return alt.NamedData(finding.entry.indicator)


def _points(finding: Finding) -> list[dict[str, Any]]:
    return [
        {"at": _midnight(start), "value": value, "target": target, "missed": bool(missed)}
        for start, value, target, missed in finding.trend
    ]


def _svg(chart: Any, findings: Sequence[Finding]) -> str:
    points = {finding.entry.indicator: _points(finding) for finding in findings}
    picture = vl_convert.vegalite_to_svg(chart.to_dict(validate=False) | {"config": _CONFIG, "datasets": points})
    for name, place_holder in _COLOURS.items():
        picture = picture.replace(place_holder, f"var(--{name})")
    return picture
