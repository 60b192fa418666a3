"""The double behaves as Metabase v0.60 does where that costs others most; else the board tests would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from serving.metabase.client import Metabase, MetabaseError
from tests.metabase_double import API_KEY, Contract, MetabaseDouble, mbql

QUERY = {
    "lib/type": "mbql/query",
    "database": 1,
    "stages": [
        {
            "lib/type": "mbql.stage/mbql",
            "source-table": 2,
            "aggregation": [["count", {"lib/uuid": "6f1c2f5e-8f43-4a52-9a6d-0f6f3f0c6a10"}]],
            "breakout": [["field", {"lib/uuid": "6f1c2f5e-8f43-4a52-9a6d-0f6f3f0c6a11"}, 3]],
        }
    ],
}
CARD = {"name": "Q", "display": "table", "visualization_settings": {}, "dataset_query": QUERY}
COLUMN = mbql.Column(id=3, table_id=2, schema="marts", table="t", name="day", base_type="type/Date")


def unreachable(details: Any) -> psycopg.Connection:
    raise psycopg.OperationalError("no such host")


@pytest.fixture
def double() -> Iterator[MetabaseDouble]:
    with MetabaseDouble(unreachable) as server:
        server.databases[1] = {"id": 1, "name": "W", "engine": "postgres", "details": {}}
        server.tables[2] = {"id": 2, "db_id": 1, "schema": "marts", "name": "t", "description": None}
        server.fields[3] = {"id": 3, "table_id": 2, "name": "day", "base_type": "type/Date", "description": None}
        yield server


@pytest.fixture
def client(double: MetabaseDouble) -> Metabase:
    return Metabase(double.url, API_KEY, pause=lambda seconds: None)


def placed(id: int, row: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "card_id": None, "row": row, "col": 0, "size_x": 4, "size_y": 1, **more}


def test_a_dashboards_put_replaces_all_dashcards_and_keeps_known_ids(client: Metabase) -> None:
    board = client.post("/api/dashboard", {"name": "B"})["id"]
    first = client.put(f"/api/dashboard/{board}", {"dashcards": [placed(-1, 0), placed(-2, 1)]})
    kept = next(card["id"] for card in first["dashcards"] if card["row"] == 1)
    second = client.put(f"/api/dashboard/{board}", {"dashcards": [placed(kept, 5), placed(-1, 9)]})
    assert sorted((card["row"], card["id"] == kept) for card in second["dashcards"]) == [(5, True), (9, False)]
    renamed = client.put(f"/api/dashboard/{board}", {"name": "C"})
    assert len(renamed["dashcards"]) == 2


def test_a_dashcard_without_a_tab_fails_the_whole_save(client: Metabase) -> None:
    board = client.post("/api/dashboard", {"name": "B"})["id"]
    tabs = [{"id": -1, "name": "One"}, {"id": -2, "name": "Two"}]
    with pytest.raises(MetabaseError, match="makes sure every card has a tab"):
        client.put(f"/api/dashboard/{board}", {"name": "C", "tabs": tabs, "dashcards": [placed(-1, 0)]})
    assert client.get(f"/api/dashboard/{board}")["name"] == "B"


def test_a_cards_entity_id_is_discarded_and_its_uuids_change(double: MetabaseDouble, client: Metabase) -> None:
    created = client.post("/api/card", {**CARD, "entity_id": "x" * 21})
    assert created["entity_id"] != "x" * 21
    (stage,) = created["dataset_query"]["stages"]
    assert stage["aggregation"][0][1]["lib/uuid"] != "6f1c2f5e-8f43-4a52-9a6d-0f6f3f0c6a10"
    assert stage["breakout"][0][1]["base-type"] == "type/Date"


def test_a_put_of_a_collection_unarchives_it(double: MetabaseDouble, client: Metabase) -> None:
    id = client.post("/api/collection", {"name": "C"})["id"]
    client.put(f"/api/collection/{id}", {"archived": True})
    assert double.collections[id]["archived"]
    client.put(f"/api/collection/{id}", {"name": "D"})
    assert not double.collections[id]["archived"]


def test_a_query_that_fails_still_answers_202(client: Metabase) -> None:
    id = client.post("/api/card", CARD)["id"]
    answer = client.post(f"/api/card/{id}/query")
    assert (answer["status"], answer["error"]) == ("failed", "no such host")


def test_a_permission_graph_of_yesterday_is_refused(client: Metabase) -> None:
    stale = client.get("/api/collection/graph")["revision"]
    client.put("/api/collection/graph", {"revision": stale, "groups": {"1": {"root": "none"}}})
    assert "root" not in client.get("/api/collection/graph")["groups"]["1"]
    with pytest.raises(MetabaseError, match="answered 409: Looks like someone else edited"):
        client.put("/api/collection/graph", {"revision": stale, "groups": {}})


def test_blocking_data_is_a_paid_feature(client: Metabase) -> None:
    with pytest.raises(MetabaseError, match="paid edition"):
        client.put("/api/permissions/graph", {"revision": 1, "groups": {"1": {"1": {"view-data": "blocked"}}}})


def test_a_connection_that_does_not_work_is_refused(client: Metabase) -> None:
    with pytest.raises(MetabaseError, match="host: check your host settings"):
        client.post("/api/database", {"name": "X", "engine": "postgres", "details": {"host": "nowhere"}})


def test_missing_things_answer_in_text_up_to_58_and_in_json_later(double: MetabaseDouble, client: Metabase) -> None:
    for version, body in (("v0.58.15", "Not found."), ("v0.60.2", '{"message": "Not found."}')):
        double.version = version
        with pytest.raises(MetabaseError) as raised:
            client.get("/api/card/99")
        assert raised.value.body == body


@pytest.mark.skipif(Contract.stored() is None, reason="../shared/metabase/openapi-subset.json is not here")
@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("put", "/api/field/3", {"description": ""}),
        ("put", "/api/table/2", {"visibility_type": "normal"}),
        ("post", "/api/card", {**CARD, "name": ""}),
        ("post", "/api/card", {**CARD, "surprise": 1}),
        ("post", "/api/card", {**CARD, "dataset_query": {"lib/type": "mbql/query", "database": 1, "stages": [{}]}}),
        ("get", "/api/nonsense", None),
    ],
)
def test_what_metabases_document_forbids_is_refused_and_remembered(
    double: MetabaseDouble, client: Metabase, verb: str, path: str, body: Any
) -> None:
    with pytest.raises(MetabaseError, match=r"answered 40[04]"):
        getattr(client, verb)(path, *([body] if body is not None else []))
    assert double.violations


def test_closed_schemas_drop_what_is_not_declared_without_a_word(double: MetabaseDouble, client: Metabase) -> None:
    if Contract.stored() is None:
        pytest.skip("../shared/metabase/openapi-subset.json is not here")
    double.closed_schemas = True
    id = client.post("/api/collection", {"name": "C", "colour": "red"})["id"]
    assert "colour" not in double.collections[id]
    assert double.violations == []


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("past30days", date(2026, 9, 30), date(2026, 10, 29)),  # today, the 30th of October, is not in it
        ("past30days~", date(2026, 9, 30), date(2026, 10, 30)),
        ("yesterday", date(2026, 10, 29), date(2026, 10, 29)),
        ("2026-10-01~2026-10-03", date(2026, 10, 1), date(2026, 10, 3)),
        ("2026-10-01", date(2026, 10, 1), date(2026, 10, 1)),
    ],
)
def test_dates_of_filters_mean_what_metabase_means(text: str, first: date, last: date) -> None:
    assert mbql.date_range(text, date(2026, 10, 30)) == (first, last)


def test_a_mapping_without_a_card_is_ignored() -> None:
    parameters = [{"id": "aaaa0000", "type": "string/=", "value": ["Latest"]}]
    mapping = {"parameter_id": "aaaa0000", "target": ["dimension", ["field", 3, None]]}
    assert mbql.filters_of(parameters, [mapping], 7, date(2026, 10, 30)) == []
    assert mbql.filters_of(parameters, [{**mapping, "card_id": 7}], 7, date(2026, 10, 30)) == [
        ["=", {}, ["field", {}, 3], "Latest"]
    ]


def test_a_query_becomes_the_sql_it_means() -> None:
    select = mbql.translate(QUERY, {3: COLUMN}, [["between", {}, ["field", {}, 3], "2026-10-01", "2026-10-02"]])
    assert " ".join(select.sql.split()) == (
        'SELECT "day", count(*) FROM "marts"."t" WHERE "day" BETWEEN %s AND %s GROUP BY 1 ORDER BY 1 LIMIT 10000'
    )
    assert select.parameters == ["2026-10-01", "2026-10-02"]
    assert [column.name for column in select.outputs] == ["day", "count"]


def test_a_clause_that_nobody_knows_is_refused() -> None:
    stage = {**QUERY["stages"][0], "joins": []}  # pyright: ignore
    with pytest.raises(mbql.QueryError, match="unknown in a stage"):
        mbql.translate({**QUERY, "stages": [stage]}, {3: COLUMN}, [])
