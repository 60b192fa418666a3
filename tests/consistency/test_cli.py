"""The command line: every command explains itself, works on the home it is given, and leaves with an honest code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from orchestration.centre import load
from orchestration.cli import app
from orchestration.home import PROJECT, Home
from orchestration.taking import take_deliveries
from tests.known_project import knowing

DEMO_CENTRE = PROJECT / "orchestration" / "centre.demo.yml"
PBX = """\
sites: [{key: here, name: {en: Here, zh: 此处}, time_zone: Asia/Shanghai}]
sources: [{name: pbx, format: queue_log, site: here, max_failed_share: 1}]
pseudonyms: {demo: true}
"""
Gaugebook = Callable[..., Result]


def commands(group: typer.main.TyperGroup, *prefix: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.main.TyperGroup):
            yield from commands(command, *prefix, name)
        else:
            yield (*prefix, name)


COMMANDS = sorted(commands(typer.main.get_command(app)))  # pyright: ignore
each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A new home; the environment names none and holds no secret."""
    monkeypatch.chdir(tmp_path)
    for name in ("GAUGEBOOK_HOME", "GAUGEBOOK_PSEUDONYM_KEY", "METABASE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return Home(tmp_path / "home")


@pytest.fixture
def gaugebook(home: Home) -> Gaugebook:
    """Run a command on the home; errors that nobody expected are raised."""

    def call(*arguments: str) -> Result:
        result = CliRunner().invoke(app, [*arguments, "--home", str(home.root)], catch_exceptions=False)
        assert "Traceback" not in result.stderr
        return result

    return call


@pytest.fixture
def served(home: Home, serving_warehouse: Path) -> Home:
    """A home with a centre and a warehouse, of which no build is recorded."""
    home.prepare()
    home.centre_file.write_text(DEMO_CENTRE.read_text())
    shutil.copy(serving_warehouse, home.warehouse)
    return home


def test_the_commands_are_those_that_the_documents_name() -> None:
    assert [" ".join(command) for command in COMMANDS] == [
        "boards apply",
        "boards plan",
        "brief",
        "dagster",
        "demo",
        "dictionary",
        "forget",
        "init",
        "pseudonyms rotate",
        "publish",
        "quarantine list",
        "quarantine replay",
        "quarantine show",
        "run",
        "source check",
        "source inspect",
        "status",
        "unresolved",
    ]


@each_command
def test_every_command_explains_itself_and_takes_a_home(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "--home" in result.stdout
    assert "$GAUGEBOOK_HOME, else .gaugebook" in result.stdout


def test_help_answers_without_loading_the_heavy_tools() -> None:
    heavy = {"dagster", "dbt", "great_expectations", "pandas", "altair"}
    program = (
        f"import sys, orchestration.cli; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


ARGUMENTS = {("quarantine", "show"): ("pbx", "queue_log")}
"""What a command cannot do without."""

NEEDS_NO_CENTRE = {("init",), ("demo",), ("dagster",), ("source", "inspect")}


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in NEEDS_NO_CENTRE], ids=" ".join)
def test_a_home_without_a_centre_says_how_to_begin(command: tuple[str, ...], gaugebook: Gaugebook) -> None:
    result = gaugebook(*command, *ARGUMENTS.get(command, ()))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "`gaugebook init` writes one" in result.stderr or "`gaugebook run` first" in result.stderr


@pytest.mark.parametrize(
    "command",
    [("run",), ("status",), ("publish",), ("boards", "plan"), ("source", "check"), ("quarantine", "replay")],
    ids=" ".join,
)
def test_a_mistake_in_the_centre_is_told_with_its_place(
    command: tuple[str, ...], gaugebook: Gaugebook, home: Home
) -> None:
    home.prepare()
    wrong = DEMO_CENTRE.read_text().replace("Asia/Shanghai", "Asia/Shanghigh")
    home.centre_file.write_text(wrong)
    line = 1 + wrong[: wrong.index("Shanghigh")].count("\n")
    result = gaugebook(*command)
    assert result.exit_code == 1
    assert f"{home.centre_file}:{line}: sites.0.time_zone: 'Asia/Shanghigh' is not an IANA time zone" in result.stderr


def test_init_writes_a_centre_once(gaugebook: Gaugebook, home: Home) -> None:
    first = gaugebook("init")
    assert (first.exit_code, first.stderr) == (0, "")
    assert str(home.centre_file) in first.stdout
    home.centre_file.write_text("mine")
    again = gaugebook("init")
    assert again.exit_code == 1
    assert "it stays as it is" in again.stderr
    assert home.centre_file.read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--from", "2026-09-01"),
        ("run", "--from", "2026-09-02", "--to", "2026-09-01"),
        ("run", "--from", "yesterday", "--to", "2026-09-01"),
        ("brief", "--date", "1.9.2026"),
        ("demo", "--days", "0"),
        ("demo", "--agents", "3"),
        ("boards", "destroy"),
        ("source", "inspect"),
        ("source", "inspect", "no_such_file"),
        ("source", "check", "pbx", "no_such_file"),
        ("quarantine", "show", "pbx"),
        ("quarantine", "show", "pbx", "log", "--limit", "0"),
        ("fly",),
    ],
    ids=" ".join,
)
def test_wrong_usage_leaves_with_2_and_touches_nothing(
    arguments: tuple[str, ...], gaugebook: Gaugebook, home: Home
) -> None:
    assert gaugebook(*arguments).exit_code == 2
    assert not home.root.exists()


def test_a_run_without_the_pseudonym_key_takes_nothing(gaugebook: Gaugebook, home: Home) -> None:
    home.prepare()
    home.centre_file.write_text((PROJECT / "orchestration" / "centre.example.yml").read_text())
    result = gaugebook("run")
    assert result.exit_code == 1
    assert "GAUGEBOOK_PSEUDONYM_KEY must hold the pseudonym key" in result.stderr
    assert not home.lake.exists()


def test_a_file_is_inspected_without_a_home(gaugebook: Gaugebook, home: Home, tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text(
        "Call ID,Queue,Agent,Caller,Start,End,Result\n"
        "1,sales,1001,13800138000,2026-09-01T10:00:00+08:00,2026-09-01T10:03:00+08:00,Abandoned\n"
    )
    result = gaugebook("source", "inspect", str(calls), "--name", "calls")
    assert result.exit_code == 0
    assert "calls.csv: spreadsheet" in result.stdout and "- name: calls" in result.stdout
    assert "13800138000" not in result.stdout
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert gaugebook("source", "inspect", str(picture)).exit_code == 1
    assert not home.root.exists()


def test_a_delivery_goes_from_trial_through_quarantine_to_whole(gaugebook: Gaugebook, home: Home) -> None:
    home.prepare()
    home.centre_file.write_text(PBX)
    log = home.landing / "pbx" / "log"
    log.parent.mkdir()
    log.write_text("1788228000|NONE|NONE|NONE|CONFIGRELOAD|\nrubbish\n")

    def told(*command: str) -> tuple[int, str]:
        result = gaugebook(*command)
        return result.exit_code, result.stdout + result.stderr

    for step in (("source", "check"), ("source", "check", "pbx", str(log))):
        code, text = told(*step)
        assert code == 1 and "1 × wrong_time (queue_event), first at 2" in text
    assert told("quarantine", "list") == (0, "The quarantine is empty.\n")
    code, text = told("quarantine", "replay")
    assert code == 1 and "nothing that this names is in quarantine" in text

    take_deliveries(home, load(home.centre_file))
    code, text = told("quarantine", "list")
    assert code == 0 and "1 × wrong_time (queue_event), first at 2" in text
    code, text = told("quarantine", "show", "pbx", "log", "--rule", "wrong_time")
    assert code == 0 and "  rubbish\n" in text and "may hold personal data" in text
    code, text = told("quarantine", "show", "pbx", "lag")
    assert code == 1 and "nothing of pbx/lag is in quarantine; `gaugebook quarantine list` says what is" in text
    code, text = told("quarantine", "replay", "pbx", "log")
    assert code == 0 and "1 × wrong_time" in text
    log.unlink()
    code, text = told("quarantine", "replay")
    assert code == 1 and "pbx/log is in quarantine and no longer in landing: deliver it again" in text
    assert told("forget") == (0, "nothing is older than centre.yml allows\n")
    assert told("unresolved") == (0, "Every name in the data is declared.\n")


def test_the_dictionary_is_found_by_key_and_by_both_names(gaugebook: Gaugebook, served: Home) -> None:
    knowing(served)
    listing = gaugebook("dictionary")
    assert listing.exit_code == 0
    assert "service_level_pct" in listing.stdout and "服务水平" in listing.stdout
    entries = {
        name: gaugebook("dictionary", name).stdout for name in ("service_level_pct", "Service level", "服务水平")
    }
    for name, entry in entries.items():
        assert "service_level_pct" in entry and "Service level · 服务水平" in entry, name
        assert entry.endswith("Service level = 50.0% of these rows alone.\n"), name
        together = re.search(r"together .*", entry)
        assert together and re.findall(r"\d+", together[0]) == ["1", "2"], name


def test_an_unknown_indicator_is_an_error(gaugebook: Gaugebook, served: Home) -> None:
    result = gaugebook("dictionary", "servce level")
    assert result.exit_code == 1
    assert "servce level" in result.stderr


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("publish",), "names no PostgreSQL: add a `postgres:` section"),
        (("boards", "plan"), "needs a `metabase:` section"),
        (("boards", "apply"), "needs a `metabase:` section"),
        (("brief",), "holds no indicator yet: `gaugebook run` first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_missing_for_a_command_is_named(
    command: tuple[str, ...], message: str, gaugebook: Gaugebook, served: Home
) -> None:
    result = gaugebook(*command)
    assert result.exit_code == 1
    assert message in result.stderr


def test_boards_need_the_servers_key_from_the_environment(gaugebook: Gaugebook, served: Home) -> None:
    servers = 'postgres: {host: h, database: d, user: u}\nmetabase: {url: "http://127.0.0.1:9"}\n'
    served.centre_file.write_text(DEMO_CENTRE.read_text() + servers)
    result = gaugebook("boards", "plan")
    assert result.exit_code == 1
    assert "METABASE_API_KEY must hold an API key of Metabase" in result.stderr


def test_a_run_beside_another_is_told_so(gaugebook: Gaugebook, home: Home) -> None:
    home.prepare()
    home.centre_file.write_text(DEMO_CENTRE.read_text())
    with home.writing():
        result = gaugebook("run")
    assert result.exit_code == 1
    assert f"another run is writing {home.root}; wait for it to end" in result.stderr
