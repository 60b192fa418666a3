"""QA scorecards: the score is computed from the items, whatever the sheet says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ingest.formats.base import DeliveredFile, RefusedFile, batch_schema
from ingest.formats.scorecard import ScorecardSource, read
from ingest.privacy import Pseudonyms, register
from tests.unit.ingest.deliveries import KEY

FORM: dict[str, Any] = {
    "columns": {
        "evaluation_id": "Evaluation ID",
        "form_key": {"value": "service"},
        "form_version": {"value": "2026.1"},
        "interaction_id": "Contact ID",
        "agent_key": "Agent",
        "evaluated_at": {"column": "Evaluated at", "format": "%Y-%m-%d %H:%M"},
        "is_random": {"column": "Sample", "values": {"random": True, "targeted": False}},
        "status": {"value": "submitted"},
    },
    "items": [
        {"column": "Greeting", "section": "Manner", "max": 10},
        {"column": "Accuracy", "key": "accuracy", "section": "Matter", "max": 20, "weight": 2},
        {"column": "Compliance", "fatal": True, "pass": ["pass", "合格"], "fail": ["fail", "不合格"]},
    ],
    "score": {"column": "Total", "scale": 100},
}
HEADER = [
    "Evaluation ID",
    "Contact ID",
    "Agent",
    "Evaluated at",
    "Sample",
    "Greeting",
    "Accuracy",
    "Compliance",
    "Total",
]


def source(**changed: Any) -> ScorecardSource:
    return ScorecardSource.model_validate(
        {"name": "qa", "format": "scorecard", "site": "chengdu", "forms": [{**FORM, **changed}]}
    )


def scorecard(number: str, *answers: object, sample: str = "random") -> list[object]:
    return [number, "c1", 101, "2026-09-07 18:00", sample, *answers]


def taken(path: Path, declared: ScorecardSource) -> tuple[list[dict], list[dict], list[dict]]:
    """Evaluations, answers and rejects of one file."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        register(con, Pseudonyms(KEY))
        batches = list(read([DeliveredFile(path, 0, path.name, "x")], declared, "Asia/Shanghai", con))
    assert [batch.table for batch in batches] == ["qa_evaluation", "qa_answer"]
    rows = []
    for batch in batches:
        found: Any = batch.rows
        assert found.schema == batch_schema(batch.table)
        rows.append(found.to_pylist())
    return rows[0], rows[1], batches[0].rejects.to_pylist()


def from_csv(
    tmp_path: Path, *rows: list[object], declared: ScorecardSource | None = None
) -> tuple[list[dict], list[dict], list[dict]]:
    path = tmp_path / "scorecards.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in [HEADER, *rows]), encoding="utf-8")
    return taken(path, declared or source())


def test_score_is_the_weighted_share_of_the_points(tmp_path: Path) -> None:
    # (8 × 1 + 15 × 2) / (10 × 1 + 20 × 2) = 38 / 50 = 76 %; compliance carries no points.
    (row,), answers, rejects = from_csv(tmp_path, scorecard("Q1", 8, 15, "pass", 76))
    assert not rejects
    assert (row["points"], row["max_points"], row["score_pct"], row["is_fatal"]) == (38.0, 50.0, 76.0, False)
    assert (row["evaluation_id"], row["agent_key"], row["is_random"], row["extra"]) == ("Q1", "101", True, None)
    assert row["evaluated_at"] == datetime(2026, 9, 7, 10, 0, tzinfo=UTC)  # 18:00 in Shanghai
    assert [
        (a["question_key"], a["section_key"], a["answer_raw"], a["points"], a["max_points"], a["weight"], a["is_na"])
        for a in answers
    ] == [
        ("Greeting", "Manner", "8", 8.0, 10.0, 1.0, False),
        ("accuracy", "Matter", "15", 15.0, 20.0, 2.0, False),
        ("Compliance", None, "pass", 0.0, 0.0, 1.0, False),
    ]
    assert {a["source_record_id"] for a in answers} == {"Q1|Greeting", "Q1|accuracy", "Q1|Compliance"}
    assert {a["evaluated_at"] for a in answers} == {row["evaluated_at"]}


def test_item_that_does_not_apply_leaves_the_sum(tmp_path: Path) -> None:
    # 8 / 10; the 20 × 2 points of Accuracy are neither earned nor possible.
    (row,), answers, _ = from_csv(tmp_path, scorecard("Q1", 8, "n/a", "pass", 80))
    assert (row["points"], row["max_points"], row["score_pct"]) == (8.0, 10.0, 80.0)
    assert [(a["points"], a["is_na"]) for a in answers if a["question_key"] == "accuracy"] == [(None, True)]


def test_failed_fatal_item_zeroes_the_score_only_when_the_form_says_so(tmp_path: Path) -> None:
    failed = scorecard("Q1", 8, 15, "不合格", 0)
    (zeroed,), answers, _ = from_csv(tmp_path, failed)
    (kept,), _, _ = from_csv(tmp_path, failed, declared=source(fatal_zeroes=False, score=None))
    assert (zeroed["score_pct"], zeroed["is_fatal"], zeroed["extra"]) == (0.0, True, None)
    assert (kept["score_pct"], kept["is_fatal"]) == (76.0, True)
    assert [a["question_key"] for a in answers if a["is_fatal_failed"]] == ["Compliance"]


def test_fatal_item_with_points_fails_at_none(tmp_path: Path) -> None:
    declared = source(
        items=[{"column": "Greeting", "max": 10}, {"column": "Accuracy", "max": 20, "fatal": True}], score=None
    )
    rows, _, _ = from_csv(
        tmp_path,
        scorecard("Q1", 8, 0, "", ""),
        scorecard("Q2", 8, 1, "", ""),
        scorecard("Q3", 8, "N/A", "", ""),
        declared=declared,
    )
    assert [(row["is_fatal"], row["score_pct"]) for row in rows] == [(True, 0.0), (False, 30.0), (False, 80.0)]


def test_delivered_total_that_differs_is_noted_and_does_not_count(tmp_path: Path) -> None:
    rows, _, rejects = from_csv(tmp_path, scorecard("Q1", 8, 15, "pass", 76.5), scorecard("Q2", 8, 15, "pass", 80))
    assert not rejects
    assert [row["score_pct"] for row in rows] == [76.0, 76.0]
    assert rows[0]["extra"] is None  # half a point is rounding
    assert json.loads(rows[1]["extra"]) == {"delivered_score_pct": 80.0, "score_difference": 4.0}


@pytest.mark.parametrize(("scale", "text"), [(1, "0.76"), (100, "76"), ("percent_text", "76%")])
def test_scale_of_the_delivered_total_is_declared(tmp_path: Path, scale: object, text: str) -> None:
    declared = source(score={"column": "Total", "scale": scale})
    (row,), _, rejects = from_csv(tmp_path, scorecard("Q1", 8, 15, "pass", text), declared=declared)
    assert (row["extra"], rejects) == (None, [])


def test_rows_that_cannot_be_scored_are_rejected_with_the_reason(tmp_path: Path) -> None:
    rows, answers, rejects = from_csv(
        tmp_path,
        scorecard("Q1", "good", 15, "pass", 76),
        scorecard("Q2", 11, 15, "pass", 76),
        scorecard("Q3", "", 15, "pass", 76),
        scorecard("Q4", "N/A", "N/A", "pass", 76),
        scorecard("Q5", 8, 15, "pass", "much"),
        scorecard("Q6", 8, 15, "pass", 76, sample="mine"),
        scorecard("Q7", 8, 15, "pass", 76),
    )
    assert [row["evaluation_id"] for row in rows] == ["Q7"]
    assert {answer["evaluation_id"] for answer in answers} == {"Q7"}
    assert sorted((r["_line"], r["rule"]) for r in rejects) == [
        (2, "unfit_answer"),
        (3, "points_out_of_range"),
        (4, "unfit_answer"),
        (5, "nothing_applies"),
        (6, "unfit_cell"),
        (7, "unknown_value"),
    ]


def test_workbook_with_true_times(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEADER)
    book.active.append(["Q1", "c1", 101, datetime(2026, 9, 7, 18, 0), "targeted", 8.5, 15, "Pass", 77.0])
    path = tmp_path / "scorecards_2026-W36.xlsx"
    book.save(path)
    (row,), _, rejects = taken(path, source())
    # (8.5 + 30) / 50 = 77 %
    assert not rejects
    assert (row["score_pct"], row["is_random"], row["evaluated_at"]) == (
        77.0,
        False,
        datetime(2026, 9, 7, 10, tzinfo=UTC),
    )


def test_total_that_differs_goes_to_the_quarantine_when_the_form_says_so(tmp_path: Path) -> None:
    declared = source(score={"column": "Total", "scale": 100, "differs": "reject"})
    rows, _, rejects = from_csv(
        tmp_path, scorecard("Q1", 8, 15, "pass", 76.5), scorecard("Q2", 8, 15, "pass", 80), declared=declared
    )
    assert [row["evaluation_id"] for row in rows] == ["Q1"]  # half a point is rounding
    assert [(r["_line"], r["rule"]) for r in rejects] == [(3, "score_differs")]


CARD: dict[str, Any] = {
    "cells": {
        "Evaluation ID": "B2",
        "Contact ID": {"right_of": "Contact"},
        "Agent": {"right_of": "坐席"},
        "Evaluated at": "D2",
        "Sample": {"right_of": "Sample"},
        "Greeting": {"right_of": "Greeting"},
        "Accuracy": "C7",
        "Compliance": {"below": "Compliance"},
        "Total": {"right_of": "Total"},
    },
    "expect": {"A1": "Scorecard 2026.1"},
}


def card_rows(number: str, greeting: object, total: float = 76, title: str = "Scorecard 2026.1") -> list[list[object]]:
    return [
        [title],
        ["ID:", number, "Evaluated at", datetime(2026, 9, 7, 18, 0)],
        ["Contact", "c1", "坐席：", 101],
        ["Sample", None, "random"],
        [],
        ["Greeting", "polite and by name", greeting],
        ["Accuracy", "right answer", 15],
        ["Remark", None, None, "Compliance"],
        [None, None, None, "pass"],
        ["Total", total],
    ]


def test_cards_a_sheet_a_contact(tmp_path: Path) -> None:
    declared = source(card={**CARD, "cells": {**CARD["cells"], "Greeting": "C6"}})
    book = openpyxl.Workbook()
    for name, rows in {
        "c1": card_rows("Q1", 8),
        "c2": card_rows("Q2", "N/A", 80),
        "old": card_rows("Q3", 8, title="Scorecard 2025.4"),
        "c4": card_rows("Q4", "well"),
    }.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    path = tmp_path / "cards.xlsx"
    book.save(path)
    rows, answers, rejects = taken(path, declared)
    # Q1: (8 + 2 × 15) / (10 + 2 × 20) = 76 %. Q2: greeting does not apply, 2 × 15 / (2 × 20) = 75 %, the sheet says 80.
    assert [(r["evaluation_id"], r["score_pct"], r["agent_key"], r["interaction_id"], r["_line"]) for r in rows] == [
        ("Q1", 76.0, "101", "c1", 1),
        ("Q2", 75.0, "101", "c1", 2),
    ]
    assert rows[0]["evaluated_at"] == datetime(2026, 9, 7, 10, 0, tzinfo=UTC)
    assert json.loads(rows[1]["extra"]) == {"delivered_score_pct": 80.0, "score_difference": 5.0}
    assert len(answers) == 6
    assert sorted((r["_line"], r["rule"], r["raw"].split("\t")[0]) for r in rejects) == [
        (3, "another_form", "old"),
        (4, "unfit_answer", "c4"),
    ]


def test_card_as_delimited_text(tmp_path: Path) -> None:
    declared = source(card={**CARD, "cells": {**CARD["cells"], "Greeting": "C6", "Evaluated at": "D2"}})
    lines = [["" if cell is None else str(cell) for cell in row] for row in card_rows("Q1", 8)]
    lines[1][3] = "2026-09-07 18:00"
    path = tmp_path / "card.csv"
    path.write_text("\n".join(";".join(line) for line in lines), encoding="utf-8")
    (row,), _, rejects = taken(path, declared)
    assert not rejects
    assert (row["evaluation_id"], row["score_pct"]) == ("Q1", 76.0)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"cells": {"Agent": "B3"}}, "card does not say where Evaluation ID, Contact ID"),
        ({**CARD, "cells": {**CARD["cells"], "Agent": "third"}}, "not the address of a cell"),
        ({**CARD, "cells": {**CARD["cells"], "Agent": {}}}, "either right_of or below"),
    ],
)
def test_cards_that_do_not_say_where_are_refused(card: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        source(card=card)


def test_file_without_an_item_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scorecards.csv"
    path.write_text(",".join(HEADER).replace("Accuracy", "Accurracy"), encoding="utf-8")
    with pytest.raises(RefusedFile, match=r"columns Accuracy of qa_evaluation.*found: .*Accurracy"):
        taken(path, source())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"items": [{"column": "Compliance", "fatal": True}]}, "item Compliance earns no points"),
        ({"items": [{"column": "A", "max": 1}, {"column": "B", "key": "A", "max": 1}]}, "items A occur more than once"),
        ({"columns": {**FORM["columns"], "score_pct": "Total"}}, "has no column score_pct to map"),
        ({"columns": {"evaluation_id": "Evaluation ID"}}, "qa_evaluation requires form_key"),
    ],
)
def test_forms_that_cannot_hold_are_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        source(**changed)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 10), st.one_of(st.integers(0, 20), st.just("N/A"))), min_size=1, max_size=8))
def test_scores_lie_between_none_and_all_and_grow_with_the_points(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[int, int | str]]
) -> None:
    cards = [scorecard(f"Q{n}", greeting, accuracy, "pass", "") for n, (greeting, accuracy) in enumerate(pairs)]
    rows, answers, rejects = from_csv(tmp_path_factory.mktemp("cards"), *cards)
    assert not rejects
    assert len(answers) == 3 * len(rows)
    for row, (greeting, accuracy) in zip(rows, pairs, strict=True):
        earned, possible = (greeting, 10) if isinstance(accuracy, str) else (greeting + 2 * accuracy, 50)
        assert row["score_pct"] == pytest.approx(100 * earned / possible)
        assert 0 <= row["score_pct"] <= 100
