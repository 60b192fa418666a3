"""Where boards meet the dictionary and the table they read: both sides must mean the same."""

from __future__ import annotations

from datetime import date

import duckdb

from serving.metabase.content import items
from serving.metabase.spec import SOURCE
from tests import board_library


def test_every_board_can_be_drawn_from_the_dictionary() -> None:
    held = board_library.boards()
    declared = {found["name"] for found in held.manifest["exposures"].values() if found["type"] == "dashboard"}
    assert {board.key for board in held.library.boards} == declared
    assert {"centre_day", "team_day"} <= declared


def test_a_board_depends_on_what_its_cards_show_and_on_nothing_else() -> None:
    held = board_library.boards()
    for board in held.library.boards:
        nodes = held.manifest["exposures"][f"exposure.gaugebook.{board.key}"]["depends_on"]["nodes"]
        named = {node.split(".")[-1] for node in nodes if node.startswith("metric.")}
        assert named == {indicator for card in board.cards for indicator in card.indicators}


def test_both_languages_get_the_same_boards() -> None:
    library = board_library.boards().library
    english, chinese = ([item.key for item in items(library, (locale,))] for locale in ("en", "zh"))
    assert [key.replace("en", "zh", 1) for key in english if key.startswith("en")] == [
        key for key in chinese if key.startswith("zh")
    ]


def test_the_boards_table_has_the_columns_that_are_described() -> None:
    held = board_library.boards()
    described = list(held.manifest["nodes"][f"model.gaugebook.{SOURCE}"]["columns"])
    with duckdb.connect(held.warehouse, read_only=True) as con:
        assert [name for name, *_ in con.execute(f"DESCRIBE {SOURCE}").fetchall()] == described


def test_no_agent_reaches_a_board() -> None:
    with duckdb.connect(board_library.boards().warehouse, read_only=True) as con:
        levels = ["centre", "site", "team", "tenure_band", "queue", "client", "reason", "channel"]
        beyond = f"SELECT count(*) FROM {SOURCE} WHERE NOT list_contains($levels, level)"
        assert con.execute(beyond, {"levels": levels}).fetchone() == (0,)


def test_a_streak_begins_after_the_last_day_that_met_the_target() -> None:
    # Days 21 to 29 October, target 80, values 85 70 - 60 85 79 78 77 76: missed on the 22nd, no traffic on the 23rd,
    # missed on the 24th (second day of the streak of the 22nd), met on the 25th, missed from the 26th on.
    first, second = date(2026, 10, 22), date(2026, 10, 26)
    with duckdb.connect(board_library.boards().warehouse, read_only=True) as con:
        told = con.execute(
            f"SELECT day(period_start), is_failing, failing_since, failing_periods FROM {SOURCE} "
            "WHERE indicator = 'service_level_pct' AND grain = 'day' AND member = 'support' ORDER BY period_start"
        ).fetchall()
    assert told == [
        (21, False, None, None),
        (22, True, first, 1),
        (23, None, None, None),
        (24, True, first, 2),
        (25, False, None, None),
        (26, True, second, 1),
        (27, True, second, 2),
        (28, True, second, 3),
        (29, True, second, 4),
    ]


def test_a_day_is_compared_with_the_day_before_and_never_across_a_gap() -> None:
    # 24 October follows a day without traffic: there is nothing to compare with, whatever the 22nd was.
    with duckdb.connect(board_library.boards().warehouse, read_only=True) as con:
        told = con.execute(
            f"SELECT previous_value, change, week_ago_value FROM {SOURCE} WHERE indicator = 'service_level_pct' "
            "AND grain = 'day' AND member = 'support' AND day(period_start) IN (22, 24, 28) ORDER BY period_start"
        ).fetchall()
    # 22nd: 70 after 85. 28th: 77 after 78, and 85 on the 21st.
    assert told == [(85.0, -15.0, None), (None, None, None), (78.0, -1.0, 85.0)]


def test_whoever_has_no_target_is_held_against_the_centres_and_told_so() -> None:
    with duckdb.connect(board_library.boards().warehouse, read_only=True) as con:
        told = con.execute(
            f"SELECT DISTINCT member, target, target_from_en, target_from_zh FROM {SOURCE} "
            "WHERE indicator = 'service_level_pct' AND member IN ('all', 'support', 'sales_cd') ORDER BY member"
        ).fetchall()
        neutral = con.execute(
            f"SELECT count(target), count(target_from_en), count(is_failing) FROM {SOURCE} "
            "WHERE indicator = 'queue_visits'"
        ).fetchall()
    assert told == [
        ("all", 85.0, "Own", "自身"),
        ("sales_cd", 85.0, "Centre", "中心"),
        ("support", 80.0, "Own", "自身"),
    ]
    assert neutral == [(0, 0, 0)]


def test_the_newest_period_is_called_latest_and_queues_of_one_name_are_kept_apart() -> None:
    with duckdb.connect(board_library.boards().warehouse, read_only=True) as con:
        newest = con.execute(
            f"SELECT DISTINCT period_start, period_en, period_zh, days_back FROM {SOURCE} "
            "WHERE grain = 'day' AND days_back < 3 ORDER BY days_back"
        ).fetchall()
        queues = con.execute(
            f"SELECT DISTINCT member_name_en, member_name_zh FROM {SOURCE} WHERE level = 'queue' ORDER BY 1"
        ).fetchall()
    assert newest == [
        (date(2026, 10, 29), "Latest", "最新", 1),
        (date(2026, 10, 28), "2026-10-28", "2026-10-28", 2),
    ]
    assert queues == [
        ("Sales (sales_cd)", "销售(sales_cd)"),
        ("Sales (sales_mc)", "销售(sales_mc)"),
        ("Support", "支持"),
    ]
