"""QA scorecards: wide tables with one row an evaluation and one column an item, or cards, a sheet each.

The score is always computed from the items: 100 × Σ(points × weight) / Σ(maximum × weight) over the items that apply,
or 0 when a fatal item failed and the form says so. Where the sheet's own total differs by more than half a point, the
row counts with the computed score, and both the delivered score and the difference stand in ``extra``; a form may
declare that it goes to the quarantine instead.
``points`` and ``max_points`` of an evaluation are the two weighted sums.

How the columns around the items map is declared as for any spreadsheet (``ingest.mapping``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from typing import ClassVar, Literal, Self

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingest.contract import QA_ANSWER, QA_EVALUATION
from ingest.formats.base import About, Batch, DeliveredFile, Export, Reading, batch_schema
from ingest.formats.cards import Card, read_cards
from ingest.formats.conversion import Check, Query, cleaned, convert, literal, literals, number, percent
from ingest.formats.sheet import Layout
from ingest.formats.spreadsheet import gathered
from ingest.mapping import Mapped, Scale, TableMapping
from ingest.source import SourceBase

TOLERANCE = 0.5
"""Points by which a delivered total may differ from the computed score without a note: totals come rounded."""


class Item(BaseModel):
    """One item of a form: its column, the points it can earn, its weight, and whether failing it is fatal.

    Cells hold points, or tokens: those under ``pass`` earn the maximum, those under ``fail`` nothing. A fatal item
    fails with a fail token or with no points. Tokens are compared without regard to case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)

    column: str
    key: str | None = None
    section: str | None = None
    max: float = Field(default=0, ge=0)
    weight: float = Field(default=1, gt=0)
    fatal: bool = False
    passes: list[str] = Field(default_factory=list, alias="pass")
    fails: list[str] = Field(default_factory=list, alias="fail")

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if not self.max and not (self.passes and self.fails):
            raise ValueError(
                f"item {self.column} earns no points: declare what passes and what fails, or a max above 0"
            )
        return self

    @property
    def question_key(self) -> str:
        """Name of the item in the contract."""
        return self.key or self.column


class Total(BaseModel, extra="forbid", frozen=True):
    """The sheet's own total, the number that stands for all points, and what a difference does to the row."""

    column: str
    scale: Scale
    decimal: Literal[".", ","] = "."
    differs: Literal["note", "reject"] = "note"


class Scorecard(TableMapping):
    """One form: the columns of the evaluation, the items, and how they add up.

    ``na_tokens`` are the answers that take an item out of the sum; an empty cell is an item without an answer and
    rejects the row unless the empty text is listed too. ``card`` says where a sheet has its values, where each
    evaluation is a sheet of its own: its names then take the place of column names.
    """

    computed: ClassVar[tuple[str, ...]] = ("points", "max_points", "score_pct", "is_fatal")

    table: str = QA_EVALUATION.name
    columns: dict[str, Mapped] = Field(min_length=1)
    items: list[Item] = Field(min_length=1)
    na_tokens: list[str] = Field(default_factory=lambda: ["N/A"])
    fatal_zeroes: bool = True
    score: Total | None = None
    card: Card | None = None

    @model_validator(mode="after")
    def _finds_everything_on_the_card(self) -> Self:
        if self.card and (absent := self.missing(self.card.cells)):
            raise ValueError(f"the card does not say where {', '.join(dict.fromkeys(absent))} stands")
        return self

    @model_validator(mode="after")
    def _names_items_once(self) -> Self:
        keys = [item.question_key for item in self.items]
        if repeated := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"items {', '.join(repeated)} occur more than once: give each a key of its own")
        return self

    @property
    def scored(self) -> list[str]:
        """Names of the columns of the items and of the total."""
        return [item.column for item in self.items] + ([self.score.column] if self.score else [])

    def missing(self, header: Iterable[str]) -> list[str]:  # noqa: D102 - as in TableMapping
        present = set(header)
        return super().missing(present) + [name for name in self.scored if name not in present]

    def wanted(self, header: Iterable[str]) -> list[str]:  # noqa: D102 - as in TableMapping
        return list(dict.fromkeys([*super().wanted(header), *self.scored]))


class ScorecardSource(SourceBase, frozen=True):
    """A source of scorecards in one or several forms."""

    format: Literal["scorecard"]
    layout: Layout = Layout()
    forms: list[Scorecard] = Field(min_length=1)


def read(
    files: Sequence[DeliveredFile], source: ScorecardSource, zone: str, con: duckdb.DuckDBPyConnection
) -> Iterator[Batch]:
    """Read scorecards as evaluations and answers; raise ``RefusedFile`` for a file that no form fits."""
    for form, wanted, cells, unread in _cells(files, source):
        query = _score(form, wanted)
        con.register("scorecard_cells", cells)
        scored = con.sql(f"select * from {query.over('scorecard_cells')}").to_arrow_table()
        con.unregister("scorecard_cells")
        sound = scored.filter(scored["_check"].is_null()).drop_columns("_check")
        evaluations, unfit = convert(con, sound, wanted, form, zone=zone, site=source.site, source=source.name)
        con.register("scorecard_scored", sound)
        con.register("scorecard_evaluations", evaluations)
        yield Batch(
            QA_EVALUATION.name,
            _noted(con),
            pa.concat_tables([query.rejects(scored), unfit, unread]),
        )
        yield Batch(QA_ANSWER.name, _answers(con, form))
        con.unregister("scorecard_scored")
        con.unregister("scorecard_evaluations")


def _cells(
    files: Sequence[DeliveredFile], source: ScorecardSource
) -> Iterator[tuple[Scorecard, tuple[str, ...], pa.Table, pa.Table]]:
    """Yield each form with the columns it wants, their cells, and rejects."""
    cards = [form for form in source.forms if form.card]
    rest = [file for file in files if not any(fnmatch(file.path.name, form.files) for form in cards)]
    yield from gathered(rest, source.layout, source.forms, [form for form in source.forms if not form.card])
    for form in cards:
        for file in files:
            if form.card and fnmatch(file.path.name, form.files):
                wanted = tuple(form.wanted(form.card.cells))
                yield form, wanted, *read_cards(file, source.layout, form.card, wanted)


def _score(form: Scorecard, wanted: Sequence[str]) -> Query:
    """Query for the answers ``i<n>_…`` of each row, their sums, the delivered total, and what is wrong with them."""
    query = Query()
    position = {name: n for n, name in enumerate(wanted)}
    na = literals([token.lower() for token in form.na_tokens])
    for n, item in enumerate(form.items):
        text = query.define(f"i{n}_text", f"coalesce({cleaned(f'v{position[item.column]}', [])}, '')")
        is_na = query.define(f"i{n}_na", f"lower({text}) in {na}", text)
        passes, fails = (_among(text, tokens) for tokens in (item.passes, item.fails))
        earned = (
            f"case when {is_na} then null when {passes} then {item.max} when {fails} then 0 else {number(text)} end"
        )
        points = query.define(f"i{n}_points", f"cast({earned} as double)", is_na)
        failed = f"not {is_na} and ({fails} or (coalesce({points}, 1) = 0 and not {passes}))" if item.fatal else "false"
        query.define(f"i{n}_failed", failed, points)
        query.checks += [
            Check(
                f"not {is_na} and {points} is null",
                "unfit_answer",
                f"{item.column} holds no points and none of the declared tokens",
                "declare the token under pass, fail or na_tokens, or correct the cell",
            ),
            Check(
                f"{points} not between 0 and {item.max}",
                "points_out_of_range",
                f"{item.column} holds points outside 0 to {item.max:g}",
                "declare the item's max, or correct the cell",
            ),
        ]
    each = range(len(form.items))
    weighted = zip(each, form.items, strict=True)
    earned = " + ".join(f"coalesce(i{n}_points, 0) * {item.weight}" for n, item in weighted)
    weighted = zip(each, form.items, strict=True)
    possible = " + ".join(f"if(i{n}_na, 0, {item.max * item.weight})" for n, item in weighted)
    every = [f"i{n}_failed" for n in each]
    query.define("points", f"cast({earned} as double)", *every)
    query.define("max_points", f"cast({possible} as double)", *every)
    query.define("is_fatal", " or ".join(every), *every)
    zeroed = "when is_fatal then 0" if form.fatal_zeroes else ""
    score = f"case {zeroed} when max_points > 0 then 100 * points / max_points end"
    query.define("score_pct", f"cast({score} as double)", "points", "max_points", "is_fatal")
    query.checks.append(
        Check("score_pct is null", "nothing_applies", "no item with points applies", "answer at least one item")
    )
    if form.score:
        text = query.define("total_text", cleaned(f"v{position[form.score.column]}", form.na))
        query.define("delivered_pct", percent(text, form.score.scale, form.score.decimal), text)
        query.checks.append(
            Check(
                f"{text} is not null and delivered_pct is null",
                "unfit_cell",
                f"{form.score.column} is not a percent of scale {form.score.scale}",
                "declare the scale of the score, or correct the cell",
            )
        )
        if form.score.differs == "reject":
            query.checks.append(
                Check(
                    f"abs(delivered_pct - score_pct) > {TOLERANCE}",
                    "score_differs",
                    f"{form.score.column} differs by more than {TOLERANCE} points from what the items give",
                    "correct the total, or the weights and the maximum of the items in the declaration",
                )
            )
    else:
        query.define("delivered_pct", "cast(null as double)")
    return query


def _among(text: str, tokens: Sequence[str]) -> str:
    return f"lower({text}) in {literals([token.lower() for token in tokens])}" if tokens else "false"


def _noted(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Evaluations, with the delivered score where it differs from the computed one."""
    return (
        con.sql(f"""
        select e.* replace (
            case when abs(delivered_pct - e.score_pct) > {TOLERANCE} then json_merge_patch(
                coalesce(extra, '{{}}'),
                json_object('delivered_score_pct', delivered_pct, 'score_difference', delivered_pct - e.score_pct)
            )::varchar else extra end as extra)
        from scorecard_evaluations e join scorecard_scored using (_file, _line)
        order by _file, _line
    """)
        .to_arrow_table()
        .cast(batch_schema(QA_EVALUATION.name))
    )


def _answers(con: duckdb.DuckDBPyConnection, form: Scorecard) -> pa.Table:
    """Return a row an item of every evaluation."""
    items = ", ".join(
        f"{{question_key: {literal(item.question_key)}, section_key: {literal(item.section)}, answer_raw: i{n}_text,"
        f" points: i{n}_points, max_points: cast({item.max} as double), weight: cast({item.weight} as double),"
        f" is_na: i{n}_na, is_fatal_failed: i{n}_failed}}"
        for n, item in enumerate(form.items)
    )
    schema = batch_schema(QA_ANSWER.name)
    return (
        con.sql(f"""
        with answer as (
            select e.source_system, e.record_updated_at, null as extra, e.evaluation_id, e.evaluated_at, e._file,
                e._line, e._raw, unnest([{items}], recursive := true)
            from scorecard_evaluations e join scorecard_scored using (_file, _line)
        ),
        identified as (select *, evaluation_id || '|' || question_key as source_record_id from answer)
        select {", ".join(schema.names)} from identified order by _file, _line
    """)
        .to_arrow_table()
        .cast(schema)
    )


ABOUT = About(
    title="QA scorecards",
    systems="Scorecards kept in Excel, LibreOffice, WPS or exported as text by any QA tool.",
    files="`.xlsx`, `.xlsm`, `.xlsb`, `.xls`, `.ods` or delimited text. Wide: a row an evaluation, a column an item. Or"
    " cards: a sheet an evaluation, with values at declared cells or beside declared labels; all sheets of a workbook"
    " that fit `layout.sheet`.",
    zone="Times without an offset are of the source's `time_zone`, unless a column declares its own.",
    units="Points by item; the sheet's own total by its declared `scale`: 1 (0.85), 100 (85) or `percent_text` (85%).",
    readings=(
        Reading("columns", "qa_evaluation", "as declared; form_key and form_version are constants of the form"),
        Reading("items", "qa_answer", "points, or tokens that pass or fail; `na_tokens` take an item out of the sum"),
        Reading(
            "items",
            "qa_evaluation.score_pct",
            "100 × Σ(points × weight) ÷ Σ(maximum × weight) over the items that apply; 0 when a fatal item failed and"
            " `fatal_zeroes`",
        ),
        Reading("score", "qa_evaluation.extra", "the delivered total where it differs by more than half a point"),
    ),
    gotchas=(
        "A percent may be written 0.85, 85 or 85%: the scale is declared; a cell that does not fit rejects the row.",
        "N/A is not 0. An empty cell is a missing answer and rejects the row unless `na_tokens` lists the empty text.",
        "`score: {differs: reject}` sends an evaluation whose own total disagrees to the quarantine; by default the"
        " computed score counts and the difference is kept.",
        "A formula without a stored result, or with an error such as #REF!, rejects its row: open and save the workbook"
        " in a spreadsheet program before delivering it.",
        "Declare a new form, with its own `files` or sheets and `form_version`, when items or weights change; `expect`"
        " guards cards against rows that moved.",
    ),
    exports=(
        Export(
            "Excel, WPS or LibreOffice",
            (
                "Save the workbook with calculated values, without a password.",
                "Keep the item columns of one form version in one sheet, or one card a sheet.",
                "Put the workbook into the landing folder; deliver corrected workbooks under any name.",
            ),
        ),
    ),
    references=("ECMA-376 part 1 (.xlsx)", "OpenDocument 1.3 part 3 (.ods)"),
    example="""\
name: qa
format: scorecard
site: london
layout: {sheet: Scores}
forms:
  - files: "*.xlsx"
    columns:
      evaluation_id: Evaluation ID
      form_key: {value: voice}
      form_version: {value: "3"}
      interaction_id: Call ID
      agent_key: Agent
      evaluator_key: Evaluator
      evaluated_at: {column: Evaluated at, format: "%Y-%m-%d %H:%M"}
      contact_at: {column: Contact start, format: "%Y-%m-%d %H:%M"}
      is_random: {column: Sample, values: {random: true, complaint: false}}
      status: {value: submitted}
    items:
      - {column: Greeting, max: 10}
      - {column: Accuracy, key: accuracy, section: content, max: 10, weight: 2}
      - {column: Data protection, fatal: true, pass: [ok], fail: [breach]}
    na_tokens: [N/A, 不适用]
    fatal_zeroes: true
    score: {column: Total, scale: 100, decimal: "."}
""",
)
