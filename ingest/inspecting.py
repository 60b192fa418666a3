"""Looks at a file nobody has declared: says which format it is, or proposes a mapping for it, with its doubts.

A proposal is for a person to read and correct: whatever a file cannot say of itself (day before month, the unit of a
number, the zone of a time, the scale of a score) is a doubt with the choices there are. Nothing is taken by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from ingest.contract import DATE, FLAG, INSTANT, REAL, TABLES, WHOLE, Column, Table
from ingest.formats import FORMATS
from ingest.formats.base import DeliveredFile, RefusedFile
from ingest.formats.delimited import DELIMITERS
from ingest.formats.sheet import Layout, Sheet
from ingest.formats.spreadsheet import read_sheets
from ingest.formats.workbook import COMPOUND, ZIPPED, grids, texts_of
from ingest.opening import opened
from ingest.synonyms import (
    COLUMNS,
    CONSTANTS,
    FLAGS,
    IDS,
    NOTHING,
    SAME,
    TIMES_OF_DAY,
    TOKENS,
    TOLD_BY,
    UNITS,
    plain,
)

HEAD = 1 << 16
"""Bytes of the file that formats are asked to recognise."""
ROWS = 1_000
"""Rows that a proposal looks at."""
ENCODINGS = ("utf-8", "gb18030", "latin-1")
"""In the order in which they are tried: any bytes are Latin-1."""

_DATES = (
    ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"),
    ("%d/%m/%Y", "%m/%d/%Y"),
    ("%d.%m.%Y", "%m.%d.%Y"),
    ("%d-%m-%Y", "%m-%d-%Y"),
    ("%d/%m/%y", "%m/%d/%y", "%y/%m/%d"),
    ("%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d %Y", "%d %B %Y"),
)
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f", "%H时%M分", "%H时%M分%S秒")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)")
_FEWEST_DAYS = 5
_SCALES = (5, 10, 100)
"""Greatest answers of usual scales; the first that holds all answers is proposed, and stays a doubt."""


@dataclass(frozen=True)
class Doubt:
    """What a file cannot say of itself: where, the question, what may be chosen, and what the proposal takes.

    ``about`` is a key of the proposed declaration (``columns.started_at``, ``time_zone``).
    """

    about: str
    question: str
    choices: tuple[str, ...] = ()
    taken: str = ""


@dataclass(frozen=True)
class Proposal:
    """What a file is held for.

    ``format`` is the name of a registered format, ``None`` when nothing is known of the file; ``reason`` says what it
    was known by. ``source`` is the entry of centre.yml; the site, and whatever the doubts name, are for a person to
    set. ``is_complete`` says whether that entry can be read as it stands.
    """

    file: str
    format: str | None
    reason: str
    source: dict[str, Any]
    doubts: tuple[Doubt, ...] = ()
    is_complete: bool = True

    def as_yaml(self) -> str:
        """Return the entry for ``sources:`` of centre.yml, the doubts as comments above it."""
        told = [f"# {self.file}: {self.reason}"]
        for doubt in self.doubts:
            taken = f" Taken: {doubt.taken}." if doubt.taken else ""
            choices = f" One of: {', '.join(doubt.choices)}." if doubt.choices else ""
            told.append(f"# ? {doubt.about}: {doubt.question}{choices}{taken}")
        entry = yaml.safe_dump([self.source], sort_keys=False, allow_unicode=True, width=100) if self.source else ""
        return "\n".join([*told, entry])


def propose(path: Path, *, name: str = "new_source", site: str = "site") -> Proposal:
    """Return what is known of a file; ``name`` and ``site`` become those of the proposed source.

    A packed file is opened first; of an archive the first file counts.

    Raises:
        RefusedFile: the file cannot be opened at all.
    """
    landed = DeliveredFile(path, 0, path.name, "")
    base = {"name": name, "format": "", "site": site, "files": _pattern(path.name)}
    with TemporaryDirectory() as folder:
        file, encoding = _open(landed, Path(folder))
        with file.path.open("rb") as content:
            head = content.read(HEAD)
        recognised = _recognised(file, head)
        doubts = []
        if encoding != "utf-8":
            base["encoding"] = encoding
            doubts.append(Doubt("encoding", "the text is not UTF-8.", ENCODINGS[1:], encoding))
        if recognised:
            form, reason = recognised
            return Proposal(path.name, form, reason, {**base, "format": form}, tuple(doubts))
        if head.lstrip()[:1] in (b"{", b"["):
            return Proposal(path.name, None, "JSON of a form that no format knows", {}, is_complete=False)
        if head.lstrip()[:1] == b"<" or (b"\0" in head and head[:4] not in (ZIPPED, COMPOUND)):
            return Proposal(path.name, None, "neither a table nor a form that a format knows", {}, is_complete=False)
        try:
            sheet, layout, unsure = _sheet(file, head)
        except RefusedFile as refusal:
            return Proposal(path.name, None, f"no table could be read: {refusal.message}", {}, is_complete=False)
        return _mapped(path.name, sheet, {**base, "format": "spreadsheet", "layout": layout}, [*doubts, *unsure])


def _pattern(name: str) -> str:
    """Return a pattern of the file's name with every number left open."""
    return re.sub(r"\*+", "*", re.sub(r"\d[\d_.-]*\d|\d", "*", Path(name).stem)) + Path(name).suffix


def _open(landed: DeliveredFile, folder: Path) -> tuple[DeliveredFile, str]:
    refusal: RefusedFile | None = None
    for encoding in ENCODINGS:
        place = folder / encoding
        place.mkdir()
        part = opened(landed, encoding, place)[0]
        if part.refusal is None:
            return part.file, encoding if part.file.path != landed.path and encoding != "utf-8" else "utf-8"
        refusal = refusal or part.refusal
    assert refusal is not None
    raise refusal


def _recognised(file: DeliveredFile, head: bytes) -> tuple[str, str] | None:
    """Return the format that knows the file, and by what; workbooks say of themselves only that they are tables."""
    if head[:4] in (ZIPPED, COMPOUND):
        return None
    for name, form in FORMATS.items():
        if form.recognise and (reason := form.recognise(file.path, head)):
            return name, reason
    return None


# Where the table lies


def _sheet(file: DeliveredFile, head: bytes) -> tuple[Sheet, dict[str, Any], list[Doubt]]:
    """Open the file's table with the layout that its first rows suggest."""
    doubts = []
    if head[:4] in (ZIPPED, COMPOUND):
        sheets = [(name, rows) for _, name, rows in grids(file, "*") if rows]
        name, rows = max(sheets, key=lambda sheet: len(sheet[1]), default=("", []))
        layout: dict[str, Any] = {"sheet": name} if len(sheets) > 1 else {}
        if len(sheets) > 1:
            doubts.append(Doubt("layout.sheet", "several sheets hold rows.", tuple(n for n, _ in sheets), name))
        first = [texts_of(row)[0].to_pylist() for row in rows[:30]]
    else:
        lines = head.decode("utf-8", "ignore").splitlines()[:30]
        readings = {mark: [line.split(mark) for line in lines] for mark in DELIMITERS}
        delimiter = max(readings, key=lambda mark: _evenness(readings[mark]))
        layout, first = {"delimiter": delimiter}, readings[delimiter]
        rivals = [mark for mark in DELIMITERS if mark != delimiter and _evenness(readings[mark]) > 1]
        if rivals:
            doubts.append(Doubt("layout.delimiter", "it may be another.", tuple(rivals), repr(delimiter)))
    layout["header"] = _header_row(first)
    if layout["header"] > 1:
        question = f"rows above {layout['header']} look like a title."
        doubts.append(Doubt("layout.header", question, (), str(layout["header"])))
    return read_sheets(file, Layout(**layout), lambda _: True)[0], layout, doubts


def _evenness(rows: Sequence[Sequence[str]]) -> float:
    """How well a delimiter cuts rows: the number of fields that most rows have, less for rows that have others."""
    widths = [len(row) for row in rows if any(row)]
    usual = max(set(widths), key=widths.count, default=1)
    return usual * widths.count(usual) / len(widths) if widths else 0


def _header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of the first row that is filled as the rows below it are and holds no number or date."""
    usual = max((sum(map(bool, row)) for row in rows), default=1)
    for number, row in enumerate(rows, 1):
        names = [cell.strip() for cell in row if cell.strip()]
        if len(names) >= max(2, 0.6 * usual) and not any(re.fullmatch(r"[\d.,:%\s-]+", cell) for cell in names[:1]):
            return number
    return 1


# What the columns mean


def _mapped(file: str, sheet: Sheet, source: dict[str, Any], doubts: list[Doubt]) -> Proposal:
    samples = _samples(sheet)
    days = {header: form for header in sheet.header if (form := _day_form(header))}
    if len(days) >= _FEWEST_DAYS:
        return _attendance_matrix(file, sheet, source, samples, next(iter(days.values())), doubts)
    table, columns, found = max(
        (_columns(TABLES[name], samples) for name in TABLES if not TABLES[name].raw),
        key=lambda candidate: _fit(candidate[0], candidate[1]),
    )
    if _fit(table, columns) <= 0:
        if survey := _survey_matrix(file, source, samples, _nothing(sheet), doubts):
            return survey
        return Proposal(file, None, f"a table of columns that nothing is known of: {', '.join(sheet.header)}", {},
                        tuple(doubts), is_complete=False)  # fmt: skip
    mapping = {"table": table.name, "na": _nothing(sheet), "columns": columns}
    needed = [column.name for column in table.columns[4:] if column.required and column.name not in columns]
    doubts += [*found, *_zone_doubt(columns), *_doubts_of_constants(table, columns), *_left_over(samples, columns)]
    doubts += [Doubt(f"columns.{name}", f"no column is its: {table.column(name).meaning}.") for name in needed]
    reason = f"a table that looks like {table.name}: {table.meaning}"
    return Proposal(file, "spreadsheet", reason, {**source, "tables": [mapping]}, tuple(doubts), not needed)


def _samples(sheet: Sheet) -> dict[str, list[str]]:
    """Return the first values of each column, blanks and texts for nothing left out."""
    return {name: [value for value in values if value not in NOTHING] for name, values in _values(sheet).items()}


def _nothing(sheet: Sheet) -> list[str]:
    """Return the texts for nothing that the first rows hold."""
    held = {value for values in _values(sheet).values() for value in values}
    return [text for text in NOTHING if not text or text in held]


def _values(sheet: Sheet) -> dict[str, list[str]]:
    block = next(sheet.blocks())
    return {
        name: [(value or "").strip() for value in text[:ROWS].to_pylist()]
        for name, text in zip(sheet.header, block.texts, strict=True)
    }


def _fit(table: Table, columns: dict[str, Any]) -> float:
    """How well a table's columns were found: those of its key and of its time count double, missing ones against it."""
    found = {name for name, declared in columns.items() if "column" in declared}
    needed = {column.name for column in table.columns[4:] if column.required}
    telling = {*table.key, table.event_time} & found
    return len(found) + len(telling) - 1.5 * len(needed - columns.keys()) if len(found) > 1 and telling else 0


def _columns(table: Table, samples: dict[str, list[str]]) -> tuple[Table, dict[str, Any], list[Doubt]]:
    """Return how a table's columns may be filled from those of a file."""
    columns: dict[str, Any] = {}
    doubts: list[Doubt] = []
    free = dict.fromkeys(samples)
    day: str | None = None
    for column in table.columns[4:]:
        for header in _named(column.name, free):
            declared, unsure = _declared(column, header, samples, day)
            if declared is not None:
                break
        else:
            continue
        free.pop(header)
        if isinstance(declared["column"], list):
            day = day or header
            free.pop(declared["column"][1], None)
        columns[column.name] = declared
        doubts += [replace(doubt, about=f"columns.{doubt.about}") for doubt in unsure]
    if isinstance(columns.get("birth_month"), dict):
        columns["birth_day"] = {**columns["birth_month"], "part": "day"}
    for name, other in SAME.get(table.name, {}).items():
        if name not in columns and other in columns:
            columns[name] = {"same_as": other}
    for name, told in TOLD_BY.get(table.name, {}).items():
        if name not in columns and told["from"] in columns:
            columns[name] = dict(told)
    if table.name == "hr_employee" and "site_key" not in columns and columns:
        columns["site_key"] = {"source": "site"}
    if table.name == "roster_shift" and {"employee_key", "start_at"} <= columns.keys():
        keys = (columns["employee_key"]["column"], columns["start_at"]["column"])
        columns["shift_id"] = {"column": [part for key in keys for part in _parts(key)], "joined": "@"}
    for name, value in CONSTANTS.get(table.name, {}).items():
        if name not in columns and columns:
            columns[name] = {"value": value}
    if {"score", "scale_max"} <= columns.keys() and "value" in columns["scale_max"]:
        highest = max((float(value) for value in samples[columns["score"]["column"]]), default=0)
        columns["scale_max"] = {"value": next((scale for scale in _SCALES if highest <= scale), _SCALES[-1])}
    return table, columns, doubts


def _named(column: str, headers: Iterable[str]) -> list[str]:
    """Return the headers that name a column: in its own words, or in those known, the unit or a closing "id" aside."""
    words = (plain(column), plain(column.removesuffix("_ms")), *COLUMNS.get(column, "").split())
    endings = ("", *" ".join(UNITS.values()).split(), *IDS)
    named = {}
    for header in headers:
        bare = plain(re.sub(r"[(（\[].*?[)）\]]", "", header))
        for word in words:
            if any(word + ending in (plain(header), bare) for ending in endings):
                named.setdefault(word, []).append(header)
    return list(dict.fromkeys(header for word in words for header in named.get(word, ())))


def _declared(
    column: Column, header: str, samples: dict[str, list[str]], day: str | None
) -> tuple[dict[str, Any] | None, list[Doubt]]:
    """Return how a header's values may be read as a column; ``None`` when they cannot be.

    ``day`` is the column with the date of a row, where times of day stand beside it.
    """
    values = samples[header]
    if column.type == INSTANT:
        return _instant(column, header, samples, day)
    if column.type == DATE or column.name in ("birth_month", "birth_day"):
        declared, doubts = _moment(column.name, header, values, _DATES)
        return ({**declared, "part": "month"} if declared and column.type == WHOLE else declared), doubts
    if column.name.endswith("_ms"):
        return _duration(column.name, header, values)
    if column.name.endswith("_pct"):
        return _percent(column.name, header, values)
    if column.allowed or column.type == FLAG:
        return _tokens(column, header, values)
    if column.type in (REAL, WHOLE):
        if not all(re.fullmatch(r"-?[\d.,]+", value) for value in values):
            return None, []
        has_comma = any(re.fullmatch(r"-?\d+,\d{1,2}", value) for value in values)
        doubts = [Doubt(column.name, "a comma stands before the decimals.", (".", ","), ",")] if has_comma else []
        return {"column": header, **({"decimal": ","} if has_comma else {})}, doubts
    return {"column": header}, []


def _instant(
    column: Column, header: str, samples: dict[str, list[str]], day: str | None = None
) -> tuple[dict[str, Any] | None, list[Doubt]]:
    values = samples[header]
    if values and all(_ISO.fullmatch(value) for value in values):
        return {"column": header}, []
    if values and all(re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", value) for value in values):
        return {"column": header, "format": "epoch_ms" if len(values[0]) == 13 else "epoch"}, []
    joined = [
        tuple(f"{day}{gap}{time}" for day in family for time in _TIMES for gap in (" ", "T", "")) for family in _DATES
    ]
    declared, doubts = _moment(column.name, header, values, joined)
    if declared:
        return declared, doubts
    if day and (time := _time_form(values)):
        dates, _ = _moment(column.name, day, samples[day], _DATES)
        if dates:
            form = f"{dates['format']} {time}"
            return {"column": [day, header], "format": form, "after": "started_at", "rolls_over": True}, []
    declared, doubts = _moment(column.name, header, values, _DATES)
    beside = next((name for name in samples if plain(name) in TIMES_OF_DAY and name != header), None)
    if declared is None or beside is None or not samples[beside]:
        return declared, doubts
    if (time := _time_form(samples[beside])) is None:
        return declared, doubts
    return {"column": [header, beside], "format": f"{declared['format']} {time}"}, [
        replace(doubt, choices=tuple(f"{form} {time}" for form in doubt.choices), taken=f"{doubt.taken} {time}")
        for doubt in doubts
    ]


def _time_form(values: Sequence[str]) -> str | None:
    return next((form for form in _TIMES if values and all(_parses(value, form) for value in values)), None)


def _moment(
    name: str, header: str, values: Sequence[str], families: Iterable[Sequence[str]]
) -> tuple[dict[str, Any] | None, list[Doubt]]:
    """Return the form of all values; that of several that fit them all is a doubt."""
    for family in families:
        forms = [form for form in family if values and all(_parses(value, form) for value in values)]
        if forms:
            question = f"{values[0]} reads as more than one date."
            return {"column": header, "format": forms[0]}, (
                [Doubt(name, question, tuple(forms), forms[0])] if len(forms) > 1 else []
            )
    return None, []


def _parses(value: str, form: str) -> bool:
    try:
        datetime.strptime(value, form)
    except ValueError:
        return False
    return True


def _day_form(header: str) -> str | None:
    return next((form for family in _DATES for form in family if _parses(header, form)), None)


def _duration(name: str, header: str, values: Sequence[str]) -> tuple[dict[str, Any] | None, list[Doubt]]:
    if values and all(re.fullmatch(r"\d+:\d{1,2}(:\d{1,2}(\.\d+)?)?", value) for value in values):
        if any(value.count(":") == 2 for value in values):
            return {"column": header, "unit": "hms"}, []
        question = f"{values[0]} is minutes and seconds, or hours and minutes."
        return {"column": header, "unit": "hms"}, [Doubt(name, question, ("hms", "hm"), "hms")]
    if not values or not all(re.fullmatch(r"-?\d+([.,]\d+)?", value) for value in values):
        return None, []
    told = [unit for unit, words in UNITS.items() if re.search(rf"(?:{words.replace(' ', '|')})$", _last_word(header))]
    if told:
        return {"column": header, "unit": told[0]}, []
    likely = "ms" if sorted(float(value.replace(",", ".")) for value in values)[len(values) // 2] > 20_000 else "s"
    return {"column": header, "unit": likely}, [Doubt(name, f"the unit of {header} is not said.", tuple(UNITS), likely)]


def _last_word(header: str) -> str:
    """Return what a header ends with, where the unit stands: ``Talk (sec)``, ``wait_ms``, ``WaitSeconds``, 通话秒数."""
    parts = [plain(part) for part in re.split(r"[\s_()（）\[\]-]+|(?<=[a-z])(?=[A-Z])", header)]
    return next((part for part in reversed(parts) if part), "")


def _percent(name: str, header: str, values: Sequence[str]) -> tuple[dict[str, Any] | None, list[Doubt]]:
    if values and all(value.endswith("%") for value in values):
        return {"column": header, "scale": "percent_text"}, []
    numbers = [float(value) for value in values if re.fullmatch(r"\d+(\.\d+)?", value)]
    if not numbers or len(numbers) < len(values):
        return None, []
    scale = 1 if max(numbers) <= 1 else 100
    return {"column": header, "scale": scale}, [
        Doubt(name, f"the scale of {header} is not said.", ("1", "100"), str(scale))
    ]


def _tokens(column: Column, header: str, values: Sequence[str]) -> tuple[dict[str, Any] | None, list[Doubt]]:
    """Return the translation of a column's values; those without one are a doubt."""
    known: dict[str, Any] = {word: flag for flag, words in FLAGS.items() for word in words.split()}
    if column.allowed:
        known = {word: value for value in column.allowed for word in (plain(value), *TOKENS.get(value, "").split())}
    found = list(dict.fromkeys(values))
    meant = {value: known[plain(value)] for value in found if plain(value) in known}
    if not meant or len(found) > 100:
        return None, []
    open_ = [value for value in found if value not in meant]
    choices = column.allowed or ("true", "false")
    doubts = [Doubt(column.name, f"{', '.join(open_[:20])} of {header} must be translated.", choices)] if open_ else []
    return {"column": header, "values": meant}, doubts


def _zone_doubt(columns: dict[str, Any]) -> Iterator[Doubt]:
    naive = [
        name
        for name, declared in columns.items()
        if re.search(r"%[HI]", str(declared.get("format", ""))) and "%z" not in str(declared.get("format"))
    ]
    if naive:
        yield Doubt("time_zone", f"{', '.join(naive)} come without a zone: whose clock do they show?", (), "the site's")


def _doubts_of_constants(table: Table, columns: dict[str, Any]) -> Iterator[Doubt]:
    for name in CONSTANTS.get(table.name, {}):
        declared = columns.get(name, {})
        if "value" in declared:
            choices = table.column(name).allowed or (tuple(map(str, _SCALES)) if name == "scale_max" else ())
            yield Doubt(f"columns.{name}", "the file does not say it.", choices, str(declared["value"]))
    for name, declared in columns.items():
        if "same_as" in declared:
            yield Doubt(f"columns.{name}", "no column is its own.", (), f"that of {declared['same_as']}")
        if "from" in declared:
            taken = f"{declared['filled']} where {declared['from']} is filled, {declared['empty']} where it is empty"
            yield Doubt(f"columns.{name}", "no column is its own.", (), taken)


def _left_over(samples: dict[str, list[str]], columns: dict[str, Any]) -> Iterator[Doubt]:
    used = {part for declared in columns.values() for part in _parts(declared.get("column", []))}
    if left := [header for header, values in samples.items() if values and header not in used]:
        question = (
            f"nothing takes {', '.join(left)}: kept in `extra`, unless `drop` names what is personal or needless."
        )
        yield Doubt("columns", question)


def _parts(column: str | list[str]) -> list[str]:
    return [column] if isinstance(column, str) else column


def _survey_matrix(
    file: str, source: dict[str, Any], samples: dict[str, list[str]], nothing: list[str], doubts: list[Doubt]
) -> Proposal | None:
    """Propose answers of a survey of staff from a table with a person a row and a column a question."""
    who = next(iter(_named("employee_key", samples)), None)
    answers = {
        header: {int(value) for value in values}
        for header, values in samples.items()
        if header != who and values and all(re.fullmatch(r"\d{1,2}", value) for value in values)
    }
    given = set().union(*answers.values())
    if who is None or len(answers) < 2 or len(given) < 2 or max(given) > _SCALES[1]:
        return None
    when = next((header for header in _named("answered_at", samples) if header not in answers), None)
    clock, unsure = _instant(TABLES["pulse_response"].column("answered_at"), when, samples) if when else (None, [])
    columns: dict[str, Any] = {
        "response_id": {"column": who},
        "wave": {"value": "1"},
        **({"answered_at": clock} if clock else {}),
        "employee_key": {"column": who},
        "question_key": {"column": "Question"},
        "score": {"column": "Answer"},
        "scale_min": {"value": min(*given, 1)},
        "scale_max": {"value": max(given)},
    }
    mapping = {
        "table": "pulse_response",
        "na": nothing,
        "matrix": {"columns": list(answers), "name": "Question", "cells": "Answer"},
        "only": {"State": ["filled"]},
        "columns": columns,
    }
    doubts += [replace(doubt, about=f"columns.{doubt.about}") for doubt in unsure]
    doubts.append(Doubt("columns.wave", "the file does not say the round of the survey.", (), "1"))
    doubts += _doubts_of_constants(TABLES["pulse_response"], columns)
    if clock is None:
        doubts.append(
            Doubt("columns.answered_at", "no column is its: when it was answered; a `value` serves all rows.")
        )
    others = {header: values for header, values in samples.items() if header not in answers}
    doubts += [*_zone_doubt(columns), *_left_over(others, columns)]
    reason = f"a row a person and a column a question ({len(answers)} of them), so pulse_response"
    source = {**source, "tables": [mapping]}
    return Proposal(file, "spreadsheet", reason, source, tuple(doubts), clock is not None)


def _attendance_matrix(
    file: str,
    sheet: Sheet,
    source: dict[str, Any],
    samples: dict[str, list[str]],
    form: str,
    doubts: list[Doubt],
) -> Proposal:
    """Propose attendance from a table with a column a day."""
    turned = [header for header in sheet.header if _parses(header, form)]
    rival = form.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
    if rival != form and all(_parses(header, rival) for header in turned):
        doubts.append(Doubt("tables.matrix.days", f"{turned[0]} reads as more than one date.", (form, rival), form))
    keys = [header for header in sheet.header if header not in turned]
    who = next(iter([*_named("employee_key", keys), *keys]), "")
    values = [value for header in turned for value in samples[header]][:ROWS]
    is_out = re.search(r"(?i)out|签退|下班", file) is not None
    column = "clock_out_at" if is_out else "clock_in_at"
    clock, unsure = _instant(TABLES["attendance"].column(column), "Cell", {"Cell": values})
    states = {"filled": "present", "empty": "absent", "closed": "holiday"}
    columns: dict[str, Any] = {"employee_key": {"column": who}, "work_date": {"column": "Day"}}
    if clock:
        columns |= {column: {**clock, "column": "Cell"}, "status": {"column": "State", "values": states}}
        doubts += [replace(doubt, about=f"columns.{column}") for doubt in unsure]
        doubts.append(
            Doubt("tables.matrix.cells", "come the other times in a file of their own? Then name both there.")
        )
        doubts += _zone_doubt(columns)
    else:
        declared, unsure = _tokens(TABLES["attendance"].column("status"), "Cell", values)
        columns["status"] = declared or {"column": "Cell", "values": {}}
        doubts += [replace(doubt, about="columns.status") for doubt in unsure]
    if not who:
        doubts.append(Doubt("columns.employee_key", "no column names the employee."))
    mapping = {
        "table": "attendance",
        "na": _nothing(sheet),
        "matrix": {"days": form, "cells": "Cell"},
        "columns": columns,
    }
    reason = f"a table with a column a day ({len(turned)} of them), so attendance"
    return Proposal(file, "spreadsheet", reason, {**source, "tables": [mapping]}, tuple(doubts), bool(who))
