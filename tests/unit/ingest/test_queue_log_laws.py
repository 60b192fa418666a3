"""What the lake holds follows from the events alone: not from how the log was cut, ordered, repeated or interrupted."""

from __future__ import annotations

import random
import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.formats.queue_lines import QueueTable
from ingest.formats.queue_log import QueueLogSource
from tests.unit.ingest.deliveries import Desk

DERIVED = ("tel_interaction", "tel_offer", "agent_state")
MONDAY = 1788105600  # 2026-08-31 00:00 in Shanghai
SOURCE = QueueLogSource(
    name="pbx",
    format="queue_log",
    site="here",
    acw_reasons=("ACW",),
    pause_reasons={"Lunch": "meal"},
    state_days=4,
)


def log(draw: random.Random, events: int, days: int) -> list[str]:
    """A log of plausible and of odd events, in order of time, many in one second."""
    calls = [f"{MONDAY + n}.{n}" for n in range(max(2, events // 5))]
    agents = ["PJSIP/1001", "PJSIP/1002"]
    queues = ["sales", "support"]
    home = {call: draw.randrange(days * 86400) for call in calls}
    lines = []
    for _ in range(events):
        call, agent, queue = draw.choice(calls), draw.choice(agents), draw.choice(queues)
        if draw.random() < 0.55:
            moment = home[call] + draw.choice([0, 0, 1, 5, 30, 200, 4000])
            event = draw.choice(
                [
                    "NONE|ENTERQUEUE||13800138000|1",
                    "NONE|ENTERQUEUE||anonymous|1",
                    f"{agent}|CONNECT|3|{call}|2",
                    f"{agent}|COMPLETEAGENT|3|20|1",
                    f"{agent}|COMPLETECALLER|3|20|1",
                    f"{agent}|BLINDTRANSFER|8001|ctx|3|20|1",
                    f"{agent}|RINGNOANSWER|{draw.randrange(4)}000",
                    f"{agent}|RINGCANCELED|1000",
                    f"{agent}|WRAPUPSTART|30",
                    "NONE|ABANDON|1|1|9",
                    "NONE|EXITWITHTIMEOUT|1|1|9",
                    "NONE|FULL",
                ]
            )
            lines.append((moment, f"{call}|{queue}|{event}"))
        else:
            moment = draw.randrange(days * 24) * 3600 + draw.choice([0, 0, 1, 2, 1800])
            event = draw.choice(
                [
                    f"{queue}|{agent}|ADDMEMBER",
                    f"{queue}|{agent}|ADDMEMBER",
                    f"{queue}|{agent}|REMOVEMEMBER",
                    f"{queue}|{agent}|PAUSE|ACW",
                    f"{queue}|{agent}|PAUSE|Lunch",
                    f"{queue}|{agent}|UNPAUSE",
                    f"NONE|{agent}|PAUSEALL|Break",
                    f"NONE|{agent}|UNPAUSEALL",
                    f"NONE|{agent}|AGENTCALLBACKLOGIN|1001@ctx",
                    f"NONE|{agent}|AGENTCALLBACKLOGOFF|1001@ctx|60",
                    "NONE|NONE|QUEUESTART" if draw.random() < 0.3 else "NONE|NONE|CONFIGRELOAD",
                ]
            )
            lines.append((moment, f"NONE|{event}"))
    lines.sort(key=lambda line: line[0])
    return [f"{MONDAY + moment}|{rest}" for moment, rest in lines]


def cuts(lines: list[str]) -> list[int]:
    """Places where a rotation may fall so that nobody could mistake two lines for one.

    A second may be cut once, and not between two identical lines.
    """
    places = []
    for place, (before, after) in enumerate(pairwise(lines), start=1):
        second = before.split("|")[0]
        if second == after.split("|")[0]:
            same = [line for line in lines if line.startswith(second)]
            if len(set(same)) < len(same) or (places and lines[places[-1]].startswith(second)):
                continue
        places.append(place)
    return places


def deliver(desk: Desk, files: list[list[str]]) -> None:
    for number, file in enumerate(files):
        desk.deliver(f"queue_log.{number}", "\n".join(file) + "\n")


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), events=st.integers(5, 120), days=st.sampled_from([1, 3, 14]))
def test_the_lake_does_not_depend_on_how_the_log_is_delivered(seed: int, events: int, days: int) -> None:
    draw = random.Random(seed)
    lines = log(draw, events, days)
    possible = cuts(lines)
    chosen = sorted(draw.sample(possible, min(len(possible), draw.randrange(6))))
    pieces = [lines[start:end] for start, end in pairwise([0, *chosen, len(lines)])]
    for _ in range(draw.randrange(3)):
        start, end = sorted(draw.sample([0, *possible, len(lines)], 2))
        pieces.append(lines[start:end])
    draw.shuffle(pieces)
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = (Desk(Path(folder) / name, SOURCE) for name in ("whole", "cut"))
        deliver(whole, [lines])
        whole.take()
        rounds = draw.randrange(1, 4)
        for turn in range(rounds):
            deliver(cut, pieces[: (turn + 1) * len(pieces) // rounds])
            for account in cut.take():
                assert account.rows_in == account.loaded + account.duplicate + account.quarantined
        assert cut.content(DERIVED) == whole.content(DERIVED)
        assert cut.content(["queue_event"], "sequence") == whole.content(["queue_event"], "sequence")
        overlaps = "select 1 from agent_state a join agent_state b on a.agent_key = b.agent_key"
        overlaps += " and a.started_at < b.started_at and coalesce(a.ended_at, 'infinity') > b.started_at"
        assert not cut.query(overlaps)


def as_table(lines: list[str]) -> str:
    """The same events as the realtime table has them, each with its place in the log as id."""
    header = "id\ttime\tcallid\tqueuename\tagent\tevent\tdata1\tdata2\tdata3\tdata4\tdata5\n"
    rows = []
    for number, line in enumerate(lines):
        fields = line.split("|")
        rows.append("\t".join([str(number), *fields, *[""] * (10 - len(fields))]))
    return header + "".join(f"{row}\n" for row in rows)


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), events=st.integers(20, 80))
def test_a_table_in_any_order_gives_what_its_log_gives_and_a_bad_line_costs_only_itself(seed: int, events: int) -> None:
    draw = random.Random(seed)
    lines = log(draw, events, 2)
    with tempfile.TemporaryDirectory() as folder:
        whole, damaged = (Desk(Path(folder) / name, SOURCE) for name in ("whole", "damaged"))
        table = Desk(
            Path(folder) / "table", SOURCE.model_copy(update={"table": QueueTable(time="epoch", delimiter="\t")})
        )
        deliver(whole, [lines])
        whole.take()
        header, *rows = as_table(lines).splitlines(keepends=True)
        table.deliver("queue_log.tsv", header + "".join(draw.sample(rows, len(rows))))
        table.take()
        assert table.content(["tel_interaction", "agent_state"]) == whole.content(["tel_interaction", "agent_state"])
        victim = draw.randrange(len(lines))
        broken = draw.choice(["", "noon|", "|" * 4]) + lines[victim][draw.choice([5, 14]) :]
        deliver(damaged, [[*lines[:victim], broken, *lines[victim + 1 :]]])
        [account] = damaged.take()
        assert (account.loaded, account.quarantined) == (len(lines) - 1, 1)
        assert [row[1] for row in damaged.quarantine()] == [victim + 1]
        others = damaged.query("select source_record_id from queue_event")
        assert len({*whole.query("select source_record_id from queue_event")} - {*others}) <= 1
