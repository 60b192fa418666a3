"""What lies in landing is found by its names and leads nowhere else; the location holds no secret."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from ingest import IngestError
from ingest.formats.queue_log import QueueLogSource
from ingest.formats.spreadsheet import SpreadsheetSource
from ingest.landing import check_location, landing_at
from tests.unit.ingest.deliveries import Desk
from tests.unit.ingest.test_take import MORNING, NOON


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def archive(path: Path, **members: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as content:
        for name, text in members.items():
            content.writestr(name, text)


def test_an_archive_is_one_delivery_and_the_same_again_wholly_duplicate(desk: Desk) -> None:
    archive(desk.root / "landing" / "pbx" / "logs.zip", morning=MORNING, noon=NOON)
    [account] = desk.take()
    assert (account.file, account.rows_in, account.loaded, account.state) == ("logs.zip", 7, 7, "taken")
    assert desk.take() == []
    desk.deliver("again.zip", (desk.root / "landing" / "pbx" / "logs.zip").read_bytes())
    [account] = desk.take()
    assert (account.file, account.rows_in, account.loaded, account.duplicate) == ("again.zip", 7, 0, 7)
    # Unpacked, the content is another file with the same rows.
    desk.deliver("morning", MORNING)
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (5, 0, 5)


def test_a_bad_file_in_an_archive_is_refused_and_the_others_load(desk: Desk) -> None:
    archive(desk.root / "landing" / "pbx" / "logs.zip", good=MORNING, photo=b"\x89PNG\0\0", cut=gzip.compress(b"x"))
    [account] = desk.take()
    assert (account.state, account.loaded, account.quarantined) == ("taken", 5, 0)
    assert "logs.zip/photo, line 1" in (account.reason or "")
    assert "logs.zip/cut: the archive holds another archive" in (account.reason or "")
    assert sorted((file, rule) for file, _, rule, _ in desk.quarantine()) == [
        ("logs.zip/cut", "nested_archive"),
        ("logs.zip/photo", "binary"),
    ]
    assert not (desk.root / "lake" / ".spill" / "opened").exists()
    # What was refused is tried again under another declaration.
    patient = Desk(desk.root, desk.sources[0].model_copy(update={"max_failed_share": 0.7}))
    assert [(each.loaded, each.duplicate) for each in patient.take()] == [(0, 5)]


def test_a_file_matches_its_pattern_with_or_without_the_ending_of_what_packed_it(tmp_path: Path) -> None:
    for pattern in ("*.log", "*.log.gz"):
        desk = Desk(tmp_path / pattern[2:], QueueLogSource(name="pbx", format="queue_log", site="here", files=pattern))
        desk.deliver("queue.log.gz", gzip.compress(MORNING.encode()))
        desk.deliver("queue.txt.gz", gzip.compress(MORNING.encode()))
        assert [account.file for account in desk.take()] == ["queue.log.gz"]


def test_a_file_refused_for_its_name_is_read_under_another(tmp_path: Path) -> None:
    columns = {"employee_key": "No", "work_date": "Day", "status": "Status"}
    tables = [{"table": "attendance", "files": "days_*", "columns": columns}]
    declared = {"name": "hr", "format": "spreadsheet", "site": "here", "tables": tables}
    desk = Desk(tmp_path, SpreadsheetSource.model_validate(declared))
    for name in ("august.csv", "days_08.csv", "days_08_again.csv"):
        desk.deliver(name, "No,Day,Status\n1,2026-08-31,present\n", "hr")
    accounts = desk.take()
    assert {(each.file, each.state, each.loaded + each.duplicate) for each in accounts} == {
        ("august.csv", "refused", 0),
        ("days_08.csv", "taken", 1),
        ("days_08_again.csv", "taken", 1),
    }
    assert sum(each.loaded for each in accounts) == 1
    assert desk.take() == []
    desk.deliver("days_8.csv", "No,Day,Status\n1,2026-08-31,present\n", "hr")
    assert [(each.state, each.duplicate) for each in desk.take()] == [("taken", 1)]


def test_links_that_lead_out_of_landing_are_refused_and_never_read(desk: Desk) -> None:
    outside = desk.root / "secret"
    outside.mkdir()
    (outside / "log").write_text(MORNING)
    inside = desk.deliver("2026/whole", NOON)
    folder = desk.root / "landing" / "pbx"
    for name, target in (("out", outside / "log"), ("folder", outside), ("nowhere", "gone"), ("loop", "loop")):
        (folder / name).symlink_to(target)
    (folder / "up").symlink_to(folder)
    (folder / "in").symlink_to(inside)
    accounts = desk.take()
    assert {(each.file, each.state, each.loaded) for each in accounts} == {
        *((name, "refused", 0) for name in ("out", "folder", "nowhere", "loop", "up")),
        ("2026/whole", "taken", 2),
        ("in", "taken", 0),
    }
    assert {rule for _, _, rule, _ in desk.quarantine()} == {"link"}
    assert desk.take() == []
    (folder / "out").unlink()
    desk.deliver("out", MORNING)
    assert [(each.file, each.loaded) for each in desk.take()] == [("out", 5)]


def test_a_source_whose_folder_is_a_link_is_refused(desk: Desk) -> None:
    (desk.root / "elsewhere").mkdir()
    (desk.root / "elsewhere" / "log").write_text(MORNING)
    (desk.root / "landing").mkdir()
    (desk.root / "landing" / "pbx").symlink_to(desk.root / "elsewhere")
    assert [(each.file, each.state) for each in desk.take()] == [(".", "refused")]


def test_names_may_be_anything_a_disk_holds(desk: Desk) -> None:
    for name in ("a\nb", "[1]*?.log", "班次😀" * 20, "-", "a'b\"c", "%s{}"):
        desk.deliver(name, MORNING if name == "a\nb" else f"{MORNING}{ord(name[0])}")
    odd = os.fsencode(desk.root / "landing" / "pbx") + b"/\xff\xfe"
    Path(os.fsdecode(odd)).write_text(MORNING + NOON)
    accounts = desk.take()
    assert len(accounts) == 7
    assert sum(account.loaded for account in accounts) == 7
    assert "\\xff\\xfe" in {account.file for account in accounts}
    assert desk.take() == []


def test_hidden_files_and_folders_are_not_looked_at(desk: Desk) -> None:
    for name in (".log.part", ".snapshot/log", "2026/.tmp/log"):
        desk.deliver(name, MORNING)
    assert desk.take() == []


@pytest.mark.parametrize("location", ["sftp://me:secret@host/folder", "s3://bucket/x?key=secret", "nothing://x"])
def test_a_location_names_a_known_protocol_and_no_secret(location: str) -> None:
    with pytest.raises(ValueError, match=r"credentials must not stand|no protocol that is known"):
        check_location(location)
    assert check_location("s3://bucket/prefix") == "s3://bucket/prefix"
    assert check_location("/mnt/exports") == "/mnt/exports"


def test_a_location_whose_library_is_missing_is_told() -> None:
    with pytest.raises(IngestError, match="abfs://container/x: the landing location cannot be read"):
        landing_at("abfs://container/x")
