"""Every rule by which queue_log lines become visits, offers and states, on logs small enough to work out by hand."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from ingest.formats.queue_log import QueueLogSource
from tests.unit.ingest.deliveries import Desk

T = 1788134400  # 2026-08-31 00:00:00 UTC, 08:00 in Shanghai


def log(*lines: str) -> str:
    """Lines whose time is given in seconds after T."""
    return "".join(f"{T + int(line.split('|', 1)[0])}|{line.split('|', 1)[1]}\n" for line in lines)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(
        tmp_path,
        QueueLogSource(
            name="pbx", format="queue_log", site="here", acw_reasons=("ACW",), pause_reasons={"Lunch": "meal"}
        ),
    )


def visits(desk: Desk, columns: str) -> list[tuple[Any, ...]]:
    return desk.rows("tel_interaction", columns, "interaction_id, visit_seq")


def states(desk: Desk) -> list[tuple[Any, ...]]:
    """Agent, state, reason, start and end in seconds after T."""
    seconds = f"epoch(started_at)::bigint - {T}, epoch(ended_at)::bigint - {T}"
    return desk.rows("agent_state", f"agent_key, state, reason, {seconds}", "agent_key, started_at")


def test_an_answered_visit_carries_wait_ring_and_talk(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|c1|sales|NONE|ENTERQUEUE||13800138000|1",
            "7|c1|sales|A|CONNECT|7|c1.2|4",
            "67|c1|sales|A|COMPLETECALLER|7|60|1",
        ),
    )
    desk.take()
    assert visits(desk, "outcome, wait_ms, ring_ms, talk_ms, hold_ms, ended_by, agent_key, is_open") == [
        ("answered", 7000, 4000, 60000, None, "customer", "A", False)
    ]
    assert desk.rows("tel_offer", "agent_key, result, ring_ms") == [("A", "answered", 4000)]


def test_old_versions_write_fewer_arguments(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log("0|c1|sales|NONE|ENTERQUEUE||", "7|c1|sales|A|CONNECT|7", "67|c1|sales|A|COMPLETEAGENT|7"),
    )
    desk.take()
    # Without calltime the talk is 67 - 7 = 60 s by the clock of the log.
    assert visits(desk, "outcome, wait_ms, ring_ms, talk_ms, ended_by, customer_ref") == [
        ("answered", 7000, None, 60000, "agent", None)
    ]


@pytest.mark.parametrize(
    ("event", "outcome", "ended_by"),
    [
        ("ABANDON|1|1|9", "abandoned", "customer"),
        ("EXITWITHTIMEOUT|1|1|9", "timeout", "system"),
        ("EXITWITHKEY|5|1|1|9", "exit_key", "customer"),
        ("EXITEMPTY|1|1|9", "empty", "system"),
        ("SYSCOMPAT", "failed", "system"),
        ("WITHDRAW|1|1|9|by api", "flow_ended", "system"),
    ],
)
def test_unanswered_visits_end_as_the_log_says(desk: Desk, event: str, outcome: str, ended_by: str) -> None:
    desk.deliver("queue_log", log("0|c1|sales|NONE|ENTERQUEUE||1", f"9|c1|sales|NONE|{event}"))
    desk.take()
    assert visits(desk, "outcome, ended_by, wait_ms, answered_at, talk_ms, is_open") == [
        (outcome, ended_by, 9000, None, None, False)
    ]


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("FULL", "full"),
        ("CLOSED", "closed"),
        ("JOINEMPTY", "empty"),
        ("DIVERT_CA_RATIO", "full"),
        ("DIVERT_HOLDTIME", "full"),
    ],
)
def test_a_call_turned_away_is_a_visit_without_wait(desk: Desk, event: str, outcome: str) -> None:
    desk.deliver("queue_log", log(f"0|c1|sales|NONE|{event}"))
    desk.take()
    assert visits(desk, "outcome, wait_ms, ended_by, is_open") == [(outcome, 0, "system", False)]


def test_leaveempty_after_exitempty_counts_once(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log("0|c1|q|NONE|ENTERQUEUE||1", "9|c1|q|NONE|EXITEMPTY|1|1|9", "9|c1|q|NONE|LEAVEEMPTY"),
    )
    desk.take()
    assert visits(desk, "outcome, wait_ms") == [("empty", 9000)]


def test_each_entry_into_a_queue_is_a_visit_and_order_within_a_second_is_the_files(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|c1|sales|NONE|ENTERQUEUE||1",
            "30|c1|sales|NONE|EXITWITHTIMEOUT|1|1|30",
            "30|c1|sales|NONE|ENTERQUEUE||1",
            "60|c1|sales|NONE|EXITWITHTIMEOUT|1|1|30",
            "60|c1|support|NONE|ENTERQUEUE||1",
            "60|c1|support|A|CONNECT|0|x|0",
            "61|c1|support|A|COMPLETEAGENT|0|1|1",
        ),
    )
    desk.take()
    assert visits(desk, "visit_seq, queue_key, outcome, wait_ms, root_interaction_id") == [
        (1, "sales", "timeout", 30000, None),
        (2, "sales", "timeout", 30000, None),
        (3, "support", "answered", 0, None),
    ]


@pytest.mark.parametrize(
    ("event", "kind", "to", "talk_ms"),
    [
        ("BLINDTRANSFER|8001|internal|7|50|1", "blind", "8001", 50000),
        ("TRANSFER|8001|internal|7|50|1", "blind", "8001", 50000),
        ("TRANSFER|8001|internal", "blind", "8001", 60000),
        ("ATTENDEDTRANSFER|BRIDGE|3f0c-77|7|50|1", "attended", None, 50000),
        ("ATTENDEDTRANSFER|LINK|SIP/1|SIP/2|7|50|1", "attended", None, 50000),
    ],
)
def test_a_transfer_ends_the_visit(desk: Desk, event: str, kind: str, to: str | None, talk_ms: int) -> None:
    desk.deliver(
        "queue_log",
        log("0|c1|sales|NONE|ENTERQUEUE||1", "7|c1|sales|A|CONNECT|7|x|2", f"67|c1|sales|A|{event}"),
    )
    desk.take()
    assert visits(desk, "transfer_kind, transfer_to, talk_ms, ended_by, is_open") == [
        (kind, to, talk_ms, "agent", False)
    ]


def test_ring_times_are_milliseconds_and_ring_all_losers_are_canceled(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|c1|sales|NONE|ENTERQUEUE||1",
            "15|c1|sales|A|RINGNOANSWER|15000",
            "20|c1|sales|B|RINGNOANSWER|5000",
            "20|c1|sales|C|CONNECT|20|x|5",
            "21|c1|sales|D|RINGNOANSWER|6000",
            "40|c1|sales|C|COMPLETEAGENT|20|20|1",
            "50|c2|sales|NONE|ENTERQUEUE||1",
            "59|c2|sales|A|RINGNOANSWER|9000",
            "59|c2|sales|NONE|ABANDON|1|1|9",
            "70|c3|sales|NONE|ENTERQUEUE||1",
            "75|c3|sales|A|RINGCANCELED|5000",
            "75|c3|sales|NONE|ABANDON|1|1|5",
        ),
    )
    desk.take()
    offered = f"epoch(offered_at)::bigint - {T}"
    assert desk.rows("tel_offer", f"interaction_id, agent_key, result, ring_ms, {offered}") == [
        ("c1", "A", "no_answer", 15000, 0),
        ("c1", "B", "canceled", 5000, 15),
        ("c1", "C", "answered", 5000, 15),
        ("c1", "D", "canceled", 6000, 15),
        ("c2", "A", "canceled", 9000, 50),
        ("c3", "A", "canceled", 5000, 70),
    ]


def test_a_restart_voids_what_was_open_and_nobody_guesses_the_end(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER|",
            "0|c1|sales|NONE|ENTERQUEUE||1",
            "5|c2|sales|NONE|ENTERQUEUE||1",
            "8|c2|sales|A|CONNECT|3|x|1",
            "60|NONE|NONE|NONE|QUEUESTART|",
            "90|c3|sales|NONE|ENTERQUEUE||1",
        ),
    )
    desk.take()
    assert visits(desk, "interaction_id, outcome, wait_ms, ended_at, talk_ms, acw_ms, ended_by, is_open") == [
        ("c1", "failed", None, None, None, None, "system", False),
        ("c2", "answered", 3000, None, None, None, "system", False),
        ("c3", "open", None, None, None, None, None, True),
    ]
    assert states(desk) == [("A", "available", None, 0, 8), ("A", "on_contact", None, 8, 60)]


def test_a_visit_without_an_end_ends_when_the_call_enters_the_next_queue(desk: Desk) -> None:
    desk.deliver("queue_log", log("0|c1|sales|NONE|ENTERQUEUE||1", "40|c1|support|NONE|ENTERQUEUE||1"))
    desk.take()
    assert visits(desk, "queue_key, outcome, wait_ms, ended_by, is_open") == [
        ("sales", "flow_ended", 40000, "unknown", False),
        ("support", "open", None, None, True),
    ]


def test_acw_is_the_declared_pause_that_begins_when_the_conversation_ends(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER",
            "0|c1|sales|NONE|ENTERQUEUE||1",
            "5|c1|sales|A|CONNECT|5|x|1",
            "65|c1|sales|A|COMPLETECALLER|5|60|1",
            "66|NONE|sales|A|PAUSE|ACW",
            "96|NONE|sales|A|UNPAUSE|",
            "100|c2|sales|NONE|ENTERQUEUE||1",
            "105|c2|sales|A|CONNECT|5|x|1",
            "125|c2|sales|A|COMPLETECALLER|5|20|1",
            "300|c3|sales|NONE|ENTERQUEUE||1",
            "301|c3|sales|A|CONNECT|1|x|1",
            "310|c3|sales|A|COMPLETECALLER|1|9|1",
            "310|NONE|sales|A|PAUSE|ACW",
        ),
    )
    desk.take()
    wrapup = f"epoch(wrapup_ended_at)::bigint - {T}"
    # c1: 96 - 66 = 30 s; c2: none followed, and the source would show it; c3: not over yet.
    assert visits(desk, f"interaction_id, acw_ms, {wrapup}") == [("c1", 30000, 96), ("c2", 0, 125), ("c3", None, None)]
    assert states(desk) == [
        ("A", "available", None, 0, 5),
        ("A", "on_contact", None, 5, 65),
        ("A", "available", None, 65, 66),
        ("A", "acw", "ACW", 66, 96),
        ("A", "available", None, 96, 105),
        ("A", "on_contact", None, 105, 125),
        ("A", "available", None, 125, 301),
        ("A", "on_contact", None, 301, 310),
        ("A", "acw", "ACW", 310, None),
    ]


def test_without_a_declared_reason_acw_is_unknown_but_wrapup_events_tell(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER",
            "0|c1|sales|NONE|ENTERQUEUE||1",
            "5|c1|sales|A|CONNECT|5|x|1",
            "65|c1|sales|A|COMPLETECALLER|5|60|1",
            "65|c1|sales|A|WRAPUPSTART|20",
            "200|c2|sales|NONE|ENTERQUEUE||1",
            "205|c2|sales|A|CONNECT|5|x|1",
            "225|c2|sales|A|COMPLETECALLER|5|20|1",
            "226|NONE|sales|A|PAUSE|ACW",
        ),
    )
    desk.take()
    assert visits(desk, "interaction_id, acw_ms") == [("c1", 20000), ("c2", None)]
    assert states(desk)[-1] == ("A", "other", "ACW", 226, None)


def test_an_agent_is_logged_in_while_member_of_any_queue(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER|",
            "10|NONE|support|A|ADDMEMBER|",
            "20|NONE|sales|A|REMOVEMEMBER|",
            "30|NONE|support|A|REMOVEMEMBER|",
            "40|NONE|sales|A|ADDMEMBER|PAUSED",
            "50|NONE|sales|A|UNPAUSE|",
            "60|NONE|NONE|B|AGENTCALLBACKLOGIN|1001@ctx",
            "70|NONE|NONE|B|AGENTCALLBACKLOGOFF|1001@ctx|10|",
        ),
    )
    desk.take()
    assert states(desk) == [
        ("A", "available", None, 0, 30),
        ("A", "other", None, 40, 50),
        ("A", "available", None, 50, None),
        ("B", "available", None, 60, 70),
    ]


def test_a_second_pause_does_not_restart_the_pause_and_a_partial_pause_is_none(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER|",
            "0|NONE|support|A|ADDMEMBER|",
            "10|NONE|NONE|A|PAUSEALL|Lunch",
            "10|NONE|sales|A|PAUSE|Lunch",
            "10|NONE|support|A|PAUSE|Lunch",
            "20|NONE|NONE|A|PAUSEALL|Lunch",
            "30|NONE|NONE|A|UNPAUSEALL|",
            "30|NONE|sales|A|UNPAUSE|",
            "30|NONE|support|A|UNPAUSE|",
            "40|NONE|sales|A|PAUSE|Toilet",
            "50|NONE|support|A|PAUSE|Toilet",
            "60|NONE|support|A|UNPAUSE|",
        ),
    )
    desk.take()
    assert states(desk) == [
        ("A", "available", None, 0, 10),
        ("A", "meal", "Lunch", 10, 30),
        ("A", "available", None, 30, 50),
        ("A", "other", "Toilet", 50, 60),
        ("A", "available", None, 60, None),
    ]


def test_a_membership_nobody_renews_is_forgotten_once_the_log_goes_on(desk: Desk) -> None:
    day = 86400
    desk.deliver("queue_log.1", log("0|NONE|sales|A|ADDMEMBER|"))
    desk.take()
    assert states(desk) == [("A", "available", None, 0, None)]
    desk.deliver("queue_log", log(f"{20 * day}|NONE|sales|B|ADDMEMBER|"))
    desk.take()
    # state_days is 7 unless declared.
    assert states(desk) == [("A", "available", None, 0, 7 * day), ("B", "available", None, 20 * day, None)]


def test_a_call_that_closes_in_the_next_file_is_one_closed_visit(desk: Desk) -> None:
    desk.deliver("queue_log.2", log("67|c1|sales|A|COMPLETECALLER|7|60|1"))
    desk.take()
    assert visits(desk, "outcome") == []
    desk.deliver("queue_log.1", log("0|c1|sales|NONE|ENTERQUEUE||1"))
    desk.take()
    # COMPLETECALLER says 60 s of talk: answered 67 - 60 = 7 s after the entry.
    assert visits(desk, "outcome, wait_ms, talk_ms, is_open") == [("answered", 7000, 60000, False)]
    desk.deliver("queue_log.3", log("7|c1|sales|A|CONNECT|7|x|2"))
    desk.take()
    assert visits(desk, "outcome, wait_ms, ring_ms, talk_ms, is_open") == [("answered", 7000, 2000, 60000, False)]


def test_lines_that_cannot_be_read_go_to_quarantine_with_their_number(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log("0|c1|sales|NONE|ENTERQUEUE||1", "1|NONE|NONE|NONE|CONFIGRELOAD|")
        + "\n\nnoon|c2|sales|NONE|ENTERQUEUE||2\n"
        + f"{T}|c3|sales\n"
        + log("2|c1|sales|NONE|ABANDON|1|1|2")
        + f"{T + 3}|c4|sales|NONE|ENTERQ",
    )
    [account] = desk.take()
    assert (account.rows_in, account.loaded, account.duplicate, account.quarantined) == (6, 3, 0, 3)
    assert desk.quarantine() == [
        ("queue_log", 5, "wrong_time", "noon|c2|sales|NONE|ENTERQUEUE||2"),
        ("queue_log", 6, "too_few_fields", f"{T}|c3|sales"),
        ("queue_log", 8, "unfinished_line", f"{T + 3}|c4|sales|NONE|ENTERQ"),
    ]


def test_unknown_events_are_kept(desk: Desk) -> None:
    desk.deliver("queue_log", log("0|c1|sales|A|DIDSOMETHING|a|b|c|d|e|f|"))
    desk.take()
    assert desk.rows("queue_event", "event, data1, data5") == [("DIDSOMETHING", "a", "e|f")]


def test_identical_lines_of_one_second_all_count(desk: Desk) -> None:
    line = "5|c1|sales|A|RINGNOANSWER|0"
    desk.deliver("queue_log", log("0|c1|sales|NONE|ENTERQUEUE||1", line, line, line))
    [account] = desk.take()
    assert account.loaded == 4
    assert len(desk.rows("tel_offer", "result")) == 3


def test_customers_become_pseudonyms_before_anything_is_stored(desk: Desk) -> None:
    number, name, forward = "13800138000", "王小明", "02112345678"
    desk.deliver(
        "queue_log",
        log(
            f"0|c1|sales|NONE|ENTERQUEUE||{number}|1|{name}",
            "5|c1|sales|A|CONNECT|5|x|1",
            f"65|c1|sales|A|BLINDTRANSFER|{forward}|ctx|5|60|1",
            f"70|c2|out|A|CALLOUTBOUND||{number}",
            "80|c3|sales|NONE|ENTERQUEUE||anonymous|1",
        ),
    )
    desk.take()
    pseudonym = desk.pseudonyms.of(number)
    assert visits(desk, "interaction_id, customer_ref, transfer_to") == [
        ("c1", pseudonym, desk.pseudonyms.of(forward)),
        ("c2", pseudonym, None),
        ("c3", None, None),
    ]
    assert desk.rows("queue_event", "data1, data2, data4", where="event in ('ENTERQUEUE', 'CALLOUTBOUND')") == [
        (None, pseudonym, desk.pseudonyms.of(name)),
        (None, pseudonym, None),
        (None, None, None),
    ]
    stored = b"".join(path.read_bytes() for path in (desk.root / "lake").rglob("*") if path.is_file())
    for secret in (number, name, forward):
        assert secret.encode() not in stored


def test_an_outbound_call_of_queuemetrics_has_no_wait_and_counts_in_no_queue(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|c1|out|A|CALLOUTBOUND||13800138000",
            "12|c1|out|A|CONNECT|12",
            "72|c1|out|A|COMPLETECALLER|12|60",
            "80|c2|out|A|CALLOUTBOUND||13800138001",
            "110|c2|out|A|ABANDON|1|1|30",
            "120|c3|out|A|CALLOUTBOUND||13800138002",
            "200|c4|out|A|OUTCALL|ANSWER|40|55|10086",
            "300|c5|out|A|OUTCALL|NOANSWER||25|10086",
        ),
    )
    desk.take()
    started = f"epoch(started_at)::bigint - {T}, epoch(answered_at)::bigint - {T}, epoch(ended_at)::bigint - {T}"
    # OUTCALL comes at the end: c4 began 55 s before second 200 and was answered 40 s before it.
    assert visits(desk, f"interaction_id, direction, outcome, {started}, talk_ms, queued_at, wait_ms, agent_key") == [
        ("c1", "outbound", "answered", 0, 12, 72, 60000, None, None, "A"),
        ("c2", "outbound", "failed", 80, None, 110, None, None, None, None),
        ("c3", "outbound", "open", 120, None, None, None, None, None, None),
        ("c4", "outbound", "answered", 145, 160, 200, 40000, None, None, "A"),
        ("c5", "outbound", "failed", 275, None, 300, None, None, None, "A"),
    ]
    assert visits(desk, "customer_ref")[3:] == [(desk.pseudonyms.of("10086"),)] * 2
    assert desk.rows("tel_offer", "*") == []


def test_the_reason_of_queuemetrics_names_the_pause_that_just_began(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|sales|A|ADDMEMBER|",
            "10|NONE|NONE|A|PAUSEALL|",
            "10|c9|NONE|A|PAUSEREASON|Lunch",
            "30|NONE|NONE|A|UNPAUSEALL|",
        ),
    )
    desk.take()
    assert states(desk)[1] == ("A", "meal", "Lunch", 10, 30)


# The rules of the next three tests are those of wazo-platform/xivo-dao, tests/test_stat_dao_extended.py.


def test_pauses_of_a_queue_and_of_all_overlap_into_one(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|queue_a|A|ADDMEMBER|",
            "3600|NONE|queue_a|A|PAUSE|",
            "4500|NONE|NONE|A|PAUSEALL|",
            "6300|NONE|NONE|A|UNPAUSEALL|",
            "7200|NONE|queue_a|A|UNPAUSE|",
            "8000|NONE|NONE|A|PAUSEALL|",
            "8100|NONE|queue_a|A|PAUSE|",
            "8200|NONE|queue_a|A|UNPAUSE|",
            "8300|NONE|NONE|A|UNPAUSEALL|",
        ),
    )
    desk.take()
    assert states(desk) == [
        ("A", "available", None, 0, 3600),
        ("A", "other", None, 3600, 7200),
        ("A", "available", None, 7200, 8000),
        ("A", "other", None, 8000, 8300),
        ("A", "available", None, 8300, None),
    ]


def test_a_log_off_clips_memberships_and_counts_until_the_next_log_in(desk: Desk) -> None:
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|NONE|Agent/52|AGENTCALLBACKLOGIN|1000@default",
            "0|NONE|queue_a|Agent/52|ADDMEMBER|",
            "7200|NONE|NONE|Agent/52|AGENTCALLBACKLOGOFF|1000@default|7200|CommandLogoff",
            "8000|NONE|queue_a|Agent/52|ADDMEMBER|",
            "9000|NONE|NONE|Agent/52|AGENTCALLBACKLOGIN|1000@default",
        ),
    )
    desk.take()
    assert states(desk) == [
        ("Agent/52", "available", None, 0, 7200),
        ("Agent/52", "available", None, 9000, None),
    ]


def test_an_interface_is_known_by_the_name_declared_for_it(tmp_path: Path) -> None:
    members = {"Local/id-61@agentcallback": "Agent/52"}
    desk = Desk(tmp_path, QueueLogSource(name="pbx", format="queue_log", site="here", members=members))
    desk.deliver(
        "queue_log",
        log(
            "0|NONE|NONE|Agent/52|AGENTCALLBACKLOGIN|1000@default",
            "300|NONE|queue_a|Local/id-61@agentcallback|ADDMEMBER|",
            "400|c1|queue_a|NONE|ENTERQUEUE||1",
            "405|c1|queue_a|Local/id-61@agentcallback|CONNECT|5|x|5",
            "465|c1|queue_a|Agent/52|COMPLETEAGENT|5|60|1",
            "500|NONE|NONE|Agent/52|AGENTCALLBACKLOGOFF|1000@default|500|",
        ),
    )
    desk.take()
    assert visits(desk, "agent_key, talk_ms") == [("Agent/52", 60000)]
    assert states(desk) == [
        ("Agent/52", "available", None, 0, 405),
        ("Agent/52", "on_contact", None, 405, 465),
        ("Agent/52", "available", None, 465, 500),
    ]


def test_bytes_that_cannot_be_decoded_cost_their_line_except_in_a_callers_name(desk: Desk) -> None:
    names = [f"{n}|c{n}|sales|NONE|ENTERQUEUE||{n}|1|王小明" for n in range(30)]
    content = log(*names, "50|c50|sales|NONE|ENTERQUEUE||1|1|X", "60|c50|sales|X|CONNECT|10|x|2").encode()
    desk.deliver("queue_log", content.replace(b"X", b"caf\xe9"))
    [account] = desk.take()
    assert (account.loaded, account.quarantined) == (31, 1)
    assert [row[1] for row in desk.quarantine()] == [32]


def test_windows_line_ends_odd_bytes_and_compressed_rotations_are_read(desk: Desk) -> None:
    others = [f"{n}|c{n}|sales|NONE|ENTERQUEUE||{n}|1|王小明" for n in range(1, 60)]
    content = log("0|c1|sales|NONE|ENTERQUEUE||1|1|X", *others).replace("\n", "\r\n").encode().replace(b"X", b"caf\xe9")
    desk.deliver("queue_log.1.gz", gzip.compress(content))
    [account] = desk.take()
    assert (account.loaded, account.state, account.reason) == (60, "taken", None)
    desk.deliver("queue_log.2.gz", gzip.compress(content)[:-6])
    [account] = desk.take()
    assert account.state == "refused"
    assert "unreadable" in (account.reason or "")


def test_a_changed_declaration_derives_everything_anew(tmp_path: Path) -> None:
    source = QueueLogSource(name="pbx", format="queue_log", site="here")
    lines = log("0|NONE|sales|A|ADDMEMBER|", "10|NONE|sales|A|PAUSE|Coffee", "20|NONE|sales|A|UNPAUSE|")
    desk = Desk(tmp_path, source)
    desk.deliver("queue_log", lines)
    desk.take()
    assert states(desk)[1][1] == "other"
    declared = Desk(tmp_path, source.model_copy(update={"pause_reasons": {"Coffee": "break"}}))
    assert [(account.loaded, account.duplicate) for account in declared.take()] == [(0, 3)]
    assert states(desk)[1][1] == "break"
