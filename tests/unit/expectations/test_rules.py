"""Rules on amounts: what is impossible blocks, what is unusual warns, and neither speaks without evidence."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from expectations.validate import validate_deliveries
from ingest.contract import TABLES
from tests.unit.expectations.conftest import DAY, NOON, Judge, deliver, row

HOUR_MS = 3_600_000


def _talk(hours: float) -> dict:
    return {"talk_ms": int(hours * HOUR_MS), "ended_at": NOON + timedelta(seconds=10, hours=hours)}


@pytest.mark.parametrize(
    ("table", "changed", "measure", "severity"),
    [
        ("tel_interaction", _talk(5), "longest talk, hours", "warning"),
        ("tel_interaction", _talk(25), "impossibly long", "critical"),
        (
            "tel_interaction",
            {"answered_at": NOON + timedelta(hours=5), "wait_ms": 5 * HOUR_MS, "ended_at": NOON + timedelta(hours=6)},
            "longest wait, hours",
            "warning",
        ),
        ("tel_interaction", {"ended_at": None}, "share without end", "warning"),
        ("tel_interaction", {"agent_key": None}, "share without agent", "warning"),
        ("tel_offer", {"ring_ms": 15_000 * 1000}, "longest ring, minutes", "warning"),
        ("agent_state", {"ended_at": NOON + timedelta(hours=30)}, "longest stretch, hours", "warning"),
        ("chat_conversation", {"human_requested_at": NOON + timedelta(minutes=1)}, "answered before asked", "warning"),
        (
            "chat_conversation",
            {"first_agent_message_at": NOON + timedelta(hours=5), "ended_at": NOON + timedelta(hours=6)},
            "median first response, hours",
            "warning",
        ),
        ("chat_conversation", {"ended_at": None}, "share without end", "warning"),
        ("chat_message", {"agent_key": None}, "share without author", "warning"),
        ("csat", {"scale_max": 1.0}, "empty scale", "critical"),
        ("csat", {"answered_at": NOON, "score": 5.0}, "share answered", "warning"),
        ("qa_evaluation", {"points": 0.0, "max_points": 0.0}, "nothing to earn", "critical"),
        ("qa_evaluation", {"contact_at": NOON + timedelta(hours=1)}, "evaluated before contact", "warning"),
        ("qa_evaluation", {"interaction_id": None}, "share without contact", "warning"),
        ("qa_answer", {"weight": -1.0}, "negative points", "critical"),
        ("qa_answer", {"is_na": True}, "scored though not applicable", "warning"),
        ("hr_employee", {"contract_hours_week": 400.0}, "most contracted hours", "warning"),
        ("hr_employee", {"status": "left"}, "left without date", "warning"),
        ("roster_shift", {"end_at": NOON + timedelta(hours=17)}, "longest activity, hours", "warning"),
        ("attendance", {"clock_out_at": NOON + timedelta(hours=25)}, "clocked more than a day", "critical"),
        ("attendance", {"clock_in_at": None}, "share present without clock", "warning"),
    ],
)
def test_an_implausible_value_is_found_at_its_severity(judge: Judge, table: str, changed, measure: str, severity: str):
    assert judge(table, row(table, **changed))[measure].severity == severity


def test_a_callback_may_wait_for_days(judge: Judge) -> None:
    later = NOON + timedelta(hours=30)
    waited = {"channel": "callback", "answered_at": later, "wait_ms": 30 * HOUR_MS, "ended_at": later}
    findings = judge("tel_interaction", row("tel_interaction", **waited))
    assert not {"impossibly long", "longest wait, hours"} & set(findings)


def test_a_warning_does_not_fail_critically_and_an_impossible_value_does(tmp_path: Path):
    table = TABLES["tel_interaction"]
    deliver(tmp_path, table, [row("tel_interaction", **_talk(5))])
    unusual = {verdict.suite: verdict for verdict in validate_deliveries(tmp_path, {table.name: [DAY]})}
    assert (unusual["telephony"].passed, unusual["telephony"].critical_failed) == (False, False)
    deliver(tmp_path, table, [row("tel_interaction", interaction_id="c2", **_talk(25))])
    impossible = {verdict.suite: verdict for verdict in validate_deliveries(tmp_path, {table.name: [DAY]})}
    assert impossible["telephony"].critical_failed
    assert impossible["rows"].passed


def test_stretches_of_one_agent_that_overlap_are_critical(judge: Judge):
    later = row("agent_state", source_record_id="2", started_at=NOON + timedelta(minutes=59))
    overlap = judge("agent_state", row("agent_state"), later)["overlapping stretches"]
    assert (overlap.severity, overlap.unexpected) == ("critical", 1)


def test_stretches_that_meet_do_not_overlap(judge: Judge):
    next_stretch = row("agent_state", source_record_id="2", started_at=NOON + timedelta(hours=1), ended_at=None)
    assert judge("agent_state", row("agent_state"), next_stretch) == {}


@pytest.mark.parametrize("table", ["hr_employee", "agent_alias"])
def test_periods_that_share_a_day_are_critical(tmp_path: Path, table: str):
    # valid_to is the last day of a period, so a period that starts on it overlaps.
    next_day = DAY + timedelta(days=1)
    deliver(tmp_path, TABLES[table], [row(table, valid_to=next_day)])
    deliver(tmp_path, TABLES[table], [row(table, source_record_id="2", valid_from=next_day)], next_day)
    failed = [
        f for v in validate_deliveries(tmp_path, {table: [DAY, next_day]}) for f in v.expectations if not f.success
    ]
    assert [(f.name, f.severity) for f in failed] == [("overlapping periods", "critical")]


def test_scores_read_on_a_scale_of_one_are_found_among_many(judge: Judge):
    rows = [
        row("qa_evaluation", source_record_id=str(n), evaluation_id=f"e{n}", points=0.9, max_points=1.0, score_pct=0.9)
        for n in range(10)
    ]
    assert set(judge("qa_evaluation", *rows)) == {"best score of many"}
    assert judge("qa_evaluation", row("qa_evaluation", score_pct=0.9), day=DAY) != {}


def test_agents_are_unknown_only_once_hr_has_delivered(tmp_path: Path):
    table = TABLES["tel_interaction"]
    rows = [row("tel_interaction", interaction_id="c1"), row("tel_interaction", interaction_id="c2", agent_key="SIP/8")]
    deliver(tmp_path, table, rows)

    def unknown() -> list[float | None]:
        verdicts = validate_deliveries(tmp_path, {table.name: [DAY]})
        findings = [finding for verdict in verdicts for finding in verdict.expectations]
        return [finding.observed for finding in findings if finding.name == "share of agents unknown"]

    assert unknown() == []
    deliver(tmp_path, TABLES["agent_alias"], [row("agent_alias")])
    assert unknown() == [0.5]  # SIP/7 has an alias in source_a, SIP/8 has none: 1 of 2 visits
    deliver(tmp_path, TABLES["hr_employee"], [row("hr_employee", employee_key="SIP/8")])
    assert unknown() == [0.0]


def _offers(count: int, first_hour: int = 0, **changed) -> list[dict]:
    """Offers spread over the 24 hours of a day, ``count`` an hour, from ``first_hour`` on."""
    return [
        row("tel_offer", source_record_id=f"{changed}{hour}-{n}", **changed)
        | {"offered_at": changed["offered_at"] + timedelta(hours=hour)}
        for hour in range(first_hour, 24)
        for n in range(count)
    ]


def _ratio(root: Path, day, table: str = "tel_offer") -> list[tuple[str, float | None, bool]]:
    verdicts = validate_deliveries(root, {table: [day]})
    findings = [finding for verdict in verdicts if verdict.suite == "volume" for finding in verdict.expectations]
    return [(finding.rule.split("(")[0], finding.observed, finding.success) for finding in findings]


def test_a_thin_day_is_held_against_its_weekdays_and_only_up_to_its_newest_hour(tmp_path: Path):
    table = TABLES["tel_offer"]
    midnight = NOON - timedelta(hours=12)
    for weeks in (1, 2, 3):
        day = DAY - timedelta(weeks=weeks)
        deliver(tmp_path, table, _offers(10, offered_at=midnight - timedelta(weeks=weeks)), day)
    # Eight hours have arrived so far, 10 an hour: just as many as in the first eight hours of the Mondays before.
    deliver(tmp_path, table, [o for o in _offers(10, offered_at=midnight) if o["offered_at"].hour < 8])
    assert _ratio(tmp_path, DAY) == [
        ("expect_column_min_to_be_between", 1.0, True),
        ("expect_column_max_to_be_between", 1.0, True),
    ]
    # One row of the last hour makes the day whole: 81 rows against 240.
    deliver(tmp_path, table, [row("tel_offer", source_record_id="last", offered_at=midnight + timedelta(hours=23))])
    low, high = _ratio(tmp_path, DAY)
    assert low[1] == pytest.approx(81 / 240)
    assert (low[2], high[2]) == (False, True)


def test_a_day_without_two_weeks_behind_it_is_not_judged_by_volume(tmp_path: Path):
    midnight = NOON - timedelta(hours=12)
    deliver(
        tmp_path, TABLES["tel_offer"], _offers(10, offered_at=midnight - timedelta(weeks=1)), DAY - timedelta(weeks=1)
    )
    deliver(tmp_path, TABLES["tel_offer"], _offers(1, offered_at=midnight))
    assert _ratio(tmp_path, DAY) == []


@pytest.mark.parametrize(("messages", "is_judged"), [(10, False), (30, True)])
def test_messages_come_by_the_dozen_so_a_few_hundred_a_day_are_not_judged_by_volume(
    tmp_path: Path, messages: int, is_judged: bool
):
    def day(weeks: int, count: int) -> None:
        sent = NOON - timedelta(hours=12, weeks=weeks)
        rows = [
            row("chat_message", source_record_id=f"{hour}-{n}", message_id=f"{weeks}-{hour}-{n}")
            | {"sent_at": sent + timedelta(hours=hour)}
            for hour in range(24)
            for n in range(count)
        ]
        deliver(tmp_path, TABLES["chat_message"], rows, DAY - timedelta(weeks=weeks))

    # 240 or 720 messages on each of two Mondays, and a third of that on the next one
    day(2, messages), day(1, messages), day(0, messages // 3)
    low_and_high = [success for _, _, success in _ratio(tmp_path, DAY, "chat_message")]
    assert low_and_high == ([False, True] if is_judged else [])
