"""A home parses the project once for each content and dbt; what a failed test tells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration import dbt
from orchestration.home import Home


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The homes for which dbt was asked to parse, in order."""
    asked: list[Path] = []

    def invoke(home: Home, arguments: list[str]) -> None:
        assert arguments == ["parse", "--no-partial-parse"]
        (home.dbt / "target").mkdir(parents=True, exist_ok=True)
        asked.append(home.root)

    monkeypatch.setattr(dbt, "_invoke", invoke)
    return asked


def test_a_project_is_parsed_once(parses: list[Path], tmp_path: Path) -> None:
    first = dbt.manifest(Home(tmp_path))
    assert dbt.manifest(Home(tmp_path)) == first == tmp_path / "dbt" / "target" / "manifest.json"
    assert parses == [tmp_path]


def test_an_edited_project_is_parsed_again(parses: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dbt.manifest(Home(tmp_path))
    monkeypatch.setattr(dbt, "project_fingerprint", lambda: "edited")
    dbt.manifest(Home(tmp_path))
    assert parses == [tmp_path, tmp_path]


def test_the_projects_digest_follows_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt, "PROJECT_DIR", tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: p")
    (tmp_path / "models" / "a.sql").write_text("select 1")
    digests = [dbt.project_fingerprint(), dbt.project_fingerprint()]
    (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql")
    digests.append(dbt.project_fingerprint())
    (tmp_path / "dbt_project.yml").write_text("name: q")
    digests.append(dbt.project_fingerprint())
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text("{}")
    digests.append(dbt.project_fingerprint())
    assert [digests.index(digest) for digest in digests] == [0, 0, 2, 3, 3]


def test_a_failed_test_that_tells_faults_apart_says_how_many_rows_have_each(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with duckdb.connect(home.warehouse) as con:
        con.execute("create table visits as select range as visit from range(5)")
    found = "select case when visit < 3 then 'repeated' else 'empty' end as fault, visit from visits"

    def told(status: str, sql: str) -> str:
        return dbt._faults(home, SimpleNamespace(status=status, node=SimpleNamespace(compiled_code=sql)))

    assert told("fail", found) == "empty (2 rows), repeated (3 rows)"
    assert told("fail", "select visit from visits") == ""
    assert told("error", f"{found} where nonsense") == ""
