"""The queue_log has Asterisk's format, and the calls in it obey what telephones and people can do."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.unit.simulator.conftest import Run, simulate

ZONES = {"chengdu": ZoneInfo("Asia/Shanghai"), "manchester": ZoneInfo("Europe/London")}
SITES = pytest.mark.parametrize("site", list(ZONES))

ARGUMENTS = {
    "QUEUESTART": 1,  # Asterisk ends an event without arguments with a separator: one empty field
    "CONFIGRELOAD": 1,
    "ADDMEMBER": 1,
    "REMOVEMEMBER": 1,
    "PAUSE": 1,
    "UNPAUSE": 1,
    "ENTERQUEUE": 3,
    "CONNECT": 3,
    "COMPLETEAGENT": 3,
    "COMPLETECALLER": 3,
    "ABANDON": 3,
    "EXITWITHTIMEOUT": 3,
    "RINGNOANSWER": 1,
    "RINGCANCELED": 1,
    "BLINDTRANSFER": 5,
    "ATTENDEDTRANSFER": 5,
}
ENDINGS = {"COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER"}


@SITES
def test_every_event_has_its_arguments(three_weeks: Run, site: str):
    events = three_weeks.events(site)
    assert {event[4]: len(event) - 5 for event in events} == {event[4]: ARGUMENTS[event[4]] for event in events}
    assert {"RINGNOANSWER", "BLINDTRANSFER", "ATTENDEDTRANSFER", "EXITWITHTIMEOUT"} <= {event[4] for event in events}
    assert all(len(event) - 5 == ARGUMENTS[event[4]] for event in events)


@SITES
def test_ring_times_are_milliseconds_and_the_other_durations_seconds(three_weeks: Run, site: str):
    events = three_weeks.events(site)
    assert {int(event[5]) for event in events if event[4] == "RINGNOANSWER"} == {15_000}
    assert all(int(event[7]) <= 15 for event in events if event[4] == "CONNECT")


@SITES
def test_a_log_holds_the_local_day_it_is_named_after(three_weeks: Run, site: str):
    for path in three_weeks.logs(site):
        times = [int(line.split("|", 1)[0]) for line in path.read_text("utf-8").splitlines()]
        assert times == sorted(times)
        assert {f"{datetime.fromtimestamp(t, ZONES[site]):%Y%m%d}" for t in times} == {path.name[-8:]}


@SITES
def test_waits_and_talk_times_follow_from_the_times_of_the_events(three_weeks: Run, site: str):
    entered: dict[tuple[str, str], tuple[int, str]] = {}
    connected: dict[str, int] = {}
    for at, call, queue, _, event, *data in three_weeks.events(site):
        now = int(at)
        if event == "ENTERQUEUE":
            entered[call, queue] = (now, data[2])
        elif event == "CONNECT":
            assert int(data[0]) == now - entered[call, queue][0]
            connected[call] = now
        elif event in ("ABANDON", "EXITWITHTIMEOUT"):
            start, position = entered[call, queue]
            assert (data[1], int(data[2])) == (position, now - start)
            assert 1 <= int(data[0]) <= int(position)
        elif event in ENDINGS:
            start, position = entered[call, queue]
            assert data[-3:] == [str(connected[call] - start), str(now - connected[call]), position]


@SITES
def test_an_agent_does_one_thing_at_a_time(three_weeks: Run, site: str):
    talking: dict[str, str] = {}
    paused: dict[str, Counter[str]] = defaultdict(Counter)
    member: dict[str, set[str]] = defaultdict(set)
    for _, call, queue, agent, event, *data in three_weeks.events(site):
        if event == "QUEUESTART":
            talking.clear()
            paused.clear()
            member.clear()
        elif event == "ADDMEMBER":
            assert queue not in member[agent]
            member[agent].add(queue)
        elif event == "REMOVEMEMBER":
            assert agent not in talking
            member[agent].remove(queue)
        elif event == "PAUSE":
            assert agent not in talking
            assert queue in member[agent]
            paused[agent][queue, data[0]] += 1
        elif event == "UNPAUSE":
            paused[agent][queue, data[0]] -= 1
            assert paused[agent][queue, data[0]] == 0
        elif event == "CONNECT":
            assert agent not in talking
            assert queue in member[agent]
            assert not paused[agent].total()
            talking[agent] = call
        elif event in ENDINGS:
            assert talking.pop(agent) == call


@SITES
def test_a_call_is_answered_once_a_visit_and_only_while_it_waits(three_weeks: Run, site: str):
    waiting: set[tuple[str, str]] = set()
    visits = answered = 0
    for _, call, queue, _, event, *_ in three_weeks.events(site):
        if event == "ENTERQUEUE":
            visits += 1
            waiting.add((call, queue))
        elif event in ("CONNECT", "ABANDON", "EXITWITHTIMEOUT"):
            answered += event == "CONNECT"
            waiting.remove((call, queue))
        elif event == "QUEUESTART":
            waiting.clear()
    assert 0.5 * visits < answered <= visits


@SITES
def test_a_blind_transfer_enters_another_queue_as_the_same_call(three_weeks: Run, site: str):
    events = three_weeks.events(site)
    transfers = 0
    for before, after in pairwise(events):
        if before[4] == "BLINDTRANSFER":
            transfers += 1
            assert (after[4], after[1]) == ("ENTERQUEUE", before[1])
            assert after[2] != before[2]
    assert transfers


@SITES
def test_after_contact_work_follows_each_call_for_ten_to_ninety_seconds(three_weeks: Run, site: str):
    started: dict[str, int] = {}
    lasted = []
    for at, _, _, agent, event, *data in three_weeks.events(site):
        if event == "PAUSE" and data == ["ACW"]:
            started[agent] = int(at)
        elif event == "UNPAUSE" and data == ["ACW"] and agent in started:
            lasted.append(int(at) - started.pop(agent))
    assert len(lasted) > 1000
    assert min(lasted) >= 7  # a quick agent's pace shortens even the ten seconds
    assert max(lasted) <= 91


def test_breaks_have_the_reasons_of_the_roster(three_weeks: Run):
    reasons = {event[5] for event in three_weeks.events("chengdu") if event[4] == "PAUSE"}
    assert reasons == {"ACW", "Lunch", "Break", "Training", "Meeting"}


def test_numbers_of_callers_have_their_countries_formats(three_weeks: Run):
    chengdu = {event[6] for event in three_weeks.events("chengdu") if event[4] == "ENTERQUEUE"}
    manchester = {event[6] for event in three_weeks.events("manchester") if event[4] == "ENTERQUEUE"}
    assert all(number.isdigit() and len(number) == 11 for number in chengdu | manchester)
    assert {number[:3] for number in chengdu} == {"154"}
    assert {number[0] for number in manchester} == {"0"}
    assert len(chengdu) > 1000


def test_a_call_runs_past_the_midnight_of_a_late_opening(tmp_path: Path):
    # 2026-09-04 is a Friday: the service queue stays open to half past midnight, so do calls
    run = simulate(tmp_path, days=3, contacts_per_day=3000, agents=90, seed=2, start=date(2026, 9, 4))
    open_at_midnight = 0
    for today, tomorrow in pairwise(run.logs("chengdu")):
        entered = {line.split("|")[1] for line in today.open() if "|ENTERQUEUE|" in line}
        ended = {
            f[1] for f in (line.split("|") for line in tomorrow.open()) if f[4] in ENDINGS | {"ABANDON", "CONNECT"}
        }
        open_at_midnight += len(entered & ended)
    assert open_at_midnight


def test_wrong_deliveries_are_on_record_and_hold_nothing_new(three_days: Run):
    deliveries = {
        entry["kind"]: three_days.landing / entry["source"] / entry["file"] for entry in three_days.truth["deliveries"]
    }
    copy, overlap = deliveries["duplicate"], deliveries["overlap"]
    assert copy.read_bytes() == copy.with_suffix("").read_bytes()
    first, second = three_days.logs("chengdu")[1:3]
    resent = overlap.read_text("utf-8")
    morning = resent.removeprefix(resent[: resent.index(second.read_text("utf-8")[:40])])
    assert resent and first.read_text("utf-8").endswith(resent.removesuffix(morning))
    assert second.read_text("utf-8").startswith(morning)


def test_nothing_enters_a_queue_during_the_outage_and_agents_log_in_afterwards(three_weeks: Run):
    outage = three_weeks.incident("telephony_outage")
    start, end = (datetime.fromisoformat(outage[key]).timestamp() for key in ("starts_at", "ends_at"))
    assert end - start == timedelta(hours=2).total_seconds()
    events = three_weeks.events("manchester")
    during = [event for event in events if start <= int(event[0]) < end]
    after = [event for event in events if end <= int(event[0]) < end + 300]
    same_hours = [event for event in events if start - 7 * 86400 <= int(event[0]) < end - 7 * 86400]
    assert during == []
    assert after[0][4] == "QUEUESTART"
    assert {event[4] for event in after} >= {"ADDMEMBER", "ENTERQUEUE"}
    assert any(event[4] == "ENTERQUEUE" for event in same_hours)


def test_only_the_named_agents_serve_the_understaffed_queue(three_weeks: Run):
    thin = three_weeks.incident("understaffed_queue")
    start, end = (datetime.fromisoformat(thin[key]).timestamp() for key in ("starts_at", "ends_at"))
    offered, quickly = Counter[bool](), Counter[bool]()
    members = defaultdict(set)
    for at, _, queue, agent, event, *data in three_weeks.events("chengdu"):
        within = start <= int(at) < end
        if queue != thin["queue"]:
            continue
        if event == "ENTERQUEUE":
            offered[within] += 1
        elif event == "CONNECT":
            quickly[within] += int(data[0]) <= 20
            members[within].add(agent)
    assert len(members[True]) <= len(thin["agents"]) < len(members[False])
    assert quickly[True] / offered[True] < 0.5 * quickly[False] / offered[False]


def test_on_the_slow_monday_agents_come_late(three_weeks: Run):
    slow = three_weeks.incident("slow_monday")
    opening = datetime.fromisoformat(slow["starts_at"]).timestamp()

    def first_log_in(midnight_after: float) -> float:
        times = [int(e[0]) for e in three_weeks.events("manchester") if e[4] == "ADDMEMBER"]
        return min(t for t in times if t > midnight_after - 3600)

    assert first_log_in(opening) > opening + 2000
    assert first_log_in(opening - 7 * 86400) < opening - 7 * 86400 + 1500


def test_the_new_class_talks_longer(three_weeks: Run):
    novices = set(three_weeks.incident("new_hire_class")["agents"])
    aliases = (three_weeks.landing / "hr_chengdu" / "aliases_2026-09-14.csv").read_text("utf-8-sig").splitlines()
    logins = {login for _, login, number, *_ in (line.split(",") for line in aliases) if number in novices}
    start = datetime.fromisoformat(three_weeks.incident("new_hire_class")["starts_at"]).timestamp()
    talk: dict[bool, list[int]] = {True: [], False: []}
    for event in three_weeks.events("chengdu"):
        if event[4] in ("COMPLETEAGENT", "COMPLETECALLER") and int(event[0]) >= start:
            talk[event[3] in logins].append(int(event[6]))
    means = {novice: sum(times) / len(times) for novice, times in talk.items()}
    assert means[True] > 1.25 * means[False]
