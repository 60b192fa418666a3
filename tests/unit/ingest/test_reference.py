"""What the centre declares lies in the lake as small tables, also when nothing is declared."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from ingest.formats.queue_log import QueueLogSource
from ingest.reference import SCHEMAS, Parameter, Queue, Target, Team, write_reference
from ingest.source import Name, Site

SITE = Site(key="chengdu", name=Name(en="Chengdu", zh="成都"), time_zone="Asia/Shanghai")


def test_declarations_become_rows(tmp_path: Path) -> None:
    write_reference(
        tmp_path,
        sources=[QueueLogSource(name="pbx", format="queue_log", site="chengdu", time_zone="UTC")],
        sites=[SITE],
        queues=[Queue(key="sales_cd", name=Name(en="Sales", zh="销售"), group="sales", channel="voice")],
        teams=[Team(key="t1", name=Name(en="One", zh="一组"))],
        parameters=[Parameter(parameter="answer_threshold_sec", channel="voice", value=15)],
        targets=[Target(indicator="service_level_pct", value=80, valid_from=date(2026, 1, 1))],
    )
    held = {name: pq.read_table(tmp_path / "centre" / f"{name}.parquet").to_pylist() for name in SCHEMAS}
    # The zone of local dates is the site's, although the source writes UTC.
    assert held["source"] == [{"source_system": "pbx", "site_key": "chengdu", "time_zone": "Asia/Shanghai"}]
    assert held["site"][0]["name_zh"] == "成都"
    assert held["queue"][0]["queue_group"] == "sales"
    assert held["team"] == [{"team_key": "t1", "name_en": "One", "name_zh": "一组"}]
    assert held["parameter"][0]["value"] == 15.0
    assert held["parameter"][0]["queue_key"] is None
    assert (held["target"][0]["level"], held["target"][0]["member"]) == ("centre", "all")


def test_tables_are_written_even_when_empty_and_the_same_again(tmp_path: Path) -> None:
    contents = []
    for _ in range(2):
        write_reference(tmp_path, sources=[], sites=[])
        contents.append({path.name: path.read_bytes() for path in (tmp_path / "centre").iterdir()})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {f"{name}.parquet" for name in SCHEMAS}
    assert pq.read_schema(tmp_path / "centre" / "target.parquet").equals(SCHEMAS["target"])


def test_mistakes_are_named() -> None:
    with pytest.raises(ValidationError, match="is not an IANA time zone"):
        Site(key="x", name=Name(en="X", zh="X"), time_zone="Beijing")
    with pytest.raises(ValidationError, match="lies before valid_from"):
        Parameter(parameter="p", value=1, valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1))
    with pytest.raises(ValidationError):
        Queue(key="q", name=Name(en="Q", zh="Q"), channel="telepathy")
