"""The benchmarks of formats run, and both of their sides make the same rows of the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import formats


@pytest.mark.parametrize("name", formats.FEEDS)
def test_the_floor_of_a_format_and_gaugebook_make_the_same_rows(name: str, tmp_path: Path) -> None:
    (tmp_path / "landing" / "feed").mkdir(parents=True)
    formats.FEEDS[name].write(tmp_path / "landing" / "feed", 400)
    for side, work in formats.SIDES.items():
        (tmp_path / side).mkdir()
        work(name, tmp_path / "landing", tmp_path / side)
    formats.agree(tmp_path / "floor" / "lake", tmp_path / "ours" / "lake")
    assert list((tmp_path / "ours" / "lake").rglob("*.parquet"))
