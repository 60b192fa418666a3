"""The dictionary: the entries that the command line and the page show."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving import dictionary
from serving.dictionary.describe import lines
from serving.dictionary.entries import Reading, Reads, read, read_in_full
from serving.dictionary.page import HEIGHT, WIDTH, spark
from serving.language import LOCALES, Locale
from tests.serving_warehouse import LINEAGE

NAME = {"en": "Demo <centre>", "zh": "示范中心"}
WITH_VARIANT = {**LINEAGE, "service_level_of_answered_pct": {}}


def write(warehouse: Path, site: Path, build: int = 1, lineage: Mapping[str, Reads] = LINEAGE) -> Path:
    """Write the page as after the build of everything of some number."""
    return dictionary.write(warehouse, site, NAME, lambda: lineage, build)


def described(warehouse: Path, lineage: Mapping[str, Reads], name: str, locale: Locale = "en") -> dict[str, str]:
    """The lines that a terminal shows."""
    return lines(dictionary.look_up(warehouse, lambda: lineage, name), locale)


@pytest.mark.parametrize("name", ["service_level_pct", "Service level", " service LEVEL ", "服务水平"])
def test_indicator_is_found_by_key_and_by_either_name(serving_warehouse: Path, name: str):
    entry = dictionary.look_up(serving_warehouse, lambda: LINEAGE, name)
    assert entry.indicator == "service_level_pct"
    assert entry.target == 80
    assert [(reading.grain, reading.period_start) for reading in entry.latest] == [
        ("day", date(2026, 10, 29)),
        ("week", date(2026, 10, 26)),
        ("month", date(2026, 10, 1)),
    ]
    assert len(entry.trend) == 60


def test_terminal_shows_an_entry_in_the_language_asked_for(serving_warehouse: Path):
    lines = described(serving_warehouse, LINEAGE, "service level")
    assert lines["Formula"] == "visits answered within the threshold ÷ visits counted × 100%"
    assert lines["Newest"] == "29 Oct: 65.3% · week of 26 Oct: 70.4% · Oct 2026: 80.5%"
    assert lines["Targets"] == "centre: 80.0% (from 2000-01-01)"
    assert (
        described(serving_warehouse, LINEAGE, "service level", "zh")["公式"] == "阈值内应答的排队 ÷ 计入的排队 × 100%"
    )
    assert "Targets" not in described(serving_warehouse, LINEAGE, "contacts_offered")


def test_unknown_indicator_names_the_nearest_at_once(serving_warehouse: Path):
    def untold() -> dict:
        raise AssertionError("the lineage is traced for nothing")

    with pytest.raises(dictionary.UnknownIndicatorError, match=r"no indicator 'servise level'.*service_level_pct"):
        dictionary.look_up(serving_warehouse, untold, "servise level")


def test_entries_run_from_arrival_to_people(serving_warehouse: Path):
    with duckdb.connect(serving_warehouse, read_only=True) as con:
        families = [entry.family for entry in read(con).values()]
    assert list(dict.fromkeys(families)) == ["volume", "accessibility", "handling", "quality", "customer"]


@pytest.fixture
def with_a_variant(serving_warehouse: Path, tmp_path: Path) -> Path:
    """The warehouse with another way to reckon the service level, seven points above it."""
    path = Path(shutil.copy(serving_warehouse, tmp_path / "warehouse.duckdb"))
    with duckdb.connect(path) as con:
        con.execute(
            """
            INSERT INTO dim_indicators BY NAME
                SELECT * EXCLUDE (scale) REPLACE ('service_level_of_answered_pct' AS indicator, indicator AS variant_of,
                                  'Service level, of answered' AS name_en, '服务水平(占接通)' AS name_zh)
                FROM dim_indicators WHERE indicator = 'service_level_pct';
            INSERT INTO visit_classes VALUES
                ('abandoned_late', 'Abandoned late', '超时放弃'), ('flowed_out_late', 'Flowed out late', '超时流出');
            INSERT INTO indicator_bridges SELECT
                'service_level_pct', 'service_level_of_answered_pct', 'month', month, 'centre', 'all', step, class,
                'miss', 'out', visits, points
            FROM (VALUES (DATE '2026-10-01', 1, 'abandoned_late', 1500, 5.25),
                         (DATE '2026-10-01', 2, 'flowed_out_late', 40, 1.75),
                         (DATE '2026-09-01', 1, 'abandoned_late', 9, 9.0)) AS steps(month, step, class, visits, points);
            """
        )
    return path


def test_a_variant_follows_its_indicator_and_says_what_makes_the_difference(with_a_variant: Path, tmp_path: Path):
    with duckdb.connect(with_a_variant, read_only=True) as con:
        keys = [*read(con)]
    assert keys[keys.index("service_level_pct") + 1] == "service_level_of_answered_pct"
    entry = dictionary.look_up(with_a_variant, lambda: WITH_VARIANT, "service_level_of_answered_pct")
    assert [(step.name.en, step.before, step.after, step.visits, step.points) for step in entry.bridge] == [
        ("Abandoned late", "miss", "out", 1500, 5.25),
        ("Flowed out late", "miss", "out", 40, 1.75),
    ]
    assert described(with_a_variant, WITH_VARIANT, "服务水平(占接通)")["Variant of"] == "service_level_pct"
    html = write(with_a_variant, tmp_path / "site", lineage=WITH_VARIANT).read_text(encoding="utf-8")
    article = html[html.index('<article id="service_level_of_answered_pct"') :]
    article = article[: article.index("</article>")]
    assert 'href="#service_level_pct"' in article
    assert re.findall(r'class="number">([+-][\d.]+)<', article) == ["+5.25", "+1.75", "+7.00"]
    assert "1,500" in article and "超时流出" in article


@pytest.fixture(scope="module")
def page(serving_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = write(serving_warehouse, tmp_path_factory.mktemp("site"))
    return path.read_text(encoding="utf-8")


def test_every_indicator_has_its_entry_in_both_languages(serving_warehouse: Path, page: str):
    with duckdb.connect(serving_warehouse, read_only=True) as con:
        entries = read(con).values()
    assert re.findall(r'<article id="([^"]+)"', page) == [entry.indicator for entry in entries]
    for entry in entries:
        for words in (entry.name, entry.definition, entry.numerator, *entry.drivers):
            assert words is not None
            assert f'<span lang="en">{words.en}</span><span lang="zh">{words.zh}</span>' in page


def test_page_asks_nothing_of_the_network_and_escapes_names(page: str):
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "Demo &lt;centre&gt;" in page


def test_parameters_show_scope_value_and_who_set_them(page: str):
    rows = re.findall(r"<tr>(.*?)</tr>", page.split('id="parameters"')[1], flags=re.S)[1:]
    cells = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows]
    assert ["15" in row and "centre" in row for row in cells] == [False, False, True, False]


@pytest.fixture(scope="module")
def entry(serving_warehouse: Path) -> dictionary.Entry:
    return dictionary.look_up(serving_warehouse, lambda: LINEAGE, "qa_score_avg")


@given(
    values=st.lists(st.none() | st.floats(-1e6, 1e6), min_size=0, max_size=60), target=st.none() | st.floats(-1e6, 1e6)
)
def test_sparkline_stays_in_its_box(entry: dictionary.Entry, values: list[float | None], target: float | None):
    days = [date(2026, 9, 1) + timedelta(number) for number in range(len(values))]
    trend = [Reading("day", day, value, "final", target) for day, value in zip(days, values, strict=True)]
    drawn = spark(replace(entry, trend=trend))
    if sum(value is not None for value in values) < 2:
        assert drawn is None
        return
    assert drawn is not None
    numbers = [tuple(map(float, point.split(","))) for point in re.findall(r"[ML]([\d.,-]+)", drawn.path)]
    assert len(numbers) == sum(value is not None for value in values)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in numbers)
    assert drawn.target is None or 0 <= drawn.target <= HEIGHT


def test_the_workbook_lists_every_entry_in_both_languages(serving_warehouse: Path, tmp_path: Path):
    page = write(serving_warehouse, tmp_path)
    assert 'href="dictionary.xlsx"' in page.read_text("utf-8")
    book = openpyxl.load_workbook(page.with_name("dictionary.xlsx"), read_only=True)
    assert book.sheetnames == ["Indicators", "指标", "Parameters 参数", "Examples 算例"]
    english, chinese, parameters, examples = ([*sheet.iter_rows(values_only=True)] for sheet in book)
    for sheet, locale in zip((english, chinese), LOCALES, strict=True):
        found = [{label: cell for label, cell in zip(sheet[0], row, strict=True) if cell} for row in sheet[1:]]
        with duckdb.connect(serving_warehouse, read_only=True) as con:
            assert found == [lines(entry, locale) for entry in read_in_full(con, LINEAGE).values()]
    assert parameters[1][:3] == ("Answer threshold, seconds · 应答时限（秒）", "answer_threshold_sec", "chat")
    day = datetime(2026, 10, 29)
    name = ("service_level_pct", "Service level · 服务水平")
    measures = ("numerator 分子\nin_threshold", "denominator 分母\nvisits_counted")
    assert examples[1:] == [
        (*name, "Row of 明细 fct_queue_visits", "Date 日期", "queue 队列", *measures),
        (*name, "visit-1", day, "sales_cd", 1, 1),
        (*name, "visit-2", day, "sales_cd", 0, 1),
        (*name, "visit-3", day, "sales_cd", 0, 0),
        (*name, "together 合计", None, None, 1, 2),
        (*name, "Service level = 50.0% of these rows alone. · 服务水平 = 50.0%（仅就以上明细）"),
    ]


def test_a_workbook_is_written_anew_only_when_the_dictionary_has_changed(serving_warehouse: Path, tmp_path: Path):
    book = write(serving_warehouse, tmp_path / "site").with_name("dictionary.xlsx")
    os.utime(book, (0, 0))
    write(serving_warehouse, tmp_path / "site", build=2)
    assert book.stat().st_mtime == 0
    changed = Path(shutil.copy(serving_warehouse, tmp_path / "changed.duckdb"))
    with duckdb.connect(changed) as con:
        con.execute("UPDATE dim_parameters SET value = 25 WHERE origin = 'centre'")
    write(changed, tmp_path / "site", build=3)
    assert book.stat().st_mtime > 0


def article(html: str, indicator: str) -> str:
    """Return an entry's part of the page, its text alone."""
    part = html[html.index(f'<article id="{indicator}"') :]
    return re.sub(r"<[^>]+>|\s+", " ", part[: part.index("</article>")])


def test_an_entry_shows_versions_parameters_targets_boards_columns_and_an_example(page: str):
    text = re.sub(" +", " ", article(page, "service_level_pct"))
    for told in (
        "version 2, 第 2 版， from 2026-10-01 自 2026-10-01 起",
        "version 1, 第 1 版， from 2026-08-31",
        "Answer threshold, seconds 应答时限（秒） voice 语音 centre 全中心 15 from 2026-10-01",
        "Fewest cases for a rate",
        "centre 全中心 80.0% 80.0% from 2000-01-01",
        "Daily and weekly brief 每日与每周简报",
        "Centre day 全中心日报 : ： Sixty days 六十天走势",
        "chat.chat_conversation created_at",
        "numerator 分子 in_threshold denominator 分母 visits_counted",
        "visit-1 2026-10-29 sales_cd 1 1 visit-2 2026-10-29 sales_cd 0 1 visit-3 2026-10-29 sales_cd 0 0",
        "together 合计 1 2 Service level 服务水平 = 50.0% 50.0%",
    ):
        assert told in text
    # a percentage of no units, a count or a mean is shown however few there are
    assert "Fewest cases for a rate" not in article(page, "contacts_offered")
    assert "Worked example" not in article(page, "contacts_offered")


def test_what_is_declared_is_rendered_once_for_a_build_of_everything(serving_warehouse: Path, tmp_path: Path):
    first = write(serving_warehouse, tmp_path).read_text("utf-8")
    asked: list[int] = []
    again = dictionary.write(serving_warehouse, tmp_path, NAME, lambda: asked.append(1) or LINEAGE, 1)
    assert (again.read_text("utf-8"), asked) == (first, [])
    dictionary.write(serving_warehouse, tmp_path, NAME, lambda: asked.append(1) or LINEAGE, 2)
    assert asked


def test_terminal_shows_what_the_page_shows_of_a_definition(serving_warehouse: Path):
    told = described(serving_warehouse, LINEAGE, "service_level_pct", "zh")
    assert told["口径版本"] == "2 (自 2026-10-01 起) · 1 (自 2026-08-31 起)"
    assert told["目标"] == "全中心: 80.0% (自 2000-01-01 起)"
    assert "应答时限（秒）: 15 (语音 · 自 2026-10-01 起 · 全中心)" in told["参数"]
    assert told["展示位置"] == "每日与每周简报\n全中心日报: 六十天走势"
    assert told["读取字段"] == "chat.chat_conversation: created_at"
