"""Cutting JSON into records: every layout gives the same records, and a broken one costs only itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import records
from ingest.formats.base import DeliveredFile, RefusedFile

Found = tuple[list[str | None], list[tuple[int, str]]]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def found(con: duckdb.DuckDBPyConnection, folder: Path, *texts: str) -> Found:
    """Return the ids of the records of some files, in their order, and line and text of the rejects."""
    files = []
    for index, text in enumerate(texts):
        path = folder / f"{index}.json"
        path.write_text(text, encoding="utf-8", newline="")
        files.append(DeliveredFile(path, index, path.name, ""))
    ids, rejects = [], []
    for rejected in records.parsed(files, con, "found", {"id": "VARCHAR"}, "records", pages=("items",)):
        ids += [row[0] for row in con.execute("select o.id from found order by _file, _line").fetchall()]
        rejects += [(row["_line"], row["raw"]) for row in rejected.to_pylist()]
    return ids, rejects


RECORDS = [
    {"id": "a", "text": "} , {"},
    {"id": "b", "text": 'say \\"hi\\" [', "inner": {"id": "x"}},
    {"id": "c", "list": [{}]},
]
LAYOUTS = {
    "lines": "\n".join(map(json.dumps, RECORDS)) + "\n",
    "lines with carriage returns and empty ones": "\r\n\r\n".join(map(json.dumps, RECORDS)),
    "concatenated": "".join(map(json.dumps, RECORDS)),
    "concatenated, pretty": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "array": json.dumps(RECORDS),
    "array, pretty": json.dumps(RECORDS, indent=2),
    "page": json.dumps({"more": [{"id": "no"}], "items": RECORDS, "sums": {"a": [{"id": "no"}]}, "total": 3}),
    "page, pretty": json.dumps({"total": 3, "items": RECORDS}, indent=1),
    "pages by the line": "\n".join(json.dumps({"items": [record], "next": "x"}) for record in RECORDS),
    "pages one behind the other": "".join(json.dumps({"a": [[]], "items": [record]}) for record in RECORDS),
    "array of pages": json.dumps([{"items": RECORDS[:1]}, {"items": []}, {"items": RECORDS[1:]}]),
    "arrays by the line": json.dumps(RECORDS[:2]) + "\n" + json.dumps(RECORDS[2:]),
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("block", [150, 1_000_000])
def test_every_layout_gives_the_same_records(con, tmp_path, monkeypatch, text, block):
    monkeypatch.setattr(records, "BLOCK", block)
    assert found(con, tmp_path, text) == (["a", "b", "c"], [])


BROKEN = {
    "a line cut short": ('{"id":"a"}\n{"id":"b", "x\n{"id":"c"}\n', ["a", "c"], [(2, '{"id":"b", "x')]),
    "two records in a line": ('{"id":"a"}\n{"id":"b"} {"id":"c"}\n', ["a", "b", "c"], []),
    "a line of another kind": ('{"id":"a"}\nhello\n{"id":"c"}\n', ["a", "c"], [(2, "hello")]),
    "a list in a line": ('{"id":"a"}\n[1]\n{"id":"c"}\n', ["a", "c"], [(2, "1")]),
    "concatenated, never closed": ('{"id":"a"}{"id":"b","x":{{"id":"c"}', ["a", "c"], [(2, '{"id":"b","x":{')]),
    "concatenated, open string": ('{"id":"a"}{"id":"b","x":"{{"id":"c"}', ["a", "c"], [(2, '{"id":"b","x":"{')]),
    "concatenated, closed twice": ('{"id":"a"}}{"id":"b"}', ["a", "b"], [(2, "}")]),
    "concatenated, no comma within": ('{"id":"a"}{"id":"b" "x":1}{"id":"c"}', ["a", "c"], [(2, '{"id":"b" "x":1}')]),
    "concatenated, cut short": ('{"id":"a"}{"id":"b"}{"id":"c","x', ["a", "b"], [(3, '{"id":"c","x')]),
    "first one broken": ('{"id":"a","x":[\n{"id":"b"}\n{"id":"c"}\n', ["b", "c"], [(1, '{"id":"a","x":')]),
    "array, cut short": ('[{"id":"a"},{"id":"b"},{"id":"c"', ["a", "b"], [(3, '{"id":"c"')]),
    "array, closed twice": ('[{"id":"a"}},{"id":"b"},{"id":"c"}]', ["a", "b", "c"], [(2, "}")]),
    "array of other things": ('[{"id":"a"},12,null,{"id":"b"}]', ["a", "b"], [(2, "12,null")]),
    "page, closed twice": ('{"items":[{"id":"a"}},{"id":"b"}],"n":2}', ["a", "b"], [(2, "}"), (2, '"n":2}')]),
    "page, cut short": ('{"items":[{"id":"a"},{"id":"b"', ["a"], [(2, '{"id":"b"')]),
    "a lone surrogate": ('{"id":"a"}\n{"id":"\\ud800"}\n', ["a"], [(2, '{"id":"\\ud800"}')]),
    "empty": ("", [], []),
    "only blanks": (" \n\n", [], []),
    "empty array": ("[]", [], []),
    "empty page": ('{"items": [], "total": 0}', [], []),
}


@pytest.mark.parametrize(("text", "ids", "rejects"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_record_costs_only_itself(con, tmp_path, text, ids, rejects):
    assert found(con, tmp_path, text) == (ids, rejects)


def test_a_record_that_never_ends_is_given_up_and_the_next_ones_found(con, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "BLOCK", 2_000)
    monkeypatch.setattr(records, "LONGEST", 1_000)
    texts = [json.dumps({"id": str(number), "text": "x" * 50}) for number in range(100)]
    broken = [text if number != 20 else text[:-1] for number, text in enumerate(texts)]
    for layout in ("".join(broken), "[" + ",".join(broken) + "]", '{"items":[' + ",".join(broken) + "]}"):
        ids, rejects = found(con, tmp_path, layout)
        assert set(ids) == {str(number) for number in range(100) if number != 20}
        assert [text for _, text in rejects if "id" in text] == [texts[20][:-1]]


def test_a_line_that_never_ends_is_given_up(con, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "BLOCK", 300)
    monkeypatch.setattr(records, "LONGEST", 600)
    ids, rejects = found(con, tmp_path, '{"id":"a"}\n{"id":"b"' + " " * 3_000 + '\n{"id":"c"}\n')
    assert ids == ["a", "c"]
    assert '{"id":"b"' in rejects[0][1]


def test_a_format_is_known_by_its_fields_whatever_the_layout():
    assert records.seen(b'\n [{"id": 1, "at" :2}', "id", "at") == "JSON with the fields id, at"
    assert records.seen(b'{"id": 1, "other": "at"}', "id", "at") is None
    assert records.seen(b'id,at\n"id": "at":', "id", "at") is None


def test_lines_count_from_one_and_blank_ones_count(con, tmp_path):
    path = tmp_path / "lines.json"
    path.write_text('\n{"id":"a"}\n\n{"id":"b"}\n', encoding="utf-8")
    for _ in records.parsed([DeliveredFile(path, 3, path.name, "")], con, "found", {"id": "VARCHAR"}, "records"):
        assert con.execute("select _file, _line, o.id, fields from found order by _line").fetchall() == [
            (3, 2, "a", ["id"]),
            (3, 4, "b", ["id"]),
        ]


def test_values_within_values_stay_with_their_record_wherever_batches_end(con, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "_ROWS", 3)
    path = tmp_path / "nested.json"
    texts = [json.dumps({"id": str(number), "a": {"b": {"c": str(number)}}}) for number in range(10)]
    path.write_text("\n".join([*texts[:5], "broken", *texts[5:]]), encoding="utf-8")
    fields = {"id": records.Field("id", required=True), "nested": records.Field("a.b.c")}
    structure = records.structure_of(fields.values())
    for rejects in records.parsed([DeliveredFile(path, 0, path.name, "")], con, "found", structure, "records"):
        records.read_fields(con, "told", fields, "found", ("id", "a"))
        assert con.execute("select id, nested from told order by _line").fetchall() == [
            (str(n),) * 2 for n in range(10)
        ]
        assert rejects["_line"].to_pylist() == [6]


def test_names_that_are_not_known_are_told_in_the_order_of_the_record(con, tmp_path):
    path = tmp_path / "drifted.json"
    path.write_text('{"z":1,"n":1,"y":{"w":2}}\n{"n":2}\n{}\n{"n":3,"y":null}\n', encoding="utf-8")
    for _ in records.parsed([DeliveredFile(path, 0, path.name, "")], con, "found", {"n": "VARCHAR"}, "records"):
        records.read_fields(con, "told", {"n": records.Field("n", "number")}, "found", ("n", "x"))
        told = con.execute("select _line, unknown from told order by _line").fetchall()
        assert told == [(1, ["z", "y"]), (2, None), (3, None), (4, ["y"])]


def test_many_small_files_are_parsed_together(con, tmp_path):
    assert found(con, tmp_path, *(f'{{"id": "{number}"}}' for number in range(30)))[0] == [str(n) for n in range(30)]


@pytest.mark.parametrize("text", ["<html>no</html>", "time|call|queue\n1|2|3\n", '{"id": "a'])
def test_a_file_without_json_is_refused(con, tmp_path, text):
    with pytest.raises(RefusedFile, match="no JSON where records were expected"):
        found(con, tmp_path, text)


def test_a_file_of_another_kind_is_refused_with_the_fields_it_has(con, tmp_path):
    path = tmp_path / "other.json"
    path.write_text('[{"name": "x", "size": 3}]', encoding="utf-8")
    files = [DeliveredFile(path, 0, path.name, "")]
    for _ in records.parsed(files, con, "found", {"id": "VARCHAR"}, "records"):
        with pytest.raises(RefusedFile, match="no contact records; its records have the fields name, size"):
            records.refuse_others(files, con, "found", "o.id is not null", "contact records")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab"\\{}[],: \n人', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"{', max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(
    st.lists(st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3), min_size=1, max_size=6),
    st.sampled_from([None, 1]),
    st.sampled_from(["lines", "concatenated", "array", "page"]),
)
def test_whatever_the_records_hold_they_are_found_whole(tmp_path_factory, values, indent, layout):
    given_ = [{"id": str(number), **value} for number, value in enumerate(values)]
    match layout:
        case "lines":
            text = "\n".join(json.dumps(value, ensure_ascii=False) for value in given_)
        case "concatenated":
            text = "".join(json.dumps(value, indent=indent) for value in given_)
        case "array":
            text = json.dumps(given_, indent=indent)
        case _:
            text = json.dumps({"first": [given_], "items": given_, "last": {"items": given_}}, indent=indent)
    with duckdb.connect() as con:
        assert found(con, tmp_path_factory.mktemp("given"), text) == ([value["id"] for value in given_], [])


@pytest.mark.parametrize("broken", ['{"id": "x", "te', '["id"]', '{"id": "x"} {', "{}"])
@pytest.mark.parametrize("at", [0, 3, 9])
def test_one_record_unlike_the_others_costs_none_of_them(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, at: int
) -> None:
    monkeypatch.setattr(records, "BLOCK", 60)  # three records or so: some blocks are uniform, one is not
    lines = [json.dumps({"id": str(n), "text": ""}) for n in range(10)]
    ids, _ = found(con, tmp_path, "\n".join([*lines[:at], broken, *lines[at:]]) + "\n")
    assert [name for name in ids if name not in (None, "x")] == list("0123456789")
