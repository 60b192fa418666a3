"""A real queue_log gives the numbers that were counted in it by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ingest.deliveries import Desk

SAMPLE = Path(__file__).parents[2].parent / "shared" / "samples" / "telephony" / "queue_log_2010_freepbx.txt"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the real sample files are not in ../shared/samples")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("sample"), time_zone="Europe/Berlin")
    desk.deliver("queue_log", SAMPLE.read_bytes())
    desk.take()
    return desk


def test_every_line_is_accounted_for(desk: Desk) -> None:
    [account] = desk.lake.accounts()
    # 280 lines, two of them blank.
    assert (account.rows_in, account.loaded, account.duplicate, account.quarantined) == (278, 278, 0, 0)
    assert desk.rows("queue_event", "count(*)", where="event = 'RINGNOANSWER'") == [(221,)]


def test_visits_and_waits(desk: Desk) -> None:
    assert desk.rows("tel_interaction", "count(*)") == [(21,)]
    holds = desk.rows("tel_interaction", "wait_ms // 1000", "started_at", "outcome = 'answered'")
    assert [row[0] for row in holds] == [1, 2, 36, 6, 84, 4, 5, 5]
    waits = desk.rows("tel_interaction", "wait_ms // 1000", where="outcome = 'abandoned'")
    assert sorted(row[0] for row in waits) == sorted([13, 17, 45, 17, 32, 21, 15, 17, 23, 10, 2, 3])
    assert desk.rows("tel_interaction", "count(*)", where="is_open") == [(2,)]


def test_conversations(desk: Desk) -> None:
    ended = "ended_by, count(*)"
    assert desk.rows("tel_interaction", ended, where="talk_ms is not null group by 1") == [
        ("agent", 6),
        ("customer", 1),
    ]
    # calltimes 3, 4, 8, 12, 5, 13 and 0 s
    assert desk.rows("tel_interaction", "sum(talk_ms)") == [(45_000,)]


def test_offers(desk: Desk) -> None:
    assert desk.rows("tel_offer", "count(*)", where="result <> 'answered'") == [(221,)]
    assert desk.rows("tel_offer", "count(*)", where="result = 'answered'") == [(8,)]


def test_callers_are_pseudonyms(desk: Desk) -> None:
    # The file names four callers and withholds the others' numbers.
    callers = {line.split("|")[6] for line in SAMPLE.read_text().splitlines() if "|ENTERQUEUE|" in line}
    assert len(callers - {"anonymous"}) == 4
    assert desk.rows("tel_interaction", "count(distinct customer_ref)") == [(4,)]
