"""The home: where it is, that preparing it twice changes nothing, and that two runs never write it at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from orchestration.home import Home, HomeBusyError

HOLD = """
import sys
from pathlib import Path
from orchestration.home import Home
with Home(Path(sys.argv[1])).writing():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_home_is_the_one_given_else_the_environments_else_the_folders_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAUGEBOOK_HOME", raising=False)
    assert Home.resolve().root == tmp_path / ".gaugebook"
    monkeypatch.setenv("GAUGEBOOK_HOME", "elsewhere")
    assert Home.resolve().root == tmp_path / "elsewhere"
    assert Home.resolve(Path("given")).root == tmp_path / "given"


def test_everything_lies_in_the_home() -> None:
    home = Home(Path("/h"))
    places = [name for name, kind in vars(Home).items() if isinstance(kind, property)]
    assert len(places) > 8
    assert all(getattr(home, name).is_relative_to("/h") for name in places)


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "a name with: signs")
    home.prepare()
    settings = home.dagster / "dagster.yaml"
    first = settings.stat().st_mtime_ns
    home.prepare()
    assert settings.stat().st_mtime_ns == first
    assert not home.warehouse.exists()


def test_a_home_that_was_moved_keeps_dagsters_events_with_it(tmp_path: Path) -> None:
    Home(tmp_path / "old").prepare()
    (tmp_path / "old").rename(tmp_path / "new")
    home = Home(tmp_path / "new").prepare()
    settings = yaml.safe_load((home.dagster / "dagster.yaml").read_text())
    assert Path(settings["event_log_storage"]["config"]["base_dir"]).is_relative_to(home.root)


def test_a_second_writer_is_told_to_wait_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    writer = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout and writer.stdout.readline() == "held\n"
        with (
            pytest.raises(HomeBusyError, match=f"another run is writing {tmp_path}; wait for it to end"),
            home.writing(),
        ):
            pass
    finally:
        writer.kill()
        writer.communicate()
    with home.writing():
        pass


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ZeroDivisionError), home.writing():
        _ = 1 / 0
    with home.writing():
        pass
