"""Cases worked out by hand: sales, outbound calls, customers' data and cost."""

from __future__ import annotations

from tests.factories import Lake
from tests.integration.golden.case import Golden, Rows, visits

_OTHERS = ("searched", "exported", "printed", "copied")


def dials_of_a_morning(lake: Lake) -> list[Golden]:
    """Sixteen dials of one campaign from Chengdu; eight are answered by people."""
    at = "2026-09-02 10:00:00"
    joined = {"answered_at": "2026-09-02 10:00:20", "connected_at": "2026-09-02 10:00:21"}
    late = joined | {"connected_at": "2026-09-02 10:00:23"}
    alone = {"answered_at": "2026-09-02 10:00:20"}
    live: Rows = [joined] * 5 + [late] + [alone] * 2
    dials = [{"result": "live"} | row for row in live]
    dials += [{"result": "machine", "answered_at": "2026-09-02 10:00:20"}] * 3
    dials += [{"result": result} for result in ("busy", "no_answer", "no_answer")]
    # on the list and on a line nobody registered is one breach; ten in the morning in Chengdu is three in London
    dials += [{"on_do_not_call": True, "line_registered": False}, {"callee_time_zone": "Europe/London"}]
    dials = [
        row | {"dial_id": f"d-{n}", "dialed_at": at, "customer_ref": f"dialled-{n}"} for n, row in enumerate(dials)
    ]
    # the fourth dial of a customer on that day is one too many
    again = [{"dial_id": f"again-{n}", "dialed_at": f"2026-09-02 1{n}:30:00"} for n in range(1, 4)]
    lake.add("tel_dial", dials + [row | {"customer_ref": "dialled-1"} for row in again])
    # 16 + 3 = 19 dials, 8 of them live; of these 1 reached an agent after 3 s and 2 never: 3 abandoned
    # breaches: 1 on the list, 1 out of hours, 1 too frequent
    of = ("day", "2026-09-02", "site", "chengdu")
    return [
        Golden("dial_connect_pct", *of, 8, 19, 100 * 8 / 19, 19),
        Golden("outbound_abandon_pct", *of, 3, 8, 37.5, 8),
        Golden("outbound_rule_breach_cnt", *of, 3, None, 3, 19),
    ]


def costs_of_a_site(lake: Lake) -> list[Golden]:
    """Costs of one site, one of them of the quarter; a correction, and rent that no site is charged for."""
    lake.add("hr_employee", [{"employee_key": "mia", "site_key": "mint", "team_key": "mint_team"}])
    lake.add("tel_interaction", visits(8, "cost", "2026-09-23 10:00:00", 5, "answered", queue_key="c", agent_key="mia"))
    september = {"site_key": "mint", "period_from": "2026-09-01", "period_to": "2026-09-30"}
    quarter = {"site_key": "mint", "period_from": "2026-07-01", "period_to": "2026-09-30"}
    costs: Rows = [
        september | {"amount": 300.0},
        september | {"amount": -20.0, "period_to": "2026-09-01"},
        quarter | {"cost_key": "licences", "amount": 92.0},
        september | {"cost_key": "rent", "site_key": None, "amount": 1000.0},
    ]
    lake.add("cost", [row | {"cost_id": f"cost-{n}"} for n, row in enumerate(costs)])
    # 300 - 20 + 30 of the 92 days of the quarter = 310 for 8 contacts
    return [Golden("cost_per_contact", "month", "2026-09-01", "site", "mint", 310, 8, 38.75, 8)]


def costs_of_what_is_settled(lake: Lake) -> list[Golden]:
    """A site's month of six calls of three customers, and one that shows no number."""
    lake.add("hr_employee", [{"employee_key": "mo", "site_key": "myrtle", "team_key": "myrtle_team"}])
    called = {
        # back after six days, then after eight; after seven days and a second; within the week, but in October
        "settled-0": ("2026-09-05 10:00:00", "2026-09-11 10:00:00", "2026-09-19 10:00:00"),
        "settled-1": ("2026-09-12 10:00:00", "2026-09-19 10:00:01"),
        "settled-2": ("2026-09-27 10:00:00", "2026-10-02 10:00:00"),
        None: ("2026-09-19 12:00:00",),
    }
    calls: Rows = []
    for customer, times in called.items():
        for at in times:
            call = visits(1, f"settled-{customer}-{at}", at, 0, "answered", queue_key="settled", agent_key="mo")[0]
            calls.append(call | {"customer_ref": customer})
    lake.add("tel_interaction", calls)
    month = {"cost_id": "settled", "site_key": "myrtle", "period_from": "2026-09-01", "period_to": "2026-09-30"}
    lake.add("cost", [month | {"amount": 500.0}])
    # settled in September: two matters of the first customer, two of the second, none of the third, nobody's none
    return [Golden("cost_per_resolution", "month", "2026-09-01", "site", "myrtle", 500, 4, 125, 4)]


def orders_taken_back(lake: Lake) -> list[Golden]:
    """Six orders of one person, of whom four customers want all of their money back."""
    orders = [{"order_id": f"order-{n}", "agent_key": "sam", "ordered_at": "2026-08-18 20:00:00"} for n in range(6)]
    lake.add("sales_order", orders)
    whole = {"canceled_at": "2026-08-20 10:00:00"}
    back: Rows = [
        whole | {"order_id": "order-0"},
        whole | {"order_id": "order-1", "amount": 60.0},
        # the rest of it on the thirtieth day
        {"order_id": "order-1", "amount": 40.0, "canceled_at": "2026-09-17 23:00:00"},
        # one day too late, and a part only
        {"order_id": "order-2", "canceled_at": "2026-09-18 00:10:00"},
        whole | {"order_id": "order-3", "amount": 99.0},
    ]
    lake.add("order_cancellation", [row | {"cancellation_id": f"back-{n}"} for n, row in enumerate(back)])
    of = ("day", "2026-08-18", "agent", "unresolved:shop:sam")
    return [Golden("order_cancel_pct", *of, 2, 6, 100 * 2 / 6, 6)]


def sales_against_targets(lake: Lake) -> list[Golden]:
    """A July of two people of one team, which has a target of its own, and of a third who sells nothing."""
    lake.add("hr_employee", [{"employee_key": person, "team_key": "topaz"} for person in ("tia", "tom")])
    lake.add("hr_employee", [{"employee_key": "tim", "team_key": "tin"}])
    july = {"period_from": "2026-07-01", "period_to": "2026-07-31"}
    targets: Rows = [
        july | {"agent_key": "tia", "amount": 310.0},
        july | {"agent_key": "tim", "amount": 31.0},
        # of the quarter's 92 days
        {"period_from": "2026-07-01", "period_to": "2026-09-30", "team_key": "topaz", "amount": 184.0},
    ]
    lake.add("sales_target", [row | {"target_id": f"target-{n}"} for n, row in enumerate(targets)])
    sold: Rows = [
        {},
        {"order_id": "less"},
        {"order_id": "kept"},
        {"order_id": "unpaid", "paid_at": None},
        {"order_id": "abroad", "currency": "USD"},
        # his team's target is his as well
        {"order_id": "his", "agent_key": "tom"},
        {"order_id": "june", "ordered_at": "2026-06-30 23:00:00"},
    ]
    order = {"order_id": "sold", "agent_key": "tia", "ordered_at": "2026-07-31 10:00:00"}
    lake.add("sales_order", [order | {"paid_at": "2026-08-02 10:00:00"} | row for row in sold])
    back = [
        {"order_id": "less", "amount": 40.0, "canceled_at": "2026-08-30 10:00:00"},
        # a day too late to count against July
        {"order_id": "kept", "amount": 100.0, "canceled_at": "2026-08-31 10:00:00"},
    ]
    lake.add("order_cancellation", [row | {"cancellation_id": f"target-{row['order_id']}"} for row in back])
    # hers: 100 + 60 + 100 of 310; the team's: 360 with his of 310 + 31 * 2
    of = ("sales_attainment_pct", "month", "2026-07-01")
    return [
        Golden(*of, "agent", "tia", 260, 310, 100 * 260 / 310, None),
        Golden(*of, "team", "topaz", 360, 372, 100 * 360 / 372, None),
        Golden(*of, "agent", "tim", 0, 31, 0, None),
    ]


def enquiries(lake: Lake) -> list[Golden]:
    """Six customers of one queue, three of whom buy in time."""
    at = "2026-08-19 10:00:00"
    calls = visits(6, "enquiry", at, 0, "answered", queue_key="enquiries", agent_key="una")
    calls = [row | {"customer_ref": f"buyer-{n}"} for n, row in enumerate(calls)]
    # the first customer calls again at noon and speaks to somebody else, and a seventh call shows no number
    noon = "2026-08-19 12:00:00"
    again = visits(2, "enquiry-2", noon, 0, "answered", queue_key="enquiries", agent_key="uma")
    calls += [again[0] | {"customer_ref": "buyer-0"}, again[1]]
    lake.add("tel_interaction", calls)
    paid = {
        # after the second call, which is credited; before the first one; a day to the second; a second later
        "buyer-0": "2026-08-19 13:00:00",
        "buyer-1": "2026-08-19 09:59:59",
        "buyer-2": "2026-08-20 10:00:00",
        "buyer-3": "2026-08-20 10:00:01",
        "buyer-4": "2026-08-19 10:30:00",
    }
    orders: Rows = [
        {"customer_ref": ref, "ordered_at": "2026-08-19 09:00:00", "paid_at": at} for ref, at in paid.items()
    ]
    # the sixth orders and does not pay
    orders += [{"customer_ref": "buyer-5", "ordered_at": "2026-08-19 11:00:00"}]
    lake.add("sales_order", [row | {"order_id": f"enquired-{n}"} for n, row in enumerate(orders)])
    # of six customers the first, third and fifth pay within 24 hours; the first is credited to the second call
    of = ("day", "2026-08-19")
    return [
        Golden("conversion_rate_pct", *of, "queue", "enquiries", 3, 6, 50, 6),
        Golden("conversion_rate_pct", *of, "agent", "unresolved:pbx:una", 2, 5, 40, 5),
        Golden("conversion_rate_pct", *of, "agent", "unresolved:pbx:uma", 1, 1, None, 1, "below_floor"),
    ]


def views_of_records(lake: Lake) -> list[Golden]:
    """Eight views and four other actions of two people of one team, one of whom has the calls."""
    people = ("pia", "pip")
    lake.add("hr_employee", [{"employee_key": person, "team_key": "plum"} for person in people])
    call = visits(1, "viewed", "2026-08-12 09:59:55", 5, "answered", queue_key="viewed", agent_key="pia")[0]
    lake.add("tel_interaction", [call | {"customer_ref": "looked-at"}])
    lake.add(
        "case_event",
        [
            {"event_id": "e", "case_id": "k", "event": "replied", "agent_key": "pip"}
            | {"occurred_at": "2026-08-12 09:00:00"}
        ],
    )
    view = {"customer_ref": "looked-at", "agent_key": "pia", "occurred_at": "2026-08-12 10:10:00"}
    accesses: Rows = [
        # the customer's call is a reason for her, a quarter of an hour before as for the rest of the day
        view,
        view | {"occurred_at": "2026-08-12 08:00:00"},
        view | {"occurred_at": "2026-08-12 23:00:00"},
        # not three hours before, nor for him, nor for another customer; unless somebody approved
        view | {"occurred_at": "2026-08-12 06:59:00"},
        view | {"agent_key": "pip"},
        view | {"customer_ref": "looked-up"},
        view | {"customer_ref": "looked-up", "approved_by": "boss"},
        # the case that he worked on an hour ago
        view | {"agent_key": "pip", "customer_ref": "looked-up", "case_id": "k"},
        view | {"action": "changed"},
    ]
    accesses += [view | {"action": action, "customer_ref": None, "record_count": 500} for action in _OTHERS]
    lake.add("record_access", [row | {"access_id": f"access-{n}"} for n, row in enumerate(accesses)])
    # three of eight views have no reason; a change is no view, a search no export
    of = ("day", "2026-08-12", "team", "plum")
    return [
        Golden("record_view_unlinked_pct", *of, 3, 8, 37.5, 8),
        Golden("customer_data_export_cnt", *of, 3, None, 3, None),
    ]


def views_of_failed_customers(lake: Lake) -> list[Golden]:
    """Eight views by two people of one team of customers who did not get on alone, and of others."""
    lake.add("hr_employee", [{"employee_key": person, "team_key": "prune"} for person in ("pam", "pat")])
    task = {"session_id": "s", "customer_ref": "stuck", "result": "failed", "started_at": "2026-08-04 10:00:00"}
    tasks: Rows = [
        task,
        # the same customer fails again, another one succeeds
        task | {"task_id": "again", "started_at": "2026-08-07 10:00:00"},
        task | {"task_id": "fine", "customer_ref": "fine", "result": "succeeded"},
    ]
    lake.add("self_service_task", [{"task_id": "stuck"} | row for row in tasks])
    call = visits(1, "stuck", "2026-08-08 10:00:00", 0, "answered", queue_key="stuck", agent_key="pat")[0]
    lake.add("tel_interaction", [call | {"customer_ref": "stuck"}])
    view = {"customer_ref": "stuck", "agent_key": "pam", "occurred_at": "2026-08-11 10:00:00"}
    views: Rows = [
        # a week after the first failure, four days after the second: two views, however often it failed
        view,
        view,
        # the customer spoke to him three days ago; a boss approved; somebody else's record; a search
        view | {"agent_key": "pat"},
        view | {"approved_by": "boss"},
        view | {"customer_ref": "fine"},
        view | {"action": "searched"},
        # before anything failed, and when a week has passed since
        view | {"occurred_at": "2026-08-04 09:59:59"},
        view | {"occurred_at": "2026-08-14 10:00:01"},
    ]
    lake.add("record_access", [row | {"access_id": f"stuck-{n}"} for n, row in enumerate(views)])
    # of the week of Monday 10 August two count: the last view comes a second after the second failure's week
    of = ("team", "prune")
    return [
        Golden("failed_ss_view_unassigned_cnt", "day", "2026-08-11", *of, 2, None, 2, None),
        Golden("failed_ss_view_unassigned_cnt", "week", "2026-08-10", *of, 2, None, 2, None),
    ]


def lookers_beside_their_peers(lake: Lake) -> list[Golden]:
    """Five agents of one queue with four calls each, and one of another queue, look customers up on one day."""
    at = "2026-07-14 10:00:00"
    viewed = {"look-1": 2, "look-2": 1, "look-3": 0, "look-4": 4, "look-5": 6, "look-6": 1}
    lake.add("hr_employee", [{"employee_key": agent, "team_key": "lookers"} for agent in viewed])
    for agent in viewed:
        queue = "looked-elsewhere" if agent == "look-6" else "looked"
        lake.add("tel_interaction", visits(4, agent, at, 5, "answered", queue_key=queue, agent_key=agent))
    # twice each, which counts once
    lake.add(
        "record_access",
        [
            {"access_id": f"{agent}-{n}-{again}", "agent_key": agent, "customer_ref": f"looked-{n}", "occurred_at": at}
            for agent, customers in viewed.items()
            for n in range(customers)
            for again in (1, 2)
        ],
    )
    # customers for each of 4 calls: 0.5, 0.25, 0, 1, 1.5; median 0.5; from it 0, 0.25, 0.5, 0.5, 1; median 0.5
    spread = 1.4826 * 0.5
    of = ("day", "2026-07-14", "agent")
    return [
        Golden("record_view_peer_z", *of, "look-1", 0, spread, 0, None),
        Golden("record_view_peer_z", *of, "look-3", -0.5, spread, -0.5 / 0.7413, None),
        Golden("record_view_peer_z", *of, "look-5", 1, spread, 1 / 0.7413, None),
        # nobody to be held against
        Golden("record_view_peer_z", *of, "look-6", 0, 0, None, None, "no_traffic"),
    ]


def leavers(lake: Lake) -> list[Golden]:
    """Six leave a team on one day; of five it is known that they had access."""
    lake.add(
        "hr_employee",
        [
            {"employee_key": f"leaver-{n}", "team_key": "amber", "role": "back_office"}
            | {"left_on": "2026-08-14", "valid_to": "2026-08-14"}
            for n in range(6)
        ],
    )
    ends = {
        # weeks before; the day after, at its end; the day after that; never; one right in time and the other not
        "leaver-0": ["2026-07-30 12:00:00"],
        "leaver-1": ["2026-08-15 23:59:00"],
        "leaver-2": ["2026-08-16 00:30:00"],
        "leaver-3": [None],
        "leaver-4": ["2026-08-14 18:00:00", None],
    }
    rights = [
        {"agent_key": who, "system_key": f"system-{n}", "granted_at": "2026-05-04 09:00:00", "revoked_at": end}
        for who, all_ends in ends.items()
        for n, end in enumerate(all_ends)
    ]
    lake.add("access_right", rights)
    return [Golden("leaver_access_revoked_pct", "day", "2026-08-14", "team", "amber", 2, 5, 40, 5)]


CASES = (
    views_of_records,
    views_of_failed_customers,
    lookers_beside_their_peers,
    leavers,
    orders_taken_back,
    sales_against_targets,
    enquiries,
    dials_of_a_morning,
    costs_of_a_site,
    costs_of_what_is_settled,
)
