"""centre.yml: what is wrong is named with file, line and key; nothing wrong is let through."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.centre import DEMO_KEY, CentreError, load
from orchestration.home import PROJECT

GOOD = """\
centre: {name: {en: Harbour, zh: 港湾}}
sites:
  - {key: main, name: {en: Main, zh: 总部}, time_zone: Europe/London}
sources:
  - name: pbx
    format: queue_log
    site: main
"""
SHEET = """\
  - name: sheets
    format: spreadsheet
    site: main
    tables:
      - table: tel_interaction
        columns:
          interaction_id: Call
          colour: Colour
"""
QUEUE = "queues:\n  - key: q\n    name: {en: Q, zh: 队}\n"

BAD = {
    "nothing in it": ("# soon\n", 1, "sites: Field required"),
    "a list": ("- a\n- b\n", 1, "the file: Input should be a valid dictionary"),
    "a bracket left open": ("sites: [\n", 2, "not YAML: "),
    "a tab": ("sites:\n\t- a: b\n", 2, "not YAML: found character"),
    "a word too many": (
        GOOD + "colour: red\n",
        8,
        "colour: no such key here; known are centre, clients, history_from, ",
    ),
    "a word too many in a source": (
        GOOD + "    acw_reason: [ACW]\n",
        8,
        "sources.0.acw_reason: no such key here; `acw_reasons`? known are acw_reasons, arrives, ",
    ),
    "a word too many in a mapping": (
        GOOD + SHEET + "        fill_dawn: [Call]\n",
        16,
        "sources.1.tables.0.fill_dawn: no such key here; `fill_down`? known are columns, ",
    ),
    "a key twice": (GOOD + "sites: []\n", 8, "sites: the same key stands above"),
    "a key twice in a source": (GOOD + "    site: main\n", 8, "site: the same key stands above"),
    "an unknown zone": (GOOD.replace("Europe/London", "Mars/Olympus"), 3, "sites.0.time_zone: 'Mars/Olympus' is not"),
    "one language": (GOOD.replace(", zh: 总部", ""), 3, "sites.0.name.zh: Field required"),
    "a third language": (GOOD + "locale: fr\n", 8, "locale: Input should be 'en' or 'zh'"),
    "an unknown format": (GOOD.replace("queue_log", "telegraph"), 5, "sources.0: Input tag 'telegraph'"),
    "no format": (GOOD.replace("    format: queue_log\n", ""), 5, "sources.0: Unable to extract tag"),
    "a name that is no folder": (GOOD.replace("name: pbx", "name: ../pbx"), 5, "sources.0.name: String should match"),
    "a site not declared": (GOOD.replace("site: main", "site: moon"), 7, "sources.0.site: 'moon' is no site"),
    "two sources of one name": (
        GOOD + "  - name: pbx\n    format: queue_log\n    site: main\n",
        8,
        "sources.1.name: there is another source 'pbx' above",
    ),
    "two sites of one key": (
        GOOD.replace("sources:", "  - {key: main, name: {en: B, zh: 乙}, time_zone: UTC}\nsources:"),
        4,
        "sites.1.key: there is another site 'main' above",
    ),
    "two queues of one key": (
        GOOD + "queues:\n  - {key: q, name: {en: Q, zh: 队}}\n  - {key: q, name: {en: R, zh: 列}}\n",
        10,
        "queues.1.key: there is another queue 'q' above",
    ),
    "a mapping that needs its columns": (
        GOOD + SHEET.split("    tables")[0],
        8,
        "sources.1.tables: Field required",
    ),
    "a column the contract does not know": (GOOD + SHEET, 12, "sources.1.tables.0: tel_interaction has no column col"),
    "a share above one": (GOOD + "    max_failed_share: 3\n", 8, "sources.0.max_failed_share: Input should be less"),
    "a target in words": (
        GOOD + "targets:\n  - {indicator: asa_sec, value: high}\n",
        9,
        "targets.0.value: Input should be a valid number",
    ),
    "a period that ends before it begins": (
        GOOD
        + "targets:\n  - indicator: asa_sec\n    value: 20\n    valid_from: 2026-02-01\n    valid_to: 2026-01-01\n",
        9,
        "targets.0: valid_to 2026-01-01 lies before valid_from 2026-02-01",
    ),
    "a calendar that is no country": (
        GOOD.replace("Europe/London", "Europe/London, calendar: England"),
        3,
        "sites.0.calendar: String should match",
    ),
    "a calendar that nobody knows": (
        GOOD.replace("Europe/London", "Europe/London, calendar: XX"),
        3,
        "sites.0.calendar: the calendar 'XX' is not known (Country XX not available): give a country by its two",
    ),
    "a client not declared": (
        GOOD + "clients: [{key: bank, name: {en: Bank, zh: 银行}}]\n" + QUEUE + "    client: shop\n",
        12,
        "queues.0.client: 'shop' is no client: declare it under `clients`, or name one of ['bank']",
    ),
    "hours of a site not declared": (
        GOOD + QUEUE + "    hours: [{site: moon, valid_from: 2026-01-01, open: {mon: closed}}]\n",
        11,
        "queues.0.hours.0.site: 'moon' is no site",
    ),
    "hours that overlap": (
        GOOD + QUEUE + "    hours: [{site: main, valid_from: 2026-01-01, open: {mon: [08:00-12:00, 11:00-13:00]}}]\n",
        11,
        "queues.0.hours.0.open: ['08:00-12:00', '11:00-13:00'] overlap",
    ),
    "hours that hold at the same time": (
        GOOD
        + QUEUE
        + "    hours:\n"
        + "      - {site: main, valid_from: 2026-01-01, open: {mon: closed}}\n"
        + "      - {site: main, valid_from: 2026-02-01, open: {mon: closed}}\n",
        13,
        "queues.0.hours.1: holds on days on which what is declared from 2026-01-01 holds",
    ),
    "a table that has no days": (
        GOOD + "    arrives: [{tables: [hr_employee], days: every_day, valid_from: 2026-01-01}]\n",
        8,
        "sources.0.arrives.0.tables: hr_employee: no table of the contract whose rows have days of their own",
    ),
    "expected without a first day": (
        GOOD + "    arrives: [{tables: [agent_state], days: every_day}]\n",
        8,
        "sources.0.arrives.0.valid_from: Field required",
    ),
    "open days of a site that tells none": (
        GOOD + "    arrives: [{tables: [agent_state], days: open_days, valid_from: 2026-01-01}]\n",
        8,
        "sources.0.arrives.0.days: when main is open is told by its `calendar`, or by `hours` of a queue",
    ),
    "a password in the file": (
        GOOD + "postgres:\n  host: db\n  database: d\n  user: u\n  password: open\n",
        12,
        "postgres.password: no such key here; `password_env`? known are database, host, ",
    ),
}


@pytest.mark.parametrize(("text", "line", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_with_file_line_and_key(text: str, line: int, message: str, tmp_path: Path) -> None:
    file = tmp_path / "centre.yml"
    file.write_text(text)
    with pytest.raises(CentreError) as told:
        load(file)
    assert f"{file}:{line}: {message}" in str(told.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "centre.yml"
    file.write_text(GOOD.replace("Europe/London", "Mars/Olympus") + "locale: fr\n")
    with pytest.raises(CentreError) as told:
        load(file)
    assert [line.split(":")[1] for line in str(told.value).splitlines()] == ["3", "8"]


@pytest.mark.parametrize(
    ("content", "message"), [(b"centre: \xff", "is not UTF-8"), (b"centre: \x07", "is not YAML")], ids=["bytes", "bell"]
)
def test_a_file_that_is_no_text_is_told_so(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "centre.yml"
    file.write_bytes(content)
    with pytest.raises(CentreError, match=f"{file} {message}"):
        load(file)


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(CentreError, match="does not exist; `gaugebook init` writes one"):
        load(tmp_path / "centre.yml")


@pytest.mark.parametrize("name", ["centre.example.yml", "centre.demo.yml"])
def test_the_files_that_come_along_are_good(name: str) -> None:
    assert load(PROJECT / "orchestration" / name).sources


def test_optional_parts_of_the_example_are_good_when_uncommented(tmp_path: Path) -> None:
    lines = (PROJECT / "orchestration" / "centre.example.yml").read_text().splitlines()
    commented = [line.replace("# ", "", 1) for line in lines if ": " in line and line.lstrip().startswith("# ")]
    servers = [line for line in commented if line.startswith(("postgres:", "metabase:"))]
    file = tmp_path / "centre.yml"
    file.write_text("\n".join([*lines, *servers]))
    centre = load(file)
    assert centre.postgres and centre.metabase


def test_identifiers_need_a_key_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "centre.yml"
    file.write_text(GOOD + "pseudonyms: {key_env: THE_KEY}\n")
    secret = load(file).pseudonyms
    for short in ("", "fifteen letters"):
        monkeypatch.setenv("THE_KEY", short)
        with pytest.raises(CentreError, match="THE_KEY must hold the pseudonym key, 16 characters or more"):
            secret.pseudonyms()
    monkeypatch.setenv("THE_KEY", "sixteen letters!")
    file.write_text(GOOD + "pseudonyms: {demo: true}\n")
    assert secret.pseudonyms().fingerprint() != load(file).pseudonyms.pseudonyms().fingerprint()


def test_the_demos_key_says_that_it_is_public() -> None:
    assert b"public" in DEMO_KEY
