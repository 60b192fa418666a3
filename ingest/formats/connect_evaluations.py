"""Amazon Connect evaluations: the file that Contact Lens writes for each evaluation that was submitted, schema 3.

Definitions, from the example output and the descriptions of scores and questions:

- Scores are percentages, of the form as a whole, of sections and of questions; there are no points. An evaluation
  earns its percentage of 100, and so does a question. Later versions of the schema tell points too; they count then.
- Not applicable is what ``answer.metadata.notApplicable`` says. Questions without a score (text, or not scored by the
  form) have no points; they are kept, with weight 0.
- A weight is told by later versions only (``appliedWeight``); without it questions weigh the same.
- An automatic fail is a fatal item; the score the file tells has it in already.
- The same evaluation is written twice, and anew when it is submitted again: of one id the latest submission counts.

Privacy: notes and texts that an evaluator writes go to ``answer_raw``, which the core redacts, or stay here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import duckdb

from ingest.conform import literal
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading
from ingest.formats.records import (
    Field,
    batch,
    kept_fields,
    parsed,
    read_fields,
    refuse_others,
    seen,
    structure_of,
)
from ingest.source import SourceBase

WHAT = "Amazon Connect evaluations"

FIELDS = {
    "evaluation_id": Field("evaluationId", required=True),
    "schema_version": Field("schemaVersion"),
    "contact_id": Field("metadata.contactId"),
    "channel": Field("metadata.contactChannel"),
    "agent_id": Field("metadata.agentId", required=True),
    "evaluator": Field("metadata.evaluator"),
    "form": Field("metadata.evaluationDefinitionId", required=True),
    "form_title": Field("metadata.evaluationDefinitionTitle"),
    "form_version": Field("metadata.evaluationDefinitionVersion", required=True),
    "started_at": Field("metadata.evaluationStartTimestamp", "time"),
    "submitted_at": Field("metadata.evaluationSubmitTimestamp", "time", required=True),
    "source_of": Field("metadata.evaluationSource"),
    "score": Field("metadata.score.percentage", "number"),
    "is_na": Field("metadata.score.notApplicable", "flag"),
    "is_failed": Field("metadata.score.automaticFail", "flag"),
    "questions": Field("questions", "list"),
}

KNOWN = ("schemaVersion", "evaluationId", "metadata", "sections", "questions")

_QUESTION = (
    '[{"questionRefId": "VARCHAR", "sectionRefId": "VARCHAR", "questionType": "VARCHAR", "answer": {"value": "VARCHAR",'
    ' "values": [{"valueText": "VARCHAR", "selected": "BOOLEAN"}], "metadata": {"notApplicable": "BOOLEAN"}},'
    ' "score": {"percentage": "DOUBLE", "notApplicable": "BOOLEAN", "automaticFail": "BOOLEAN",'
    ' "earnedPoints": "DOUBLE", "maxBasePoints": "DOUBLE", "maxBasePoint": "DOUBLE", "appliedWeight": "DOUBLE"}}]'
)


class ConnectEvaluationsSource(SourceBase, frozen=True):
    """Amazon Connect evaluations. Agents are known by the id of their ARN, evaluators by what the file names."""

    format: Literal["connect_evaluations"]


def read(
    files: Sequence[DeliveredFile], source: ConnectEvaluationsSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read evaluations and their questions; times are UTC, so ``zone`` plays no part."""
    del zone
    for broken in parsed(files, con, "evaluation_found", structure_of(FIELDS.values()), WHAT):
        refuse_others(files, con, "evaluation_found", "list_has_all(fields, ['evaluationId', 'metadata'])", WHAT)
        unfit = read_fields(con, "evaluation", FIELDS, "evaluation_found", KNOWN)
        con.execute(_ANSWERS)
        yield batch(con, "qa_evaluation", _evaluations(source), [broken, unfit], _KEPT)
        yield batch(con, "qa_answer", _answers(source), kept=["question_type"])


# Points of a question: those the file tells, else its percentage of 100.
_ANSWERS = f"""
create or replace temp table evaluation_answer as
with listed as (
    select evaluation_id, submitted_at, _file, _line, _raw, unnest(json_transform(questions, '{_QUESTION}')) as q
    from evaluation
)
select *, coalesce(q.answer.metadata.notApplicable, q.score.notApplicable and q.answer.value = '', false) as is_na,
    coalesce(q.score.maxBasePoints, q.score.maxBasePoint, 100) as max_points,
    coalesce(q.score.earnedPoints, q.score.percentage * max_points / 100) as points
from listed
"""


_KEPT = {
    "form_title": "form_title",
    "schema_version": "schema_version",
    "started_at": "epoch_ms(started_at)",
    "source": "source_of",
}


def _evaluations(source: ConnectEvaluationsSource) -> str:
    """SQL for the evaluations as rows of ``qa_evaluation``."""
    return f"""
        with failed as (
            select _file, _line, bool_or(coalesce(q.score.automaticFail, false)) as has_failed
            from evaluation_answer group by all
        )
        select {literal(source.name)} as source_system, evaluation_id as source_record_id,
            submitted_at as record_updated_at, {kept_fields(_KEPT)} as extra, evaluation_id,
            form as form_key, form_version,
            contact_id as interaction_id, lower(channel) as channel, agent_id as agent_key,
            string_split(evaluator, '/')[-1] as evaluator_key, submitted_at as evaluated_at, score as points,
            cast(100 as double) as max_points, score as score_pct,
            coalesce(is_failed, false) or coalesce(has_failed, false) as is_fatal, 'submitted' as status,
            _file, _line, _raw
        from evaluation left join failed using (_file, _line)
    """


def _answers(source: ConnectEvaluationsSource) -> str:
    """SQL for the questions as rows of ``qa_answer``."""
    chosen = "list_transform(list_filter(q.answer.values, lambda v: v.selected), lambda v: v.valueText)"
    return f"""
        select {literal(source.name)} as source_system, evaluation_id || '/' || q.questionRefId as source_record_id,
            submitted_at as record_updated_at,
            json_object('question_type', q.questionType) as extra, evaluation_id,
            q.questionRefId as question_key,
            q.sectionRefId as section_key, submitted_at as evaluated_at,
            nullif(coalesce(array_to_string({chosen}, '; '), q.answer.value), '') as answer_raw,
            case when not is_na then points end as points, max_points,
            case when points is null and not is_na then 0.0 else coalesce(q.score.appliedWeight, 1.0) end as weight,
            is_na, coalesce(q.score.automaticFail, false) as is_fatal_failed, _file, _line, _raw
        from evaluation_answer
    """


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "evaluationId", "evaluationDefinitionId")


ABOUT = About(
    title="Amazon Connect evaluations",
    systems="Amazon Connect Contact Lens, evaluation output schema 3.1 and later 3.x",
    files="one JSON file an evaluation, named by the time of its submission and its id",
    zone="UTC, with the offset written out",
    units="percentages of 100",
    readings=(
        Reading("evaluationId", "qa_evaluation.evaluation_id"),
        Reading("metadata.evaluationSubmitTimestamp", "qa_evaluation.evaluated_at", "also the version"),
        Reading("metadata.contactId", "qa_evaluation.interaction_id"),
        Reading("metadata.agentId", "qa_evaluation.agent_key", "the last part of the agent's ARN"),
        Reading("metadata.score.percentage", "qa_evaluation.score_pct", "points are the percentage, of 100"),
        Reading("metadata.score.automaticFail", "qa_evaluation.is_fatal", "or that of a question"),
        Reading("questions[].score.percentage", "qa_answer.points", "of 100, unless the file tells points"),
        Reading("questions[].answer.metadata.notApplicable", "qa_answer.is_na"),
        Reading("questions[].answer", "qa_answer.answer_raw", "texts of the selected values, or the value; redacted"),
    ),
    gotchas=(
        "Contact Lens writes the same evaluation under two paths: the second one counts as duplicate.",
        "File names contain colons: some systems cannot store them, so let the copy rename the files.",
        "Agents are ids here. Contact records and agent events can name them the same way: agent_by: id.",
        "A question without a score, a text for example, is kept with weight 0 and without points.",
    ),
    exports=(
        Export(
            "Amazon Connect",
            (
                "Data storage, contact evaluations: choose the bucket",
                "Copy Evaluations/YYYY/MM/DD/ from the bucket to landing/<source>/",
            ),
        ),
    ),
    references=("docs.aws.amazon.com/connect/latest/adminguide/evaluationforms-example-output-file.html",),
)
