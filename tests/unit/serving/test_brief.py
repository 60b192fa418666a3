"""The brief's page and its sentences."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from serving import brief
from serving.brief import sentences
from serving.brief.findings import Findings, Period, find
from serving.language import Words
from tests.serving_warehouse import LAST

NAME = {"en": "Demo centre", "zh": "示范中心"}


@pytest.fixture(scope="module")
def findings(serving_warehouse: Path) -> Findings:
    with duckdb.connect(serving_warehouse, read_only=True) as con:
        found = find(con, Period("day", LAST))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pages(serving_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    site = tmp_path_factory.mktemp("site")
    paths = brief.write(serving_warehouse, site, LAST, centre_name=NAME)
    assert [str(path.relative_to(site)) for path in paths] == [
        "briefs/2026-10-29/en.html",
        "briefs/2026-10-29/zh.html",
    ]
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def test_headline_names_what_was_missed(findings: Findings):
    # Relative gaps of the fixture's last day: abandonment 3.6 of 5, service level 14.7 of 80, satisfaction 0.2 of 85.
    assert sentences.headline(findings, "en") == (
        "3 of 3 targets missed: Abandonment rate, Service level and Satisfied customers"
    )
    assert sentences.headline(findings, "zh") == "3 项目标中 3 项未达成：放弃率、服务水平、满意度"


def test_shortfall_says_how_far_and_since_when(findings: Findings):
    # 388 of 594 visits in time are 65.3 %, 14.7 points below 80 %; the incident began on 27 October.
    finding = findings.by_indicator["service_level_pct"]
    assert (finding.value, finding.sample_size) == (pytest.approx(100 * 388 / 594), 594)
    assert sentences.shortfall(finding, findings.period, "en") == (
        "65.3%, 14.7 pt below the target of 80.0%; missed 3 days in a row, since 27 Oct."
    )
    assert sentences.shortfall(finding, findings.period, "zh") == (
        "65.3%，低于目标 80.0% 达 14.7 个百分点；自10月27日起连续 3 天未达标。"
    )


def test_decision_names_the_owner_and_only_the_drivers_of_the_dictionary(findings: Findings):
    finding = findings.by_indicator["service_level_pct"]
    assert sentences.decision(finding, "en") == (
        "Operations to decide: act, or accept it and say until when. "
        "Drivers the dictionary names: volume against forecast or average handle time."
    )
    assert sentences.measured_drivers(finding, findings, "en") == (
        "Of these, measured: Average handle time 322 s (−8.7 s vs usual)."
    )
    assert sentences.measured_drivers(findings.by_indicator["csat_top2_pct"], findings, "en") == ""


def test_honesty_names_what_is_provisional_absent_and_silent(findings: Findings):
    assert sentences.honesty(findings, "en") == [
        "Provisional, may still change: Satisfied customers.",
        "No data at all for QA score (quality assurance; last 27 Oct).",
        "Had values in each of the last four, none now: Chat and Chat UK. Closed, or not delivered?",
    ]


def test_what_is_absent_from_the_same_feed_since_the_same_day_is_told_together(findings: Findings):
    (qa, last), service = findings.absent[0], findings.by_indicator["service_level_pct"].entry
    dials = replace(service, name=Words("Dial connect rate", "外呼接通率"), feeds=["qa"])
    orders = replace(service, name=Words("Cancelled after sale", "退单率"), feeds=["sales", "chat"])
    several = replace(findings, absent=[(qa, last), (orders, last - timedelta(days=1)), (dials, last)])
    assert sentences.honesty(several, "en")[1] == (
        "No data at all for Cancelled after sale (sales and chat; last 26 Oct);"
        " QA score and Dial connect rate (quality assurance; last 27 Oct)."
    )
    assert sentences.honesty(several, "zh")[1] == (
        "没有任何数据的指标：退单率（销售、在线会话，最近10月26日）；质检平均分、外呼接通率（质检，最近10月27日）。"
    )


def test_young_centre_says_what_is_usual_rests_on_little(serving_warehouse: Path, tmp_path: Path):
    first = date(2026, 8, 31)
    with duckdb.connect(serving_warehouse, read_only=True) as con:
        found = find(con, Period("day", first))
    assert found is not None
    assert sentences.honesty(found, "en")[0] == ("The history is short: only 0 of the four usual periods have values.")
    (page,) = brief.write(serving_warehouse, tmp_path, first, centre_name=NAME, locales=("en",))
    assert "<svg" not in page.read_text(encoding="utf-8"), "one day makes no trend"


def test_target_of_a_band_is_a_guide_and_no_verdict(findings: Findings):
    occupancy = replace(findings.by_indicator["aht_sec"], target=300.0)
    assert sentences.verdict(occupancy, findings.period, "en") == "guide value, not judged"


def test_settled_day_says_so(serving_warehouse: Path):
    with duckdb.connect(serving_warehouse, read_only=True) as con:
        found = find(con, Period("day", date(2026, 10, 22)))
    assert found is not None
    assert sentences.honesty(found, "en") == ["Every value is final, none is missing."]
    assert sentences.headline(found, "en") == "All 4 targets met"


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_page_carries_everything_inside_itself(pages: dict[str, str], locale: str):
    page = pages[locale]
    assert page.count("<svg") == 3
    addresses = re.findall(r'(?:src|href|url\()\s*=?\s*"([^"]+)"', page)
    assert all(not address.startswith(("http", "//")) for address in addresses)
    assert "nan" not in page.lower().split("<svg")[0]


def test_each_page_speaks_its_own_language(pages: dict[str, str]):
    visible = {locale: re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S) for locale, page in pages.items()}
    assert re.findall(r"[一-鿿]+", visible["en"]) == ["中文"]  # the way to the other page
    assert not re.search(r"\b(missed|target|queue|site|decide)\b", visible["zh"])


def test_pictures_follow_the_style_of_the_page(pages: dict[str, str]):
    assert "#0a0b0" not in pages["en"]
    assert "var(--accent)" in pages["en"].split("<svg", 1)[1]


def test_agents_are_not_on_the_page(pages: dict[str, str]):
    assert not re.search(r"\be00\d\b|Agent \d", pages["en"])


def test_week_has_its_own_address(serving_warehouse: Path, tmp_path: Path):
    (page,) = brief.write(serving_warehouse, tmp_path, LAST, centre_name=NAME, period="week", locales=("en",))
    assert page == tmp_path / "briefs" / "2026-W44" / "en.html"
    assert "26 Oct to 1 Nov 2026" in page.read_text(encoding="utf-8")


def test_day_without_values_is_refused_with_a_reason(serving_warehouse: Path, tmp_path: Path):
    with pytest.raises(brief.NothingToReportError, match="no values of the day of 2025-01-01"):
        brief.write(serving_warehouse, tmp_path, date(2025, 1, 1), centre_name=NAME)


def test_centre_without_service_level_or_targets_still_has_a_brief(serving_warehouse: Path, tmp_path: Path):
    with duckdb.connect(tmp_path / "w.duckdb") as con:
        con.execute(f"ATTACH '{serving_warehouse}' AS whole (READ_ONLY)")
        for table in ("dim_indicators", "dim_members", "indicator_values"):
            con.execute(f"CREATE TABLE {table} AS FROM whole.{table}")
        con.execute("DELETE FROM indicator_values WHERE indicator NOT IN ('aht_sec', 'contacts_offered')")
    (page,) = brief.write(tmp_path / "w.duckdb", tmp_path, LAST, centre_name=NAME, locales=("en",))
    assert "No value has a target to be held against" in page.read_text(encoding="utf-8")
