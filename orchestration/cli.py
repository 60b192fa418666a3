"""The command line ``gaugebook``: one command for each thing a person does with a home.

Commands read their arguments, call one function, and print. Heavy tools are imported inside the commands that need
them, so that ``--help`` and ``status`` answer at once.

Exit codes: 0 done, 1 failed (the message says what to do), 2 changes are waiting (``boards plan``) or wrong usage.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from orchestration.home import PROJECT, Home, HomeBusyError

app = typer.Typer(
    name="gaugebook",
    help="The indicator warehouse for contact centres. 呼叫中心指标词库。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
boards_app = typer.Typer(help="Metabase boards, kept as code in dbt_project/models/boards.", no_args_is_help=True)
app.add_typer(boards_app, name="boards")

source_app = typer.Typer(help="Look at what a system exports before anything is loaded.", no_args_is_help=True)
app.add_typer(source_app, name="source")
quarantine_app = typer.Typer(help="Rows and files set aside: see them, mend, take them again.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")
pseudonyms_app = typer.Typer(help="The key by which customers become pseudonyms.", no_args_is_help=True)
app.add_typer(pseudonyms_app, name="pseudonyms")

_DAY = "%Y-%m-%d"

out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="The home; default: $GAUGEBOOK_HOME, else .gaugebook", show_default=False)
]


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that tell a person what to do; anything else is a defect and shows its traceback."""
    from ingest import IngestError
    from ingest.formats.base import RefusedFile
    from orchestration.centre import CentreError
    from orchestration.dbt import DbtError
    from orchestration.run import RunFailedError
    from serving import ServingError

    return (CentreError, DbtError, HomeBusyError, IngestError, RefusedFile, RunFailedError, ServingError)


def _told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Print an expected error as a message and leave with 1."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except Exception as error:
            if not isinstance(error, _expected_errors()):
                raise
            err.print(str(error), style="red", soft_wrap=True)
            raise typer.Exit(1) from None

    return wrapper


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Show what is going on: a status line on a terminal, a line a step elsewhere."""

    class Show(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if err.is_terminal:
                status.update(f"{what}: {record.getMessage()}")
            else:
                err.print(f"{what}: {record.getMessage()}", soft_wrap=True)

    logger = logging.getLogger("gaugebook")
    handler = Show()
    logger.addHandler(handler)
    level, logger.level = logger.level, logging.INFO
    try:
        with err.status(what) as status:
            yield
    finally:
        logger.removeHandler(handler)
        logger.level = level


@app.command()
@_told
def init(home: HomeOption = None) -> None:
    """Write a commented centre.yml to start from."""
    place = Home.resolve(home).prepare()
    if place.centre_file.exists():
        err.print(f"{place.centre_file} exists already; it stays as it is", soft_wrap=True)
        raise typer.Exit(1)
    place.centre_file.write_text((PROJECT / "orchestration" / "centre.example.yml").read_text())
    told = f"wrote {place.centre_file}; edit it, put files into {place.landing}/<source>/, then `gaugebook run`"
    out.print(told, soft_wrap=True)


@app.command()
@_told
def run(
    home: HomeOption = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=[_DAY], help="Rebuild from this day ...")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=[_DAY], help="... to this one")] = None,
) -> None:
    """Take what landed and bring the warehouse, the servers and the pages up to date."""
    from orchestration import summary
    from orchestration.builds import days_between
    from orchestration.run import run as run_home

    if (first is None) != (last is None) or (first and last and first > last):
        raise typer.BadParameter("--from and --to go together, the earlier day first")
    place = Home.resolve(home)
    with _progress("running"):
        outcome = run_home(place, days_between(first.date(), last.date()) if first and last else ())
    summary.show(out, place, outcome)


@app.command()
@_told
def status(home: HomeOption = None) -> None:
    """Reconcile every delivery, and say what is not built or published yet."""
    from orchestration import summary

    if not summary.show_status(out, Home.resolve(home)):
        raise typer.Exit(1)


@app.command()
@_told
def unresolved(home: HomeOption = None) -> None:
    """List agents, queues, teams and contact reasons that nothing declares, each with the line that would."""
    from orchestration import names, summary
    from orchestration.centre import load

    place = Home.resolve(home)
    summary.show_unresolved(out, names.unresolved(place, load(place.centre_file)))


@source_app.command("inspect")
@_told
def source_inspect(
    file: Annotated[Path, typer.Argument(help="Any file a system exports", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option("--name", help="Name of the source to propose")] = "new_source",
    home: HomeOption = None,
) -> None:
    """Say what a file is, propose the entry of centre.yml that reads it, and preview the rows. Needs no home.

    Exit 1 when the file is of no form that is known.
    """
    from orchestration import summary
    from orchestration.inspection import inspect

    inspection = inspect(file, name=name)
    summary.show_inspection(out, inspection)
    if inspection.proposal.format is None:
        raise typer.Exit(1)


@source_app.command("check")
@_told
def source_check(
    source: Annotated[str | None, typer.Argument(help="A source of centre.yml; default: all")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files checked as if they had landed for it; default: what landed", exists=True, dir_okay=False
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Take a delivery on trial and print its account; nothing is loaded. Exit 1 when anything would be set aside."""
    from orchestration import summary
    from orchestration.centre import load
    from orchestration.rehearsal import rehearse

    place = Home.resolve(home)
    centre = load(place.centre_file)
    with _progress("checking"):
        rehearsal = rehearse(place, centre, source, files or [])
    summary.show_rehearsal(out, centre, rehearsal)
    if not rehearsal.is_clean:
        raise typer.Exit(1)


@quarantine_app.command("list")
@_told
def quarantine_list(
    source: Annotated[str | None, typer.Argument(help="A source; default: all")] = None, home: HomeOption = None
) -> None:
    """List the rules that rows in quarantine break: by source and file, how many, the first line, what to do."""
    from orchestration import mending, summary
    from orchestration.centre import load

    place = Home.resolve(home)
    load(place.centre_file)
    summary.show_broken(out, mending.broken(place.quarantine, source))


@quarantine_app.command("show")
@_told
def quarantine_show(
    source: Annotated[str, typer.Argument(help="The source")],
    file: Annotated[str, typer.Argument(help="The file, as `quarantine list` names it")],
    rule: Annotated[str | None, typer.Option("--rule", help="Only rows that break this rule")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many rows at most")] = 20,
    home: HomeOption = None,
) -> None:
    """Show rows of a file in quarantine with their raw text, which may hold personal data."""
    from orchestration import mending, summary
    from orchestration.centre import load

    place = Home.resolve(home)
    load(place.centre_file)
    rows = mending.set_aside(place.quarantine, source, file, rule, limit)
    err.print("raw text as delivered: it may hold personal data; do not pass it on", style="yellow", soft_wrap=True)
    summary.show_set_aside(out, rows)


@quarantine_app.command("replay")
@_told
def quarantine_replay(
    source: Annotated[str | None, typer.Argument(help="A source; default: all")] = None,
    file: Annotated[str | None, typer.Argument(help="One of its files, as `quarantine list` names it")] = None,
    home: HomeOption = None,
) -> None:
    """Take the files in quarantine again, after centre.yml or the format was mended; `run` then builds what changed."""
    from orchestration import mending, summary
    from orchestration.centre import load

    place = Home.resolve(home)
    centre = load(place.centre_file)
    with _progress("taking again"):
        replayed = mending.replay(place, centre, source, file)
    summary.show_replayed(out, place, centre, replayed)
    if replayed.gone:
        raise typer.Exit(1)


@pseudonyms_app.command("rotate")
@_told
def pseudonyms_rotate(home: HomeOption = None) -> None:
    """Renew every pseudonym in the lake by the newest key of `rotated_to` in centre.yml; `run` then rebuilds."""
    from orchestration.centre import load
    from orchestration.rotation import rotate

    place = Home.resolve(home)
    with _progress("rotating"):
        files = rotate(place, load(place.centre_file))
    out.print(f"renewed the pseudonyms in {files:,} files of the lake" if files else "the newest key is in force")


@app.command()
@_told
def forget(home: HomeOption = None) -> None:
    """Remove what is older than `retention` in centre.yml allows; Dagster does so daily where its schedules are on."""
    from orchestration import retention
    from orchestration.centre import load

    place = Home.resolve(home)
    removed = retention.apply(place, load(place.centre_file))
    for one in removed:
        out.print(f"{one.table}: {one.rows:,} rows of {one.source} that ended before {one.before}")
    if not removed:
        out.print("nothing is older than centre.yml allows")


@app.command()
@_told
def dictionary(
    name: Annotated[str | None, typer.Argument(help="An indicator, such as service_level_pct")] = None,
    home: HomeOption = None,
) -> None:
    """List the indicators, or show the definition of one."""
    from orchestration import summary

    summary.show_dictionary(out, Home.resolve(home), name)


@app.command()
@_told
def publish(home: HomeOption = None) -> None:
    """Publish what PostgreSQL does not hold yet, in one transaction."""
    from orchestration.centre import load
    from orchestration.publishing import publish as publish_home

    place = Home.resolve(home)
    for table, rows in publish_home(place, load(place.centre_file)).items():
        out.print(f"{table}: {rows:,} rows")


@app.command()
@_told
def brief(
    home: HomeOption = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=[_DAY], help="The day reported on; default: the newest")
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="Report on the week of that day")] = False,
) -> None:
    """Write the executive brief of a day or week, in English and Chinese, and the dictionary page."""
    from orchestration.centre import load
    from orchestration.publishing import write_pages

    place = Home.resolve(home)
    for path in write_pages(place, load(place.centre_file), day.date() if day else None, "week" if week else "day"):
        out.print(str(path), soft_wrap=True)


@boards_app.command("plan")
@_told
def boards_plan(home: HomeOption = None) -> None:
    """Show what `apply` would change on the Metabase server; exit 2 when there is something."""
    from orchestration.centre import load
    from orchestration.publishing import plan_boards

    place = Home.resolve(home)
    plan = plan_boards(place, load(place.centre_file))
    out.print(plan.render())
    if not plan.is_empty:
        raise typer.Exit(2)


@boards_app.command("apply")
@_told
def boards_apply(
    home: HomeOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also undo what was changed by hand")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Also archive what is no longer wanted")] = False,
) -> None:
    """Make the Metabase server hold the boards; a second time it writes nothing."""
    from orchestration.centre import load
    from orchestration.publishing import apply_boards

    place = Home.resolve(home)
    applied = apply_boards(place, load(place.centre_file), overwrite=overwrite, prune=prune)
    out.print(applied.render())


@app.command()
@_told
def demo(
    home: HomeOption = None,
    days: Annotated[int, typer.Option(min=1, max=1100)] = 60,
    contacts_per_day: Annotated[int, typer.Option(min=50, max=100_000)] = 2000,
    agents: Annotated[int, typer.Option(min=12, max=5000)] = 60,
    seed: int = 20260831,
) -> None:
    """Invent a contact centre, write its files into landing, and run."""
    from orchestration import summary
    from orchestration.demo import prepare
    from orchestration.run import run as run_home

    place = Home.resolve(home)
    with _progress("demo centre"):
        prepare(place, days=days, contacts_per_day=contacts_per_day, agents=agents, seed=seed)
    with _progress("running"):
        outcome = run_home(place)
    summary.show(out, place, outcome)


@app.command()
@_told
def dagster(home: HomeOption = None) -> None:
    """Open Dagster on this home (needs the development requirements: `make dev`)."""
    place = Home.resolve(home).prepare()
    os.environ.update(
        {
            "DAGSTER_HOME": str(place.dagster),
            "GAUGEBOOK_HOME": str(place.root),
            # Its successor `dg dev` wants a project of its own layout; workspace.yaml is what Dagster's servers read.
            "PYTHONWARNINGS": "ignore:Function `dev_command` is superseded",
        }
    )
    # Parsed once here, or every server that Dagster starts would parse it at the same time.
    subprocess.run([sys.executable, "-m", "orchestration.dbt", "parse"], check=True, stdout=subprocess.DEVNULL)
    program = Path(sys.executable).with_name("dagster")
    os.execv(program, [str(program), "dev", "-w", str(PROJECT / "workspace.yaml")])


def main() -> None:
    """Entry point of the console script."""
    # A run imports half a million objects that live to its end. Looking for garbage among them costs seconds, while it
    # works and once more when it leaves.
    gc.set_threshold(1_000_000, 50, 50)
    atexit.register(gc.freeze)
    app()
