"""Cases worked out by hand: statuses."""

from __future__ import annotations

from datetime import date

from ingest.calendars import calendar_days
from tests.factories import Lake
from tests.integration.golden.case import Golden, visits


def statuses(lake: Lake) -> list[Golden]:
    """Four visits are too few for a share but not for a mean; an open visit is no traffic; what is unripe says so."""
    few = visits(3, "few", "2026-09-15 10:00:00", 10, "answered") + visits(
        1, "few", "2026-09-15 10:00:00", 30, "answered"
    )
    lake.add("tel_interaction", [row | {"queue_key": "few"} for row in few])
    lake.add("tel_interaction", visits(1, "waiting", "2026-09-15 10:00:00", None, "open", queue_key="waiting"))
    lake.add("tel_interaction", visits(5, "new", "2026-10-06 10:00:00", 10, "answered", queue_key="new"))
    rated = {"queue_key": "new", "asked_at": "2026-10-06 10:00:00", "answered_at": "2026-10-06 10:05:00", "score": 5.0}
    lake.add("csat", [rated | {"response_id": f"new-{n}", "interaction_id": f"new-{n}"} for n in range(5)])
    few_of, waiting, new = ("queue", "few"), ("queue", "waiting"), ("queue", "new")
    return [
        # 3 of 4 within 20 s, below the floor of 5; (3 x 10 + 30) / 4 = 15 s
        Golden("service_level_pct", "day", "2026-09-15", *few_of, 3, 4, None, 4, "below_floor"),
        Golden("asa_sec", "day", "2026-09-15", *few_of, 60, 4, 15, 4),
        Golden("service_level_pct", "day", "2026-09-15", *waiting, 0, 0, None, 0, "no_traffic"),
        Golden("wait_p90_sec", "day", "2026-09-15", *waiting, None, None, None, 0, "no_traffic"),
        Golden("queue_visits", "day", "2026-09-15", *waiting, 1, None, 1, 1),
        # as of Wednesday 7 October: the day is over, the week and the month are not
        Golden("service_level_pct", "day", "2026-10-06", *new, 5, 5, 100, 5),
        Golden("service_level_pct", "week", "2026-10-05", *new, 5, 5, 100, 5, "provisional"),
        Golden("service_level_pct", "month", "2026-10-01", *new, 5, 5, 100, 5, "provisional"),
        # answers are awaited for four days
        Golden("csat_top2_pct", "day", "2026-10-06", *new, 5, 5, 100, 5, "provisional"),
    ]


def feeds_and_opening(lake: Lake) -> list[Golden]:
    """A feed that misses a day, and one that misses a Saturday on which its queue is open in return for a holiday.

    Of February 2026: calls of Chengdu are expected from Tuesday 10 to Thursday 12, chats on its open days from Friday
    13 to Sunday 15, when its hotline opens on weekdays and on make-up workdays. Saturday 14 is one, Sunday 15 is the
    first day of the Spring Festival. Of May: dials are expected on every day, and are missing on the 20th.
    """
    calls, dials, chats = (
        {"site_key": "chengdu", "source_system": "pbx", "lake_table": "telephony.tel_interaction"},
        {"site_key": "chengdu", "source_system": "pbx", "lake_table": "telephony.tel_dial"},
        {"site_key": "chengdu", "source_system": "chat", "lake_table": "chat.chat_conversation"},
    )
    lake.declare(
        "expected_feed",
        [
            calls | {"expected_on": "every_day", "valid_from": date(2026, 2, 10), "valid_to": date(2026, 2, 12)},
            chats | {"expected_on": "open_days", "valid_from": date(2026, 2, 13), "valid_to": date(2026, 2, 15)},
            dials | {"expected_on": "every_day", "valid_from": date(2026, 5, 1), "valid_to": date(2026, 5, 31)},
        ],
    )
    hotline = {"queue_key": "hotline", "site_key": "chengdu"}
    hotline |= {"valid_from": date(2026, 2, 13), "valid_to": date(2026, 2, 15)}
    kinds = [("weekday", weekday, 32_400 if weekday <= 5 else 0) for weekday in range(1, 8)]
    kinds += [("holidays", None, 0), ("makeup_workdays", None, 28_800)]
    lake.declare(
        "opening",
        [hotline | {"day_kind": kind, "weekday": day, "opening_sec": open_for} for kind, day, open_for in kinds],
    )
    february = [one for one in calendar_days("CN") if (one.day.year, one.day.month) == (2026, 2)]
    lake.declare(
        "calendar_day",
        [
            {
                "site_key": "chengdu",
                "date_day": one.day,
                "holiday_en": one.name_en,
                "holiday_zh": one.name_zh,
                "is_makeup_workday": one.is_makeup_workday,
                "is_workday": one.is_workday,
            }
            for one in february
        ],
    )
    for day in ("2026-02-10", "2026-02-12"):
        lake.add("tel_interaction", visits(6, f"came-{day}", f"{day} 10:00:00", 10, "answered", queue_key="came"))
    manchester = {"source_system": "pbx_manchester", "queue_key": "there"}
    lake.add("tel_interaction", visits(5, "there", "2026-02-11 10:00:00", 10, "answered", **manchester))
    for day in ("2026-02-14", "2026-02-15"):
        lake.add("tel_interaction", visits(1, f"waits-{day}", f"{day} 10:00:00", None, "open", queue_key="hotline"))
    lake.add("chat_conversation", [{"conversation_id": "friday", "created_at": "2026-02-13 10:00:00"}])
    live = {"result": "live", "customer_ref": "dialled-in-may"}
    dialled = [f"2026-05-{day:02}" for day in range(1, 32) if day != 20]
    lake.add("tel_dial", [live | {"dial_id": f"may-{day}", "dialed_at": f"{day} 10:00:00"} for day in dialled])
    level, centre, chengdu = "service_level_pct", ("centre", "all"), ("site", "chengdu")
    return [
        # what Manchester brought on the 11th is counted, but is not the whole centre; of Chengdu nothing is known
        Golden(level, "day", "2026-02-10", *centre, 6, 6, 100, 6),
        Golden(level, "day", "2026-02-11", *centre, 5, 5, None, 5, "feed_missing"),
        Golden(level, "day", "2026-02-11", *chengdu, None, None, None, None, "feed_missing"),
        Golden("queue_visits", "day", "2026-02-11", *chengdu, None, None, None, None, "feed_missing"),
        Golden(level, "day", "2026-02-11", "site", "manchester", 5, 5, 100, 5),
        Golden(level, "day", "2026-02-11", "queue", "there", 5, 5, 100, 5),
        Golden(level, "day", "2026-02-12", *chengdu, 6, 6, 100, 6),
        # 6 + 5 + 6 in the week; two open visits are no denominator
        Golden(level, "week", "2026-02-09", *centre, 17, 17, None, 17, "feed_missing"),
        Golden(level, "week", "2026-02-09", "queue", "came", 12, 12, 100, 12),
        # no callback was promised on the 12th, and everything that would tell so has come
        Golden("callback_kept_pct", "day", "2026-02-12", *centre, None, None, None, None, "no_traffic"),
        Golden("callback_kept_pct", "day", "2026-02-11", *centre, None, None, None, None, "feed_missing"),
        # on the Saturday that is worked the hotline is open: its one visit waits, and chats ought to have come
        Golden(level, "day", "2026-02-14", "queue", "hotline", 0, 0, None, 0, "no_traffic"),
        Golden("chat_concurrency_avg", "day", "2026-02-14", *chengdu, None, None, None, None, "feed_missing"),
        # on the holiday it is closed, and so is the centre as far as hours are declared: no chats are expected
        Golden(level, "day", "2026-02-15", "queue", "hotline", 0, 0, None, 0, "closed"),
        Golden("queue_visits", "day", "2026-02-15", "queue", "hotline", 1, None, 1, 1),
        Golden("chat_concurrency_avg", "day", "2026-02-15", *chengdu, None, None, None, None, "closed"),
        Golden("chat_concurrency_avg", "day", "2026-02-15", *centre, None, None, None, None, "closed"),
        # dials of the 20th lack: 6 days of 7 are too few for the week, 30 of 31 are enough for the month
        Golden("dial_connect_pct", "day", "2026-05-20", *chengdu, None, None, None, None, "feed_missing"),
        Golden("dial_connect_pct", "week", "2026-05-18", *chengdu, 6, 6, None, 6, "feed_missing"),
        Golden("dial_connect_pct", "month", "2026-05-01", *chengdu, 30, 30, 100, 30),
    ]


CASES = (statuses, feeds_and_opening)
