"""Amazon Connect evaluations: scores, answers that do not apply, fatal items, and the vendor's own example."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.connect_evaluations import ConnectEvaluationsSource, read
from tests.unit.ingest.deliveries import rows_of

SAMPLE = Path(__file__).parents[3] / "../shared/samples/amazon_connect/evaluation_form_output_3.1.json"
SUBMITTED = datetime(2022, 11, 14, 17, 59, 29, 52_000, tzinfo=UTC)


def question(name: str, answer: dict[str, Any], score: dict[str, Any], kind: str = "SINGLESELECT") -> dict[str, Any]:
    return {"questionRefId": name, "sectionRefId": "s1", "questionType": kind, "answer": answer, "score": score}


def chosen(*texts: str) -> dict[str, Any]:
    values = [{"valueText": text, "selected": text in texts} for text in ("Yes", "No", "Late")]
    return {"values": values, "notes": "call +442079460000", "metadata": {"notApplicable": False}}


def evaluation(*questions: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        "schemaVersion": "3.5",
        "evaluationId": "e1",
        "metadata": {
            "contactId": "c1",
            "agentId": "a1",
            "evaluationDefinitionId": "f1",
            "evaluationDefinitionVersion": 2,
            "evaluator": "arn:aws:connect:x:1:instance/i/agent/u9",
            "evaluationSubmitTimestamp": "2022-11-14T17:59:29.052Z",
            "score": {"percentage": 80.5},
            **metadata,
        },
        "sections": [],
        "questions": list(questions),
    }


def rows(tmp_path: Path, content: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    path = tmp_path / "evaluation.json"
    path.write_text(content, encoding="utf-8")
    source = ConnectEvaluationsSource(name="qa", format="connect_evaluations", site="london")
    evaluations, answers, rejects = [], [], []
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for batch in read([DeliveredFile(path, 0, path.name, "")], source, "UTC", con):
            (evaluations if batch.table == "qa_evaluation" else answers).extend(rows_of(batch, con).to_pylist())
            rejects.extend(batch.rejects.to_pylist())
    return evaluations, answers, rejects


def test_the_vendors_example(tmp_path):
    if not SAMPLE.exists():
        pytest.skip("the sample files are not here")
    (evaluation,), answers, rejects = rows(tmp_path, SAMPLE.read_text("utf-8"))
    assert rejects == []
    told = ("evaluation_id", "form_key", "form_version", "interaction_id", "agent_key", "evaluator_key", "evaluated_at")
    assert [evaluation[name] for name in told] == [
        "fb90de35-4507-479a-8b57-970290fd5c2c",
        "15d8fbf1-b4b2-4ace-869b-82714e2f6e3e",
        "2",
        "badd4896-75f7-43b3-bee6-c617ed3d04cb",
        "286bcec0-e722-4166-865f-84db80252218",
        "jane",
        SUBMITTED,
    ]
    assert [evaluation[name] for name in ("points", "max_points", "score_pct", "is_fatal")] == [100, 100, 100, False]
    told = ("question_key", "section_key", "answer_raw", "points", "max_points", "weight", "is_na", "is_fatal_failed")
    assert [[answer[name] for name in told] for answer in answers] == [
        ["q570b206a", "s46661c49", None, None, 100, 1, True, False],
        ["q73bc5b9d", "s46661c49", "Yes", 100, 100, 1, False, False],
        ["qc2effc9d", "s46661c49", "Example answer text", None, 100, 0, False, False],
    ]


def test_points_weights_and_fatal_items_of_later_versions(tmp_path):
    record = evaluation(
        question(
            "q1", chosen("Yes", "Late"), {"percentage": 50, "earnedPoints": 3, "maxBasePoints": 6, "appliedWeight": 40}
        ),
        question("q2", chosen("No"), {"percentage": 0, "automaticFail": True}),
        contactChannel="VOICE",
    )
    (told,), (first, second), _ = rows(tmp_path, json.dumps(record))
    assert (told["score_pct"], told["is_fatal"], told["evaluator_key"], told["channel"]) == (80.5, True, "u9", "voice")
    assert (first["answer_raw"], first["points"], first["max_points"], first["weight"]) == ("Yes; Late", 3, 6, 40)
    assert (second["points"], second["is_fatal_failed"]) == (0, True)


@pytest.mark.parametrize("missing", ["agentId", "evaluationDefinitionId", "evaluationSubmitTimestamp"])
def test_an_evaluation_that_lacks_what_places_it_is_rejected_alone(tmp_path, missing):
    broken = evaluation(**{missing: None})
    found, _, rejects = rows(tmp_path, json.dumps([evaluation(), broken]))
    assert len(found) == 1
    assert [row["message"] for row in rejects] == [f"$.metadata.{missing} is missing or cannot be read"]


def test_another_file_is_refused(tmp_path):
    with pytest.raises(RefusedFile, match="no Amazon Connect evaluations; its records have the fields ContactId"):
        rows(tmp_path, '{"ContactId": "c"}')
