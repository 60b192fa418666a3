"""Genesys Cloud evaluations: scores, groups that do not apply, fatal questions, unfinished ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.genesys_evaluations import GenesysEvaluationsSource, read
from tests.unit.ingest.deliveries import rows_of


def form_question(name: str, *values: float) -> dict[str, Any]:
    options = [{"id": f"{name}-{value}", "text": f"option {value}", "value": value} for value in values]
    return {"id": name, "text": "Was the greeting right?", "type": "multipleChoiceQuestion", "answerOptions": options}


def score(name: str, value: float | None, **fields: Any) -> dict[str, Any]:
    return {"questionId": name, "answerId": f"{name}-{value}", "score": value, "comments": "call Leisha", **fields}


def evaluation(**fields: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "status": "FINISHED",
        "conversation": {"id": "c1", "selfUri": "/x"},
        "conversationDate": "2026-03-02T08:00:00.000Z",
        "agent": {"id": "a1", "name": "Leisha"},
        "evaluator": {"id": "v1", "name": "Bo"},
        "mediaType": ["CALL"],
        "evaluationForm": {
            "id": "f-2",
            "contextId": "f",
            "name": "Service",
            "questionGroups": [
                {"id": "g1", "weight": 60.0, "questions": [form_question("q1", 0, 5, 10), form_question("q2", 0, 1)]},
                {"id": "g2", "weight": 40.0, "questions": [form_question("q3", 0, 4)]},
            ],
        },
        "submittedDate": "2026-03-03T10:00:00.000Z",
        "changedDate": "2026-03-04T10:00:00.000Z",
        "answers": {
            "totalScore": 54.5,
            "totalCriticalScore": 60.0,
            "anyFailedKillQuestions": True,
            "comments": "call Leisha",
            "questionGroupScores": [
                {"questionGroupId": "g1", "questionScores": [score("q1", 5), score("q2", 0, failedKillQuestion=True)]},
                {"questionGroupId": "g2", "markedNA": True, "questionScores": [score("q3", 0, markedNA=True)]},
            ],
        },
        **fields,
    }


def rows(tmp_path: Path, content: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    path = tmp_path / "evaluations.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    source = GenesysEvaluationsSource(name="qa", format="genesys_evaluations", site="london")
    evaluations, answers, rejects = [], [], []
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for batch in read([DeliveredFile(path, 0, path.name, "")], source, "UTC", con):
            (evaluations if batch.table == "qa_evaluation" else answers).extend(rows_of(batch, con).to_pylist())
            rejects.extend(batch.rejects.to_pylist())
    return evaluations, sorted(answers, key=lambda row: row["question_key"]), rejects


def test_an_evaluation_with_a_fatal_question_and_a_group_that_does_not_apply(tmp_path):
    (told,), answers, rejects = rows(tmp_path, {"entities": [evaluation()], "pageSize": 25, "total": 1})
    assert rejects == []
    names = ("form_key", "form_version", "interaction_id", "channel", "agent_key", "evaluator_key", "status")
    assert [told[name] for name in names] == ["f", "f-2", "c1", "voice", "a1", "v1", "submitted"]
    assert (told["evaluated_at"], told["record_updated_at"], told["contact_at"]) == (
        datetime(2026, 3, 3, 10, tzinfo=UTC),
        datetime(2026, 3, 4, 10, tzinfo=UTC),
        datetime(2026, 3, 2, 8, tzinfo=UTC),
    )
    assert (told["score_pct"], told["points"], told["max_points"], told["is_fatal"]) == (54.5, 54.5, 100, True)
    names = ("question_key", "section_key", "answer_raw", "points", "max_points", "weight", "is_na", "is_fatal_failed")
    assert [[answer[name] for name in names] for answer in answers] == [
        ["q1", "g1", "option 5", 5, 10, 60, False, False],
        ["q2", "g1", "option 0", 0, 1, 60, False, True],
        ["q3", "g2", "option 0", None, 4, 40, True, False],
    ]
    assert "Leisha" not in str([{**row, "_raw": ""} for row in [told, *answers]])


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"rescore": True}, "revised"), ({"disputeCount": 1}, "disputed"), ({"submittedDate": None}, "submitted")],
)
def test_status_and_the_time_it_has(tmp_path, fields, status):
    (told,), _, _ = rows(tmp_path, [evaluation(**fields)])
    assert told["status"] == status
    assert told["evaluated_at"].day == (4 if "submittedDate" in fields else 3)


def test_without_a_form_scores_have_no_proportion(tmp_path):
    _, answers, _ = rows(tmp_path, evaluation(evaluationForm={"id": "f-2", "name": "Service"}))
    assert [(row["points"], row["max_points"], row["weight"]) for row in answers] == [
        (5, 5, 0),
        (0, 0, 0),
        (None, 0, 0),
    ]


def test_unfinished_ones_wait_and_broken_ones_are_rejected_alone(tmp_path):
    found = rows(tmp_path, [evaluation(), evaluation(status="PENDING", answers=None), evaluation(agent=None)])
    assert len(found[0]) == 1
    assert [row["message"] for row in found[2]] == ["$.agent.id is missing or cannot be read"]


def test_another_file_is_refused(tmp_path):
    with pytest.raises(RefusedFile, match="no Genesys Cloud evaluations"):
        rows(tmp_path, {"entities": [{"id": "u1", "name": "a user"}]})
