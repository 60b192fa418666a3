"""A new pseudonym key: one customer stays one, the old pseudonyms are gone, and what comes again is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest import IngestError, Pseudonyms
from ingest.contract import TABLES
from ingest.lake import Lake
from ingest.rotation import rotate
from tests.unit.ingest.deliveries import KEY, Desk

NEXT = b"the key that comes after it"
# 1 September 2026, 10:00 in Shanghai: one customer twice, a withheld number, a transfer to a number, an unknown event.
LOG = """\
1788228000|1.1|400|NONE|ENTERQUEUE||13800138000|1
1788228010|1.1|400|SIP/1001|CONNECT|10|1.2|5
1788228070|1.1|400|SIP/1001|BLINDTRANSFER|13900139000|default|10|60|1
1788228100|2.1|400|NONE|ENTERQUEUE||anonymous|1
1788228110|2.1|400|NONE|ABANDON|1|1|10
1788228200|3.1|400||CALLERNOTE|13800138000
1788314400|4.1|400|NONE|ENTERQUEUE||13800138000|1
1788314410|4.1|400|NONE|ABANDON|1|1|10
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.deliver("log", LOG)
    desk.take()
    return desk


def everything(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    names = ("queue_event", "tel_interaction", "tel_offer", "agent_state")
    return {name: desk.rows(name, ", ".join(column.name for column in TABLES[name].columns)) for name in names}


def test_a_rotated_lake_is_the_lake_that_the_new_keys_would_have_filled(desk: Desk, tmp_path: Path) -> None:
    old, new = Pseudonyms(KEY), Pseudonyms(KEY, NEXT)
    assert old.of("13800138000") in str(everything(desk))
    assert rotate(desk.lake, old, new) > 0
    fresh = Desk(tmp_path / "fresh")
    fresh.pseudonyms = new
    fresh.deliver("log", LOG)
    fresh.take()
    assert everything(desk) == everything(fresh)
    for number in ("13800138000", "13900139000"):
        assert old.of(number) not in str(everything(desk))
        assert new.of(number) in str(everything(desk))
    assert desk.lake.pseudonym_key() == new.fingerprint()


def test_after_a_rotation_what_was_delivered_is_known_and_a_customer_stays_one(desk: Desk) -> None:
    new = Pseudonyms(KEY, NEXT)
    rotate(desk.lake, Pseudonyms(KEY), new)
    with pytest.raises(IngestError, match="`gaugebook pseudonyms rotate`"):
        desk.take()
    desk.pseudonyms = new
    later = "1788400800|5.1|400|NONE|ENTERQUEUE||13800138000|1\n1788400810|5.1|400|NONE|ABANDON|1|1|10\n"
    desk.deliver("log", LOG + later)
    (account,) = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate) == (10, 2, 8)
    assert desk.rows("tel_interaction", "count(*), count(distinct customer_ref)", where="customer_ref is not null") == [
        (3, 1)
    ]


def test_a_rotation_that_is_killed_has_changed_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(desk)
    with monkeypatch.context() as killed:
        killed.setattr(Lake, "swap", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rotate(desk.lake, Pseudonyms(KEY), Pseudonyms(KEY, NEXT))
    desk.lake.sweep()
    assert everything(desk) == before
    assert rotate(desk.lake, Pseudonyms(KEY), Pseudonyms(KEY, NEXT)) > 0


def test_keys_that_do_not_follow_are_refused(desk: Desk) -> None:
    for later in (Pseudonyms(KEY), Pseudonyms(NEXT, KEY), Pseudonyms(NEXT)):
        with pytest.raises(IngestError, match="must begin with the earlier ones"):
            rotate(desk.lake, Pseudonyms(KEY), later)
    with pytest.raises(IngestError, match="was filled with the pseudonym key"):
        rotate(desk.lake, Pseudonyms(NEXT), Pseudonyms(NEXT, KEY))
