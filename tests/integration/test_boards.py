"""Boards against a double of Metabase and a real PostgreSQL: what is written, read back, run and noticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from serving.metabase.apply import NotStoredError, apply
from serving.metabase.client import Metabase, MetabaseError
from serving.metabase.content import items, parameter_id
from serving.metabase.plan import Connection, Plan, plan
from serving.metabase.spec import SOURCE
from serving.publish import publish
from serving.servers import PostgresTarget
from tests import board_library
from tests.metabase_double import API_KEY, Contract, MetabaseDouble
from tests.postgres import Cluster

DATABASE = "Gaugebook"


@pytest.fixture(scope="module")
def published(postgres_cluster: Cluster) -> Iterator[Connection]:
    """A PostgreSQL database into which the boards' warehouse has been published."""
    with postgres_cluster.database() as name:
        target = PostgresTarget(
            host=postgres_cluster.host, port=postgres_cluster.port, database=name, user=postgres_cluster.user
        )
        publish(board_library.boards().warehouse, target, None, 1)
        yield Connection(target.host, target.port, name, target.user, password="not asked for")


@pytest.fixture(scope="module")
def server() -> Iterator[MetabaseDouble]:
    """One server for the module; each test finds it in the state that it asks for."""

    def connect(details: Any) -> psycopg.Connection:
        return psycopg.connect(
            host=details["host"], port=details["port"], dbname=details["dbname"], user=details["user"], autocommit=True
        )

    with MetabaseDouble(connect) as double:
        yield double


@pytest.fixture(scope="module")
def states(
    server: MetabaseDouble, published: Connection, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Any, Any, str]:
    """The server fresh, the server once provisioned, and the state file of the latter."""
    fresh = server.snapshot()
    state = tmp_path_factory.mktemp("boards") / "state.json"
    client = Metabase(server.url, API_KEY)
    first = plan(client, board_library.boards().library, database=DATABASE, state=state, connection=published)
    apply(client, first, pause=lambda seconds: None)
    return fresh, server.snapshot(), state.read_text()


@pytest.fixture
def double(server: MetabaseDouble, states: tuple[Any, Any, str]) -> Iterator[MetabaseDouble]:
    """A fresh server; at the end, no request may have broken Metabase's own description of its API."""
    server.restore(states[0])
    yield server
    assert server.violations == []


@pytest.fixture
def client(double: MetabaseDouble) -> Metabase:
    return Metabase(double.url, API_KEY, pause=lambda seconds: None)


@pytest.fixture
def planned(client: Metabase, published: Connection, tmp_path: Path) -> Callable[..., Plan]:
    """Plan with this test's server, database and state file."""

    def again(**options: Any) -> Plan:
        arguments = {
            "database": DATABASE,
            "state": tmp_path / "metabase_state.json",
            "connection": published,
            **options,
        }
        return plan(client, board_library.boards().library, **arguments)

    return again


@pytest.fixture
def provisioned(double: MetabaseDouble, states: tuple[Any, Any, str], tmp_path: Path) -> None:
    """The server already holds the boards."""
    double.restore(states[1])
    (tmp_path / "metabase_state.json").write_text(states[2])


def written_id(tmp_path: Path, key: str) -> int:
    return json.loads((tmp_path / "metabase_state.json").read_text())["written"][key]["id"]


def test_requests_are_judged_by_metabases_own_document() -> None:
    if Contract.stored() is None:
        pytest.skip("../shared/metabase/openapi-subset.json is not here, so requests are not judged")
    problems = list(Contract.stored().problems("POST", "/api/card", {}, {"name": ""}))  # pyright: ignore
    assert any("'' should be non-empty" in problem for problem in problems)
    assert any("'dataset_query' is a required property" in problem for problem in problems)


def test_a_second_apply_writes_nothing(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan], provisioned: None
) -> None:
    double.requests.clear()
    second = planned()
    assert second.is_empty, second.render()
    apply(client, second)
    assert double.writes == []


def test_everything_is_there_in_both_languages(double: MetabaseDouble, provisioned: None) -> None:
    paths = {
        "/".join(double.collections[int(id)]["name"] for id in [*found["location"].split("/")[1:-1], found["id"]])
        for found in double.collections.values()
    }
    assert paths == {
        "Gaugebook",
        "Gaugebook/English",
        "Gaugebook/English/Questions",
        "Gaugebook/中文",
        "Gaugebook/中文/问题",
    }
    library = board_library.boards().library
    assert sorted(board["name"] for board in double.dashboards.values()) == sorted(
        board.name[locale] for board in library.boards for locale in ("en", "zh")
    )
    assert len(double.glossary) == 2 * len(library.dictionary)
    described = next(field for field in double.fields.values() if field["name"] == "failing_since")
    assert described["description"].startswith("First period of the streak")


def test_every_question_returns_the_columns_that_its_settings_name(
    double: MetabaseDouble, client: Metabase, published: Connection, tmp_path: Path
) -> None:
    results = board_library.provision(client, DATABASE, tmp_path / "state.json", published)
    library = board_library.boards().library
    cards = {item.key: item.document for item in items(library, ("en", "zh")) if item.kind == "card"}
    assert set(results) == set(cards)
    for key, result in results.items():
        columns = {col["name"] for col in result["cols"]}
        named = set(board_library.columns_named(cards[key]["visualization_settings"]))
        assert named <= columns, f"{key}: {named - columns} are no columns of {columns}"
        assert result["rows"], f"{key} shows nothing"


def test_on_its_board_a_headline_is_one_row_of_the_chosen_day_and_site(
    double: MetabaseDouble, client: Metabase, provisioned: None, tmp_path: Path
) -> None:
    board = double.dashboards[written_id(tmp_path, "dashboard en/centre_day")]
    card = written_id(tmp_path, "card en/centre_day/service_level")
    dashcard = next(found for found in board["dashcards"] if found["card_id"] == card)

    def shown(day: str, site: str) -> list[list[Any]]:
        values = [
            {"id": parameter_id("centre_day", "day"), "value": [day]},
            {"id": parameter_id("centre_day", "site"), "value": [site]},
        ]
        path = f"/api/dashboard/{board['id']}/dashcard/{dashcard['id']}/card/{card}/query"
        answer = client.post(path, {"parameters": values})
        assert answer["status"] == "completed", answer
        return answer["data"]["rows"]

    with psycopg.connect(**_arguments(double)) as connection:
        expected = connection.execute(
            f"SELECT value, previous_value, week_ago_value, target FROM marts.{SOURCE} WHERE indicator = "
            "'service_level_pct' AND grain = 'day' AND member = 'manchester' AND period_start = '2026-10-29'"
        ).fetchall()
    assert [tuple(row[1:]) for row in shown("Latest", "Manchester")] == expected
    assert [row[0] for row in shown("2026-10-28", "Whole centre")] == ["2026-10-28"]


def _arguments(double: MetabaseDouble) -> dict[str, Any]:
    (database,) = double.databases.values()
    return {key: database["details"][key] for key in ("host", "port", "dbname", "user")}


def test_filters_start_with_values_that_they_offer(double: MetabaseDouble, client: Metabase, provisioned: None) -> None:
    for board in double.dashboards.values():
        for parameter in board["parameters"]:
            if parameter["type"] != "string/=":
                continue
            offered = client.get(f"/api/dashboard/{board['id']}/params/{parameter['id']}/values")["values"]
            assert len(offered) > 1
            assert all([start] in offered for start in parameter.get("default", [])), parameter["name"]


def test_with_its_filters_as_they_start_no_card_is_empty(
    double: MetabaseDouble, client: Metabase, provisioned: None
) -> None:
    for board in double.dashboards.values():
        starts = [
            {"id": parameter["id"], "value": parameter["default"]}
            for parameter in board["parameters"]
            if "default" in parameter
        ]
        for dashcard in board["dashcards"]:
            if dashcard["card_id"] is None:
                continue
            path = f"/api/dashboard/{board['id']}/dashcard/{dashcard['id']}/card/{dashcard['card_id']}/query"
            mapped = {mapping["parameter_id"] for mapping in dashcard["parameter_mappings"]}
            answer = client.post(path, {"parameters": [start for start in starts if start["id"] in mapped]})
            assert answer["status"] == "completed", answer
            assert answer["data"]["rows"], f"{board['name']}: {dashcard['visualization_settings']['card.title']}"


def test_a_renamed_question_is_drift_and_put_back_only_on_demand(
    double: MetabaseDouble,
    client: Metabase,
    planned: Callable[..., Plan],
    provisioned: None,
    tmp_path: Path,
) -> None:
    card = double.cards[written_id(tmp_path, "card en/centre_day/handle_time")]
    card["name"] = "AHT, mine"
    drift = planned()
    assert [(step.item.key, step.by_hand) for step in drift.steps] == [("en/centre_day/handle_time", True)]
    assert 'name: "AHT, mine" → "Centre day · Handle time"' in drift.render()
    assert [step.item.key for step in apply(client, drift).left] == ["en/centre_day/handle_time"]
    assert card["name"] == "AHT, mine"
    apply(client, drift, overwrite=True)
    assert double.cards[card["id"]]["name"] == "Centre day · Handle time"
    assert planned().is_empty


def test_a_moved_dashcard_is_drift_and_keeps_its_id_when_put_back(
    double: MetabaseDouble,
    client: Metabase,
    planned: Callable[..., Plan],
    provisioned: None,
    tmp_path: Path,
) -> None:
    board = double.dashboards[written_id(tmp_path, "dashboard zh/team_day")]
    moved = next(card for card in board["dashcards"] if card["visualization_settings"]["gaugebook.key"] == "failing")
    moved["row"] = 40
    drift = planned()
    assert [(d.path, d.have, d.want) for d in drift.steps[0].differences] == [("dashcards.failing.row", 40, 9)]
    apply(client, drift, overwrite=True)
    back = next(card for card in double.dashboards[board["id"]]["dashcards"] if card["id"] == moved["id"])
    assert back["row"] == 9


def test_a_changed_filter_and_a_foreign_dashcard_are_drift(
    double: MetabaseDouble, planned: Callable[..., Plan], provisioned: None, tmp_path: Path
) -> None:
    board = double.dashboards[written_id(tmp_path, "dashboard en/centre_day")]
    next(parameter for parameter in board["parameters"] if parameter["slug"] == "days_back")["default"] = [7]
    foreign = {**board["dashcards"][0], "id": 9001, "visualization_settings": {"text": "my note"}, "card_id": None}
    board["dashcards"].append(foreign)
    (step,) = planned().steps
    assert step.by_hand
    changed, added = step.differences
    assert (changed.path, changed.have, changed.want) == ("parameters[3].default[0]", 7, 30)
    assert added.path == "dashcards.#9001"


def test_a_deleted_question_is_made_again_and_put_back_on_its_board(
    double: MetabaseDouble,
    client: Metabase,
    planned: Callable[..., Plan],
    provisioned: None,
    tmp_path: Path,
) -> None:
    client.delete(f"/api/card/{written_id(tmp_path, 'card en/team_day/quality')}")
    drift = planned()
    assert [(step.action, step.item.kind, step.item.key) for step in drift.steps] == [
        ("create", "card", "en/team_day/quality"),
        ("update", "dashboard", "en/team_day"),
    ]
    apply(client, drift, overwrite=True)
    assert planned().is_empty


def test_an_archived_board_is_brought_back(
    double: MetabaseDouble,
    client: Metabase,
    planned: Callable[..., Plan],
    provisioned: None,
    tmp_path: Path,
) -> None:
    double.dashboards[written_id(tmp_path, "dashboard en/team_day")]["archived"] = True
    drift = planned()
    assert [(d.path, d.have, d.want) for d in drift.steps[0].differences] == [("archived", True, False)]
    apply(client, drift, overwrite=True)
    assert planned().is_empty


def test_a_lost_state_file_is_made_good_by_names(
    double: MetabaseDouble, planned: Callable[..., Plan], provisioned: None, tmp_path: Path
) -> None:
    (tmp_path / "metabase_state.json").unlink()
    assert planned().is_empty


def test_two_of_one_name_are_refused_when_the_state_file_is_lost(
    double: MetabaseDouble, planned: Callable[..., Plan], provisioned: None, tmp_path: Path
) -> None:
    ours = written_id(tmp_path, "card en/centre_day/failing")
    double.cards[9000] = {**double.cards[ours], "id": 9000}
    assert planned().is_empty, "with the state file we know which is ours"
    (tmp_path / "metabase_state.json").unlink()
    with pytest.raises(MetabaseError, match=rf"2 cards are called 'Centre day · Failing now' \(ids {ours}, 9000\)"):
        planned()


def test_what_is_no_longer_wanted_is_reported_and_archived_on_demand(
    double: MetabaseDouble,
    client: Metabase,
    planned: Callable[..., Plan],
    provisioned: None,
    tmp_path: Path,
) -> None:
    smaller = planned(locales=("zh",))
    assert smaller.steps == []
    assert {(orphan.kind, orphan.name) for orphan in smaller.orphans} >= {
        ("dashboard", "Centre day"),
        ("collection", "English"),
        ("glossary", "Service level"),
    }
    apply(client, smaller)
    assert not any(board["archived"] for board in double.dashboards.values())
    apply(client, smaller, prune=True)
    assert {board["name"] for board in double.dashboards.values() if board["archived"]} == {
        board.name.en for board in board_library.boards().library.boards
    }
    assert len(double.glossary) == len(board_library.boards().library.dictionary)
    assert planned(locales=("zh",)).is_empty


@pytest.mark.parametrize(
    "where", [("POST", "/api/collection"), ("POST", "/api/card"), ("POST", "/api/dashboard"), ("PUT", "/api/dashboard")]
)
def test_a_run_that_dies_in_the_middle_is_continued(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan], where: tuple[str, str]
) -> None:
    double.dies_at = where
    with pytest.raises(MetabaseError, match="answered 500"):
        apply(client, planned(), pause=lambda seconds: None)
    double.dies_at = None
    rest = planned()
    assert not any(step.by_hand for step in rest.steps), rest.render()
    apply(client, rest, pause=lambda seconds: None)
    assert planned().is_empty
    assert len(double.dashboards) == 2 * len(board_library.boards().library.boards)


def test_a_query_that_the_server_loses_is_noticed(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan]
) -> None:
    double.loses_queries = True
    with pytest.raises(NotStoredError, match="was accepted and not stored: dataset_query"):
        apply(client, planned(), pause=lambda seconds: None)


def test_readers_may_read_and_everybody_else_may_not(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan], tmp_path: Path
) -> None:
    first = planned(readers=["Floor managers"])
    apply(client, first, pause=lambda seconds: None)
    group = next(str(id) for id, name in double.groups.items() if name == "Floor managers")
    ours = {str(id) for id in double.collections}
    assert double.collection_graph["groups"][group] == dict.fromkeys(ours, "read")
    assert not ours & set(double.collection_graph["groups"]["1"])
    assert double.collection_graph["groups"]["2"] == dict.fromkeys(["root", *ours], "write")
    (database,) = map(str, double.databases)
    assert double.data_graph["groups"][group][database]["create-queries"] == "query-builder"
    assert "create-queries" not in double.data_graph["groups"]["1"][database]
    assert planned(readers=["Floor managers"]).is_empty
    double.collection_graph["groups"]["1"][min(ours)] = "read"
    (step,) = planned(readers=["Floor managers"]).steps
    assert (step.item.kind, step.by_hand) == ("collection_access", True)


def test_a_server_without_a_glossary_gets_the_boards_all_the_same(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan]
) -> None:
    double.glossary_known = False
    apply(client, planned(), pause=lambda seconds: None)
    again = planned()
    assert again.is_empty
    assert any("no glossary" in note for note in again.notes)


def test_schemas_that_drop_undeclared_keys_lose_nothing_of_ours(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan]
) -> None:
    double.closed_schemas = True
    apply(client, planned(), pause=lambda seconds: None)
    assert planned().is_empty


def test_an_unpublished_warehouse_is_named(
    double: MetabaseDouble, client: Metabase, planned: Callable[..., Plan], postgres: tuple[Cluster, str]
) -> None:
    cluster, empty = postgres
    connection = Connection(cluster.host, cluster.port, empty, cluster.user, password="not asked for")
    with pytest.raises(MetabaseError, match=f"no table marts.{SOURCE}: publish the warehouse first"):
        apply(client, planned(connection=connection), pause=lambda seconds: None)


def test_a_database_that_metabase_does_not_know_is_named_with_those_it_knows(
    client: Metabase, planned: Callable[..., Plan], provisioned: None
) -> None:
    with pytest.raises(MetabaseError, match="no database called 'Else'; it knows Gaugebook"):
        planned(database="Else", connection=None)
