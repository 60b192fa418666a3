"""Whatever is delivered, the run goes on, good records load, and nothing loads that was not good."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import TypeAdapter

from ingest import Account
from ingest.contract import TABLES
from ingest.formats import Source
from tests.corpus.case import Case, Kind
from tests.corpus.damage import ESCAPED, bombs, encoded, packed, partial, refused
from tests.corpus.kinds import kinds
from tests.unit.ingest.deliveries import Desk

KINDS = {kind.name: kind for kind in kinds()}
UNPACKED_FOR = ("queue_log.log", "spreadsheet.csv", "contract.json")
"""Kinds that come in archives here: no format unpacks anything, so that three of them stand for all."""


def desk_of(root: Path, kind: Kind) -> Desk:
    return Desk(
        root,
        TypeAdapter(Source).validate_python({"name": "feed", "format": kind.format, "site": "here", **kind.declared}),
    )


def content(desk: Desk) -> dict[str, list[object]]:
    """Everything the lake holds, but for the order of what is equal."""
    found = desk.content([name for name in TABLES if desk.lake.files(name, "feed")])
    return {table: sorted(map(repr, rows)) for table, rows in found.items()}


def told(accounts: list[Account]) -> dict[str, tuple[int, int, bool, str]]:
    """What became of each file: rows that fit and that did not, whether it was refused, and why."""
    outcome: dict[str, tuple[int, int, bool, str]] = {}
    for each in accounts:
        fit, failed, _, _ = outcome.get(each.file, (0, 0, False, ""))
        fit += each.loaded + each.duplicate
        outcome[each.file] = (fit, failed + each.quarantined, each.state == "refused", each.reason or "")
    return outcome


def wrong(case: Case, rows: int, outcome: tuple[int, int, bool, str]) -> str | None:
    """Return what came of a file when it is not what must; a record that fits makes ``rows`` rows."""
    fit, failed, is_refused, reason = outcome
    if case.refused is not None:
        is_right = is_refused and not fit and (not case.refused or f"({case.refused})" in reason)
    else:
        is_set_aside = failed >= case.set_aside if case.set_aside else not failed
        is_right = not is_refused and fit == case.fit * rows and is_set_aside
    return None if is_right else f"{case.name}: fit {fit}, quarantined {failed}, refused {is_refused}: {reason[:300]}"


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_cost_what_is_damaged_and_nothing_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS[name]
    # A pass has its price, and a refusal costs the files beside it a second reading: so some files a pass.
    monkeypatch.setattr("ingest.delivery.PASS_BYTES", 12 * len(kind.good()))
    calm = desk_of(tmp_path / "calm", kind)
    calm.deliver(f"good.{kind.ending}", kind.good(), "feed")
    rows, rest = divmod(sum(each.loaded for each in calm.take()), len(kind.records))
    assert rows
    assert not rest
    good = content(calm)

    cases = [*kind.cases, *encoded(kind), *partial(kind)]
    if kind.name in UNPACKED_FOR:
        cases += [*packed(kind), *refused(kind)]
    if kind.format == "queue_log":
        cases += bombs(kind)
    assert len({case.name for case in cases}) == len(cases)
    desk = desk_of(tmp_path / "home", kind)
    desk.deliver(f"good.{kind.ending}", kind.good(), "feed")
    for case in cases:
        desk.deliver(case.name, case.content, "feed")
    outside = {path for path in tmp_path.rglob("*") if not path.is_relative_to(desk.root)}
    accounts = desk.take()

    assert all(each.rows_in == each.loaded + each.duplicate + each.quarantined for each in accounts)
    outcomes = told(accounts)
    assert outcomes.keys() == {case.name for case in cases} | {f"good.{kind.ending}"}
    problems = [problem for case in cases if (problem := wrong(case, rows, outcomes[case.name]))]
    assert not problems, "\n".join(problems)
    assert content(desk) == good
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(desk.root)} == outside
    assert not [
        path for path in (*tmp_path.rglob("*"), *Path("/tmp").glob("*"), *Path.cwd().glob("*")) if ESCAPED in path.name
    ]
    assert desk.take() == []


def test_every_refusal_and_every_row_set_aside_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = KINDS["spreadsheet.csv"]
    monkeypatch.setattr("ingest.delivery.PASS_BYTES", 12 * len(kind.good()))
    desk = desk_of(tmp_path, kind)
    for case in kind.cases:
        desk.deliver(case.name, case.content, "feed")
    desk.take()
    pattern = (tmp_path / "quarantine" / "*" / "*.parquet").as_posix()
    told = duckdb.sql(f"select file, line, rule, message, mend, raw from read_parquet('{pattern}')").fetchall()
    assert told
    assert all(file and rule and message and mend for file, _, rule, message, mend, _ in told)
    assert max(len(raw or "") for *_, raw in told) <= 10_000
