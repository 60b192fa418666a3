"""What a board must say, and how it is told when it does not."""

from __future__ import annotations

from typing import Any

import pytest

from serving.metabase.content import Ref, items
from serving.metabase.spec import SOURCE, BoardError, read_manifest

COLUMNS = (
    *("grain", "period_start", "period_en", "period_zh", "days_back", "indicator", "level", "member"),
    *("member_name_en", "member_name_zh", "value", "target", "is_failing"),
)


def metric(name: str, **meta: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "description": f"What {name} is.",
        "config": {
            "meta": {
                "name_zh": f"{name} 中文",
                "definition_zh": "定义。",
                "unit": "percent",
                "direction": "higher",
                "levels": ["centre", "site", "queue"],
                "grains": ["interval", "day", "week"],
                "interval_levels": ["centre", "site"],
                **meta,
            }
        },
    }


def filters() -> list[dict[str, Any]]:
    return [
        {
            "key": "day",
            "column": "period",
            "type": "string/=",
            "name_en": "Day",
            "name_zh": "日期",
            "default_en": "Latest",
            "default_zh": "最新",
            "required": True,
        },
        {
            "key": "site",
            "column": "member_name",
            "levels": ["centre", "site"],
            "type": "string/=",
            "name_en": "Site",
            "name_zh": "职场",
            "default_en": "Whole centre",
            "default_zh": "全中心",
            "required": True,
        },
    ]


def card(**changes: Any) -> dict[str, Any]:
    return {
        "key": "service",
        "tab": "day",
        "at": [0, 0],
        "size": [6, 4],
        "display": "smartscalar",
        "grain": "day",
        "levels": ["centre", "site"],
        "indicators": ["service_level_pct"],
        "filters": ["day", "site"],
        "name_en": "Service level",
        "name_zh": "服务水平",
        **changes,
    }


def manifest(*cards: dict[str, Any], **meta: Any) -> dict[str, Any]:
    """Return a manifest with one board."""
    metrics = [
        metric("service_level_pct"),
        metric("asa_sec", unit="seconds", direction="lower"),
        metric("occupancy_pct", levels=["centre", "team"], grains=["week"]),
    ]
    return {
        "metrics": {f"metric.gaugebook.{found['name']}": found for found in metrics},
        "nodes": {
            f"model.gaugebook.{SOURCE}": {
                "name": SOURCE,
                "resource_type": "model",
                "description": "What boards read.",
                "config": {"meta": {"description_zh": "看板数据。"}},
                "columns": {name: {"description": f"{name}."} for name in COLUMNS},
            }
        },
        "exposures": {
            "exposure.gaugebook.centre_day": {
                "name": "centre_day",
                "label": "Centre day",
                "type": "dashboard",
                "description": "The day.",
                "original_file_path": "models/boards/centre_day.yml",
                "depends_on": {"nodes": ["metric.gaugebook.service_level_pct", "metric.gaugebook.asa_sec"]},
                "config": {
                    "meta": {
                        "name_zh": "全中心日报",
                        "description_zh": "一天。",
                        "tabs": [{"key": "day", "name_en": "The day", "name_zh": "当日"}],
                        "filters": filters(),
                        "cards": list(cards) or [card()],
                        **meta,
                    }
                },
            }
        },
    }


def test_a_good_board_is_read_in_both_languages() -> None:
    library = read_manifest(manifest(), [SOURCE])
    (board,) = library.boards
    assert (board.name.en, board.name.zh) == ("Centre day", "全中心日报")
    assert library.dictionary["service_level_pct"].definition.zh == "定义。"
    assert library.tables[0].description == "What boards read.\n\n看板数据。"
    assert library.tables[0].columns["value"] == "value."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (card(indicators=["asa"]), "cards[service]: the dictionary has no indicator asa"),
        (card(levels=["team"]), "cards[service]: service_level_pct has no values for team; it has centre, queue, site"),
        (
            card(grain="week", indicators=["occupancy_pct"], levels=["centre"]),
            "depends_on lacks metric('occupancy_pct')",
        ),
        (card(indicators=["occupancy_pct"], levels=["centre"]), "occupancy_pct has no values by day; it has week"),
        (card(name_zh=""), "cards[service]: a smartscalar needs name_zh"),
        (card(display="table"), "a table needs columns"),
        (card(display="table", columns=["size"]), f"cards[service]: {SOURCE} has no column size"),
        (card(display="line", indicators=["service_level_pct", "asa_sec"]), "a line of several indicators needs split"),
        (
            card(display="line", split="indicator", indicators=["service_level_pct", "asa_sec"]),
            "one axis cannot show percent and seconds",
        ),
        (card(indicators=["service_level_pct", "asa_sec"]), "a smartscalar shows one indicator, not 2"),
        (card(filters=["day"]), "without split: member it needs a required filter that keeps one member"),
        (card(filters=["site"]), "a smartscalar needs a filter that keeps one period"),
        (
            card(display="line", grain="interval", filters=["site"]),
            "a line by interval needs a filter that keeps one period",
        ),
        (card(grain="interval", levels=["queue"]), "service_level_pct has no values for queue; it has centre, site"),
        (card(filters=["day", "queue"]), "cards[service]: there is no filter queue"),
        (card(tab="trends"), "cards[service]: there is no tab trends"),
        (card(at=[0, 20]), "at [0, 20] with size [6, 4] leaves the grid of 24 columns"),
        (card(display="gauge"), "cards[service].display: Input should be 'smartscalar'"),
        (card(colour="red"), "cards[service].colour: Extra inputs are not permitted"),
        (card(description_en="Only English"), "description_en and description_zh come together"),
        (card(display="row", click={"filter": "queue"}), "centre_day has no filter queue to click into"),
        (card(display="row", click={"filter": "team", "board": "team_day"}), "click opens team_day, which is no board"),
        (
            {"key": "note", "tab": "day", "at": [0, 0], "size": [6, 1], "display": "text", "text_en": "Hi"},
            "needs text_zh",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named_with_its_place(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(BoardError) as raised:
        read_manifest(manifest(wrong), [SOURCE])
    assert said in str(raised.value)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BoardError) as raised:
        read_manifest(manifest(card(tab="a"), card(key="other", at=[3, 3], indicators=["b"])), [SOURCE])
    assert str(raised.value).splitlines() == [
        "models/boards/centre_day.yml: cards[service]: there is no tab a",
        "models/boards/centre_day.yml: cards[other]: the dictionary has no indicator b",
    ]


def test_cards_that_lie_on_each_other_are_refused_and_neighbours_are_not() -> None:
    with pytest.raises(BoardError, match=r"cards\[service\] and cards\[other\] cover the same place"):
        read_manifest(manifest(card(), card(key="other", at=[3, 5])), [SOURCE])
    read_manifest(manifest(card(), card(key="right", at=[0, 6]), card(key="below", at=[4, 0])), [SOURCE])


def test_a_required_filter_needs_a_start_in_both_languages() -> None:
    for missing, said in ((("default_en", "default_zh"), "needs a default"), (("default_zh",), "come together")):
        broken = filters()
        for key in missing:
            del broken[0][key]
        with pytest.raises(BoardError, match=said):
            read_manifest(manifest(filters=broken), [SOURCE])


def test_an_empty_dictionary_is_an_error_and_not_an_empty_board() -> None:
    with pytest.raises(BoardError, match="holds no indicator"):
        read_manifest({**manifest(), "metrics": {}}, [SOURCE])


def test_writing_out_is_the_same_every_time_and_ids_are_left_to_the_server() -> None:
    library = read_manifest(manifest(), [SOURCE])
    assert items(library, ("en", "zh")) == items(library, ("en", "zh"))
    documents = {(item.kind, item.key): item.document for item in items(library, ("en", "zh"))}
    english, chinese = (documents["card", f"{locale}/centre_day/service"] for locale in ("en", "zh"))
    assert (english["name"], chinese["name"]) == ("Centre day · Service level", "全中心日报 · 服务水平")
    assert english["collection_id"] == Ref("collection", "en/questions")
    (stage,) = english["dataset_query"]["stages"]
    assert stage["source-table"] == Ref("table", SOURCE)
    assert [clause[2:] for clause in (part for part in stage["filters"])] == [
        [["field", stage["filters"][0][2][1], Ref("field", f"{SOURCE}.grain")], "day"],
        [["field", stage["filters"][1][2][1], Ref("field", f"{SOURCE}.level")], "centre", "site"],
        [["field", stage["filters"][2][2][1], Ref("field", f"{SOURCE}.indicator")], "service_level_pct"],
    ]


def test_a_rise_of_what_should_fall_is_drawn_as_bad() -> None:
    for indicator, switched in (("service_level_pct", False), ("asa_sec", True)):
        library = read_manifest(manifest(card(indicators=[indicator])), [SOURCE])
        drawn = next(item.document for item in items(library, ("en",)) if item.key == "en/centre_day/service")
        assert drawn["visualization_settings"]["scalar.switch_positive_negative"] is switched
