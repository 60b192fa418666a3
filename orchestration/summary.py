"""What the command line prints: accounts of deliveries, headline indicators, the dictionary, where to look.

Every figure is read: accounts from the lake, indicators from ``indicator_values``. Nothing is computed but the change
between two values of one indicator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from ingest import Account, Lake
from ingest.landing import landing_at
from orchestration import mending, names
from orchestration.builds import Ledger, plan
from orchestration.centre import CentreError, load
from orchestration.home import Home
from orchestration.publishing import lineage
from orchestration.taking import landing_of
from serving import dictionary
from serving.language import Locale, counted, difference, reading, word

if TYPE_CHECKING:
    from orchestration.centre import Centre
    from orchestration.inspection import Inspection
    from orchestration.mending import Broken, Replayed, SetAside
    from orchestration.names import Unknown
    from orchestration.rehearsal import Rehearsal
    from orchestration.run import Outcome

_WORDS = {
    "en": {
        "source": "source",
        "files": "files",
        "rows_in": "rows in",
        "loaded": "loaded",
        "duplicate": "duplicate",
        "quarantined": "quarantined",
        "refused": "refused",
        "indicator": "indicator",
        "before": "day before",
        "change": "change",
        "status": "status",
        "target": "target",
        "deliveries": "Deliveries",
        "nothing": "Nothing new in landing; the warehouse holds everything the lake holds.",
        "checks": "Checks: {passed} passed, {failed} failed",
        "set_aside": "Rows in quarantine, with rule and mend: {path}; `gaugebook quarantine list` sums them up",
        "trial": "On trial; nothing is loaded",
        "not_matched": "Not taken: the `files` pattern of the source does not match {names}",
        "unknown_field": "Kept in `extra`, unknown to the contract: {name}, {rows} rows in {files} files",
        "doubt": "Doubtful in {files} files of {source}: {message}",
        "redacted": "Redacted in texts of {source}: {kinds}",
        "unresolved": "Declared nowhere: {count} {what}, {rows} rows; `gaugebook unresolved` lists them",
        "agent": "agents",
        "queue": "queues",
        "team": "teams",
        "reason": "contact reasons",
        "gone": "{name} is in quarantine and no longer in landing: deliver it again",
        "not_taken": "In landing and not taken; after a run: no source has this folder and these files: {names}",
        "look": "Where to look",
        "final": "",
        "provisional": "provisional",
        "no_traffic": "no traffic",
        "below_floor": "too few to show",
        "closed": "closed",
        "feed_missing": "feed missing",
    },
    "zh": {
        "source": "数据源",
        "files": "文件",
        "rows_in": "收到行数",
        "loaded": "入库",
        "duplicate": "重复",
        "quarantined": "隔离",
        "refused": "拒收",
        "indicator": "指标",
        "before": "前一日",
        "change": "变化",
        "status": "状态",
        "target": "目标",
        "deliveries": "本次交付",
        "nothing": "没有新文件;数仓与数据湖一致。",
        "checks": "检查:{passed} 项通过,{failed} 项未通过",
        "set_aside": "隔离的行及其规则与修正办法:{path};汇总见 `gaugebook quarantine list`",
        "trial": "试收,不入库",
        "not_matched": "未接收:数据源的 `files` 不匹配 {names}",
        "unknown_field": "契约之外的字段,保存在 `extra`:{name},{files} 个文件共 {rows} 行",
        "doubt": "{source} 有 {files} 个文件存疑:{message}",
        "redacted": "{source} 文本中已脱敏:{kinds}",
        "unresolved": "未声明的{what} {count} 个,共 {rows} 行;详见 `gaugebook unresolved`",
        "agent": "坐席",
        "queue": "队列",
        "team": "班组",
        "reason": "联络原因",
        "gone": "{name} 在隔离区,但已不在 landing:请重新交付",
        "not_taken": "landing 中未接收的文件;运行后仍列出的,没有数据源对应其目录和文件名:{names}",
        "look": "查看结果",
        "final": "",
        "provisional": "暂定",
        "no_traffic": "无进线",
        "below_floor": "样本过少",
        "closed": "未营业",
        "feed_missing": "数据未到",
    },
}

_NAMES = 10
"""Names of files that are listed before the rest is only hinted at."""

_HEADLINES = """
with days as (
    select
        v.*,
        lag(value) over (partition by indicator order by period_start) as value_before
    from indicator_values as v
    where grain = 'day' and level = 'centre' and period_start <= ?
)

select i.name_en, i.name_zh, i.unit, d.value, d.value_before, d.status, d.target
from days as d
inner join dim_indicators as i using (indicator)
where d.period_start = ? and i.headline
order by list_position(?, i.family), i.indicator
"""


def show(console: Console, home: Home, outcome: Outcome) -> None:
    """Print what a run did, the headline indicators of the newest day, and where to look."""
    centre = load(home.centre_file)
    words = _WORDS[centre.locale]
    if outcome.accounts:
        console.print(_accounts_table(words, outcome.accounts))
    _show_not_loaded(console, home, centre, outcome.accounts)
    for doubt in _doubts(words, Lake(home.lake), {account.source for account in outcome.accounts}):
        console.print(doubt, style="yellow", soft_wrap=True)
    if outcome.built:
        console.print(words["checks"].format(passed=outcome.checks_passed, failed=len(outcome.warnings)))
        for warning in outcome.warnings:
            console.print(warning, style="yellow")
    elif not any(account.loaded or account.quarantined or account.reason for account in outcome.accounts):
        console.print(words["nothing"])
    ledger = Ledger.read(home)
    if ledger.as_of is None:
        return
    console.print(_headline_table(home, words, centre.locale, ledger.as_of))
    console.print(words["look"], style="bold")
    for path in (
        home.site / "index.html",
        home.site / "dictionary" / "index.html",
        home.site / "briefs" / ledger.as_of / f"{centre.locale}.html",
        home.site / "data_docs" / "index.html",
    ):
        console.print(f"  {path}", soft_wrap=True)
    console.print(f"  Dagster: make dev GAUGEBOOK_HOME={home.root}", soft_wrap=True)


def show_status(console: Console, home: Home) -> bool:
    """Print the account of every delivery and what is outstanding; return whether all accounts balance."""
    centre = load(home.centre_file)
    words = _WORDS[centre.locale]
    lake = Lake(home.lake)
    accounts = lake.accounts()
    table, balanced = _file_table(words["deliveries"], accounts)
    console.print(table)
    newest = {(account.source, account.file): account.delivery for account in accounts}
    _show_not_loaded(console, home, centre, [a for a in accounts if a.delivery == newest[a.source, a.file]])
    for line in _noted(home, centre, lake):
        console.print(line, soft_wrap=True)
    outstanding = plan(home, lake)
    ledger = Ledger.read(home)
    if outstanding.everything:
        console.print("not built yet: everything")
    elif outstanding.days:
        console.print(f"not built yet: {', '.join(day.isoformat() for day in outstanding.days)}")
    console.print(f"newest day: {ledger.as_of or 'none'}; build {ledger.number}")
    return balanced


def show_inspection(console: Console, inspection: Inspection) -> None:
    """Print what a file is, the entry that would read it with its doubts, what it gives, and a few of the rows."""
    packing = f", packed with {inspection.packing}" if inspection.packing else ""
    of_format = inspection.proposal.format or "unknown"
    console.print(f"{inspection.proposal.file}: {of_format}{packing}", style="bold", soft_wrap=True)
    console.print(inspection.proposal.as_yaml(), soft_wrap=True)
    if inspection.accounts:
        beginning = "On trial, the beginning of the file" if inspection.is_part else "On trial, the whole file"
        console.print(_file_table(beginning, inspection.accounts)[0])
        _show_refusals(console, _WORDS["en"], inspection.accounts)
    if inspection.broken:
        show_broken(console, inspection.broken)
    for preview in inspection.previews:
        table = Table(title=preview.table, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        for column in zip(preview.columns, *preview.rows, strict=True):
            table.add_row(*("" if value is None else str(value) for value in column))
        console.print(table)
    if inspection.proposal.source:
        told = "Next: answer the doubts (# ?), put the entry below `sources:` in centre.yml, `gaugebook source check`"
        console.print(told, soft_wrap=True)


def _noted(home: Home, centre: Centre, lake: Lake) -> Iterator[str]:
    """Yield what was taken and is worth a look: fields nobody knows, what was redacted, names nothing declares."""
    words = _WORDS[centre.locale]
    yield from _doubts(words, lake, {source.name for source in centre.sources})
    for each in lake.drift():
        name = f"{each.source}: {each.table}.{each.field}"
        yield words["unknown_field"].format(name=name, rows=f"{each.rows:,}", files=f"{each.files:,}")
    for source, found in groupby(lake.redactions(), key=lambda each: each[0]):
        kinds = ", ".join(f"{kind} {count:,}" for _, kind, count in found)
        yield words["redacted"].format(source=source, kinds=kinds)
    for what, found in groupby(names.unresolved(home, centre), key=lambda each: each.what):
        unknown = list(found)
        rows = sum(each.rows for each in unknown)
        yield words["unresolved"].format(count=f"{len(unknown):,}", what=words[what], rows=f"{rows:,}")


def _doubts(words: dict[str, str], lake: Lake, sources: Collection[str]) -> Iterator[str]:
    for source, message, files in lake.doubts():
        if source in sources:
            yield words["doubt"].format(source=source, message=message, files=f"{files:,}")


def show_rehearsal(console: Console, centre: Centre, rehearsal: Rehearsal) -> None:
    """Print what a delivery would come to: the account of each file and table, rules broken, files not taken."""
    words = _WORDS[centre.locale]
    console.print(_file_table(words["trial"], rehearsal.accounts)[0])
    _show_refusals(console, words, rehearsal.accounts)
    if rehearsal.broken:
        show_broken(console, rehearsal.broken)
    if rehearsal.not_taken:
        console.print(words["not_matched"].format(names=", ".join(rehearsal.not_taken)), style="red", soft_wrap=True)


def show_broken(console: Console, broken: Sequence[Broken]) -> None:
    """Print the rules that rows in quarantine break, with the first of the rows and what to do."""
    if not broken:
        console.print("The quarantine is empty.")
    for (source, file), rules in groupby(broken, key=lambda each: (each.source, each.file)):
        console.print(f"{source}/{file}", style="bold", soft_wrap=True)
        for each in rules:
            where = f", first at {each.place}" if each.place else ""
            of_table = f" ({each.table})" if each.table else ""
            console.print(f"  {each.rows:,} × {each.rule}{of_table}{where}", soft_wrap=True)
            console.print(f"    {each.message}; {each.mend}", soft_wrap=True)


def show_set_aside(console: Console, rows: Sequence[SetAside]) -> None:
    """Print rows in quarantine: where they stand, why they are there, and their raw text."""
    for row in rows:
        place = " · ".join(filter(None, (row.place, row.table, row.rule)))
        console.print(place, style="bold", soft_wrap=True)
        console.print(f"  {row.message}; {row.mend}", soft_wrap=True)
        if row.raw:
            console.print(f"  {row.raw}", soft_wrap=True)


def show_replayed(console: Console, home: Home, centre: Centre, replayed: Replayed) -> None:
    """Print the new accounts of the files taken again, what they still break, and those that landing has no more."""
    words = _WORDS[centre.locale]
    console.print(_file_table(words["deliveries"], replayed.accounts)[0])
    _show_refusals(console, words, replayed.accounts)
    files = {(account.source, account.file) for account in replayed.accounts}
    if still := [each for each in mending.broken(home.quarantine) if (each.source, each.file) in files]:
        show_broken(console, still)
    for source, file in replayed.gone:
        console.print(words["gone"].format(name=f"{source}/{file}"), style="red", soft_wrap=True)


def show_unresolved(console: Console, found: Sequence[Unknown]) -> None:
    """Print names in the data that nothing declares, with their days and rows, and the lines that declare them."""
    if not found:
        console.print("Every name in the data is declared.")
        return
    table = _table_of_figures()
    for column in ("what", "source", "name", "first day", "last day"):
        table.add_column(column, overflow="fold")
    table.add_column("rows", justify="right", no_wrap=True)
    for each in found:
        days = (each.first.isoformat(), each.last.isoformat())
        table.add_row(each.what, each.source, each.name, *days, f"{each.rows:,}")
    console.print(table)
    for what, of_kind in groupby(found, key=lambda each: each.what):
        place = "in a file of aliases" if what == "agent" else f"below `{what}s:` in centre.yml"
        console.print(f"The lines that declare each {what}, {place}; ? is yours to fill:", style="bold", soft_wrap=True)
        for each in of_kind:
            console.print(f"  {each.line}", soft_wrap=True)


def show_dictionary(console: Console, home: Home, name: str | None) -> None:
    """Print the list of indicators, or everything about one of them, in both languages."""
    if not home.warehouse.exists():
        raise CentreError(f"{home.root} holds no dictionary yet: `gaugebook run` first")
    if name is None:
        table = Table()
        for column in ("indicator", "English", "中文", "unit", "class"):
            table.add_column(column)
        listing = """
            select indicator, name_en, name_zh, unit, class from dim_indicators
            order by list_position(?, family), indicator
        """
        for row in _rows(home, listing, [[*dictionary.FAMILIES]]):
            table.add_row(*row)
        console.print(table)
        return
    locale = load(home.centre_file).locale
    entry = dictionary.look_up(home.warehouse, lambda: lineage(home), name)
    table = Table(show_header=False, title=name)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for label, text in dictionary.lines(entry, locale).items():
        table.add_row(label, text)
    console.print(table)
    for rows in dictionary.tables(entry, lambda words: words.to(locale)):
        console.print(_example_table(word("example").to(locale), rows))
    if made := dictionary.result(entry):
        console.print(made.to(locale), soft_wrap=True)


def _example_table(title: str, rows: list[list[dictionary.Cell]]) -> Table:
    heads, *cases, together = rows
    table = Table(title=title)
    for head, number in zip(heads, together, strict=True):
        table.add_column(str(head), justify="right" if isinstance(number, float) else "left", overflow="fold")
    for row in cases:
        table.add_row(*map(_cell, row))
    table.add_section()
    table.add_row(*map(_cell, together))
    return table


def _cell(cell: dictionary.Cell) -> str:
    return cell.isoformat() if isinstance(cell, date) else counted(cell)


def _show_not_loaded(console: Console, home: Home, centre: Centre, accounts: Iterable[Account]) -> None:
    """Print why files were refused, where rows in quarantine are, and what in landing belongs to no source."""
    words, told = _WORDS[centre.locale], list(accounts)
    _show_refusals(console, words, told)
    if any(account.quarantined for account in told):
        console.print(words["set_aside"].format(path=home.quarantine), soft_wrap=True)
    taken = {f"{account.source}/{account.file}" for account in Lake(home.lake).accounts()}
    if names := sorted(set(_landed(home, centre)) - taken):
        listed = ", ".join([*names[:_NAMES], *["…"] * (len(names) > _NAMES)])
        console.print(words["not_taken"].format(names=listed), style="yellow", soft_wrap=True)


def _landed(home: Home, centre: Centre) -> Iterator[str]:
    """Yield the files in landing by folder and name; of a remote landing those in the folders of sources."""
    location = landing_of(home, centre)
    if isinstance(location, Path):
        files = (path for path in location.rglob("[!.]*") if path.is_file())
        yield from (path.relative_to(location).as_posix() for path in files)
    else:
        landing = landing_at(location)
        yield from (f"{each.name}/{entry.name}" for each in centre.sources for entry in landing.entries(each.name))


def _show_refusals(console: Console, words: dict[str, str], accounts: Iterable[Account]) -> None:
    for refusal in dict.fromkeys(f"{words['refused']}: {a.source}: {a.reason}" for a in accounts if a.reason):
        console.print(refusal, style="red", soft_wrap=True)


def _file_table(title: str, accounts: Iterable[Account]) -> tuple[Table, bool]:
    """Return the account of each file and table, and whether all balance."""
    table = _table_of_figures(title)
    for column in ("source", "file", "table"):
        table.add_column(column, overflow="fold")
    for column in ("rows in", "loaded", "duplicate", "quarantined"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    balanced = True
    for account in accounts:
        even = account.rows_in == account.loaded + account.duplicate + account.quarantined
        balanced &= even
        table.add_row(
            account.source,
            account.file,
            account.table,
            f"{account.rows_in:,}",
            f"{account.loaded:,}",
            f"{account.duplicate:,}",
            f"{account.quarantined:,}",
            account.state if even else f"{account.state}, does not balance",
            style=None if even else "red",
        )
    return table, balanced


def _table_of_figures(title: str | None = None) -> Table:
    """Return an empty table that leaves eighty columns to what stands in it."""
    return Table(title=title, box=box.HORIZONTALS, padding=0)


def _accounts_table(words: dict[str, str], accounts: Iterable[Account]) -> Table:
    table = _table_of_figures(words["deliveries"])
    table.add_column(words["source"], overflow="fold")
    for key in ("files", "rows_in", "loaded", "duplicate", "quarantined", "refused"):
        table.add_column(words[key], justify="right", no_wrap=True)
    for source, group in groupby(sorted(accounts, key=lambda a: a.source), key=lambda a: a.source):
        own = list(group)
        table.add_row(
            source,
            f"{len({a.file for a in own}):,}",
            f"{sum(a.rows_in for a in own):,}",
            f"{sum(a.loaded for a in own):,}",
            f"{sum(a.duplicate for a in own):,}",
            f"{sum(a.quarantined for a in own):,}",
            f"{len({a.file for a in own if a.state == 'refused'}):,}",
        )
    return table


def _headline_table(home: Home, words: dict[str, str], locale: Locale, as_of: str) -> Table:
    table = _table_of_figures()
    table.add_column(words["indicator"], width=26)
    for column in (as_of, words["before"], words["change"], words["target"]):
        table.add_column(column, justify="right")
    table.add_column(words["status"], no_wrap=True)
    for name_en, name_zh, unit, value, before, status, target in _rows(
        home, _HEADLINES, [as_of, as_of, [*dictionary.FAMILIES]]
    ):
        table.add_row(
            name_zh if locale == "zh" else name_en,
            reading(value, unit, locale),
            reading(before, unit, locale),
            difference(value, before, unit, locale),
            reading(target, unit, locale),
            words[status],
        )
    return table


def _rows(home: Home, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(query, parameters or []).fetchall()
