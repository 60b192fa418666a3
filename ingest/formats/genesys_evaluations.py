"""Genesys Cloud quality evaluations, as the quality API returns them with their form and answers.

Definitions, from the models of evaluation, scoring set and form:

- ``totalScore`` is a percentage of the form, weights and answers that do not apply seen to. It is the evaluation's
  points, of 100.
- A question earns ``score``, unweighted, of the greatest value among its answer options. Where the file has no form,
  or the form no options, the score cannot be put in proportion: such a question is kept with weight 0.
- A question weighs what its group weighs; without a form all weigh the same.
- ``markedNA`` of a question or its group says that it does not apply.
- A failed kill question is fatal. What that does to the score is in ``totalScore`` already.
- Of an evaluation the version changed last counts. FINISHED is submitted, and revised when it was scored anew; a
  dispute that is open makes it disputed; PENDING and INPROGRESS have no score yet and are left to a later delivery.

Privacy: comments of evaluators and agents, and the names of people, stay here.
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

WHAT = "Genesys Cloud evaluations"

_OPTION = {"id": "VARCHAR", "text": "VARCHAR", "value": "DOUBLE"}
_FORM_GROUP = {
    "id": "VARCHAR",
    "weight": "DOUBLE",
    "questions": [{"id": "VARCHAR", "type": "VARCHAR", "answerOptions": [_OPTION]}],
}
_SCORE = {
    "questionId": "VARCHAR",
    "answerId": "VARCHAR",
    "score": "DOUBLE",
    "markedNA": "BOOLEAN",
    "failedKillQuestion": "BOOLEAN",
}
_SCORE_GROUP = {"questionGroupId": "VARCHAR", "markedNA": "BOOLEAN", "questionScores": [_SCORE]}

FIELDS = {
    "evaluation_id": Field("id", required=True),
    "status": Field("status", required=True),
    "conversation": Field("conversation.id"),
    "contact_at": Field("conversationDate", "time"),
    "agent": Field("agent.id", required=True),
    "evaluator": Field("evaluator.id"),
    "form": Field("evaluationForm.contextId"),
    "form_id": Field("evaluationForm.id", required=True),
    "form_name": Field("evaluationForm.name"),
    "changed_at": Field("changedDate", "time"),
    "submitted_at": Field("submittedDate", "time"),
    "released_at": Field("releaseDate", "time"),
    "media": Field("mediaType", "list"),
    "calibration": Field("calibration.id"),
    "is_rescored": Field("rescore", "flag"),
    "disputes": Field("disputeCount", "number"),
    "score": Field("answers.totalScore", "number"),
    "critical_score": Field("answers.totalCriticalScore", "number"),
    "is_fatal": Field("answers.anyFailedKillQuestions", "flag"),
    "scores": Field("answers.questionGroupScores", inner=[_SCORE_GROUP]),
    "groups": Field("evaluationForm.questionGroups", inner=[_FORM_GROUP]),
}

KNOWN = (
    *dict.fromkeys(field.path.split(".")[0] for field in FIELDS.values()),
    *("agentHasRead", "agentTeam", "aiScoring", "assigned", "assignedDate", "assignee", "assigneeApplicable"),
    *("authorizedActions", "conversationEndDate", "createdDate", "dateAssigneeChanged", "declinedReview"),
    *("divisionIds", "evaluationContextId", "evaluationSource", "hasAssistanceFailed", "isScoringIndex", "name"),
    *("neverRelease", "queue", "redacted", "resourceId", "resourceType", "revisionCreatedDate", "selfUri"),
    *("systemSubmitted", "version"),
)

_MEDIA = {
    "CALL": "voice",
    "CALLBACK": "callback",
    "CHAT": "chat",
    "EMAIL": "email",
    "MESSAGE": "message",
    "VIDEO": "video",
}
"""Contract channel of a medium; of others no channel is told."""


class GenesysEvaluationsSource(SourceBase, frozen=True):
    """Genesys Cloud evaluations. Agents, evaluators, forms and questions are known by id."""

    format: Literal["genesys_evaluations"]


def read(
    files: Sequence[DeliveredFile], source: GenesysEvaluationsSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read evaluations and their questions; times are UTC, so ``zone`` plays no part."""
    del zone
    for broken in parsed(files, con, "scored_found", structure_of(FIELDS.values()), WHAT, pages=("entities",)):
        refuse_others(files, con, "scored_found", "list_has_all(fields, ['id', 'evaluationForm', 'status'])", WHAT)
        unfit = read_fields(con, "scored", FIELDS, "scored_found", KNOWN)
        con.execute(_QUESTIONS)
        yield batch(con, "qa_evaluation", _evaluations(source), [broken, unfit], _KEPT)
        yield batch(con, "qa_answer", _answers(source))


_EVALUATED = "coalesce(submitted_at, released_at, changed_at)"

_QUESTIONS = f"""
create or replace temp table scored_question as
with asked as (
    select rowid as record, g.weight, unnest(g.questions) as q
    from (select rowid, unnest(groups) as g from scored)
),
form as (
    select record, q.id as question, weight, q.answerOptions as options,
        list_max(list_transform(q.answerOptions, lambda o: o.value)) as greatest
    from asked
),
scored_group as (
    select rowid as record, evaluation_id, {_EVALUATED} as evaluated_at, changed_at, _file, _line, _raw,
        unnest(scores) as g
    from scored where status = 'FINISHED'
),
answered as (
    select * exclude (g), g.questionGroupId as section, coalesce(g.markedNA, false) as is_group_na,
        unnest(g.questionScores) as s
    from scored_group
)
select answered.*, s.questionId as question, weight, greatest,
    list_filter(options, lambda o: o.id = s.answerId)[1].text as answer,
    is_group_na or coalesce(s.markedNA, false) as is_na
from answered left join form on form.record = answered.record and form.question = s.questionId
"""


_KEPT = {"form_name": "form_name", "calibration_id": "calibration", "critical_score": "critical_score"}


def _evaluations(source: GenesysEvaluationsSource) -> str:
    """SQL for the finished evaluations as rows of ``qa_evaluation``."""
    channels = " ".join(f"when {literal(kind)} then {literal(channel)}" for kind, channel in _MEDIA.items())
    return f"""
        select {literal(source.name)} as source_system, evaluation_id as source_record_id,
            coalesce(changed_at, {_EVALUATED}) as record_updated_at, {kept_fields(_KEPT)} as extra,
            evaluation_id, coalesce(form, form_id) as form_key, form_id as form_version, conversation as interaction_id,
            case json_extract_string(media, '$[0]') {channels} end as channel, agent as agent_key,
            evaluator as evaluator_key, {_EVALUATED} as evaluated_at, contact_at, score as points,
            cast(100 as double) as max_points, score as score_pct, coalesce(is_fatal, false) as is_fatal,
            case when disputes > 0 then 'disputed' when is_rescored then 'revised' else 'submitted' end as status,
            _file, _line, _raw
        from scored where status = 'FINISHED'
    """


def _answers(source: GenesysEvaluationsSource) -> str:
    """SQL for the questions of finished evaluations as rows of ``qa_answer``."""
    return f"""
        select {literal(source.name)} as source_system, evaluation_id || '/' || question as source_record_id,
            coalesce(changed_at, evaluated_at) as record_updated_at, evaluation_id, question as question_key,
            section as section_key, evaluated_at, answer as answer_raw,
            case when not is_na then s.score end as points, coalesce(greatest, s.score, 0) as max_points,
            case when greatest > 0 then coalesce(weight, 1) else 0.0 end as weight, is_na,
            coalesce(s.failedKillQuestion, false) as is_fatal_failed, _file, _line, _raw
        from scored_question
    """


def recognise(path: Path, head: bytes) -> str | None:
    """Return what these files are known by, or null."""
    del path
    return seen(head, "evaluationForm", "conversation", "status")


ABOUT = About(
    title="Genesys Cloud evaluations",
    systems="Genesys Cloud (PureCloud), quality API v2",
    files='pages {"entities": [...]} as the API returns them, arrays, or one evaluation a line',
    zone="UTC, with the offset written out",
    units="percentages of 100; questions in points of the form",
    readings=(
        Reading("id", "qa_evaluation.evaluation_id"),
        Reading("answers.totalScore", "qa_evaluation.score_pct", "of 100; fatal questions seen to"),
        Reading("evaluationForm.contextId", "qa_evaluation.form_key", "the same for all versions; id is the version"),
        Reading("submittedDate", "qa_evaluation.evaluated_at", "older versions: releaseDate, changedDate"),
        Reading("conversationDate", "qa_evaluation.contact_at"),
        Reading("mediaType[0]", "qa_evaluation.channel"),
        Reading("answers.anyFailedKillQuestions", "qa_evaluation.is_fatal"),
        Reading("questionScores[].score", "qa_answer.points", "of the greatest value among answerOptions"),
        Reading("questionGroups[].weight", "qa_answer.weight"),
        Reading("questionScores[].markedNA", "qa_answer.is_na", "or that of the group"),
        Reading("answerOptions[].text", "qa_answer.answer_raw", "of the option chosen"),
    ),
    gotchas=(
        "Only FINISHED evaluations have a score. Others are passed over until they come again.",
        "Without expand=evaluationForm the options are missing: scores then cannot be put in proportion.",
        "Agents, evaluators and questions are ids.",
    ),
    exports=(
        Export(
            "Genesys Cloud",
            (
                "GET /api/v2/quality/evaluations/query for each agent or evaluator and interval, every page",
                "GET /api/v2/quality/conversations/{conversation}/evaluations/{id}?expand=evaluationForm for the form",
                "Store each response as it is returned, below landing/<source>/",
            ),
        ),
    ),
    references=("developer.genesys.cloud/routing/quality/", "help.mypurecloud.com/articles/evaluation-scoring/"),
)
