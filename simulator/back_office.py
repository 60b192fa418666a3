"""What the smaller systems of the centre hand over once a week: self-service, surveys, cases, sales, audit, training.

Each writes one file of JSON lines a table, in the form of the published contract, when a week has ended: what had
happened by then, each record in every version it had. Customers are known to these systems by the number they call
from. Amounts follow the contacts of the days.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulator.centre import CHENGDU, SITES, Site
from simulator.chat import Message
from simulator.contact import Contact
from simulator.customers import Customers
from simulator.people import Conduct, Employee, Staff
from simulator.phrases import STOCK
from simulator.quality import HEADER

FOLDER = "back_office"

HOUR, DAY = 3600.0, 86400.0
SESSIONS = 0.35
"""Self-service sessions for each contact."""
_ENDS = (("contained", "succeeded"), ("contained", "failed"), ("transferred", "failed"), ("abandoned", "abandoned"))
_END_SHARES = (0.58, 0.06, 0.2, 0.16)
"""How sessions end, and how often."""
ASKED, ANSWERED = 0.12, 0.3
"""Share of contacts after which a survey is sent, and of those that are answered."""
CASES, REOPENED = 0.06, 0.07
COMPLAINTS, UPHELD = 0.004, 0.4
ORDERS, PAID, TAKEN_BACK = 0.04, 0.85, 0.06
CALLED_BACK, REACHED = 0.015, 0.93
"""Share of contacts after which somebody is to be called back, and of those who are reached in the end."""
PASSED = 0.8
"""Share of the attempts at a paper that pass."""
SUPERVISED_DAYS = 14
"""Days for which a new hire takes contacts without the licence for the queue."""
PASS_MARK, TALKED_ABOUT = 80, 0.8
"""Points that an evaluation has to reach, and the share of those that fail, and of the complaints that the centre is to
blame for, which a leader talks about."""
TRANSCRIBED = 0.02
"""Share of the calls that are transcribed."""
SPOKEN_PER_SECOND = {"zh": 4.2, "en": 14.0}
"""Characters that an agent speaks a second."""
VIEWS, IDLE_VIEWS = 0.3, 0.2
"""Share of calls for which the caller's record is opened, and of working days on which somebody looks a customer up
without one."""
EXPORTED, REVOKED_LATE = 0.01, 0.25
"""Share of working days on which somebody exports customers, and of the leavers who keep their access for some days."""
WORDING_REVIEWED, CONFIRMED = 0.6, 0.95
"""Share of the messages without manners that evaluators come upon, and of those that they find against the rules."""
SALES_TARGET = 2500.0
"""What an agent of Chengdu is to sell a month, in CNY. Manchester has no targets."""
DIALS = 120
"""Dials a day of the campaign that Chengdu's dialler works through."""
_DIALLED = ("live", "machine", "busy", "no_answer", "invalid_number")
_DIALLED_SHARES = (0.34, 0.1, 0.12, 0.4, 0.04)
CHECK_INS, OPTED_OUT = 0.7, 0.08
PRAISED, COACHED = 0.02, 0.05
"""Share of the days on which an agent works that bring praise, or coaching."""
CURRENCIES = {"zh": "CNY", "en": "GBP"}
"""What customers of a site pay in."""
WAGES = {"zh": 260.0, "en": 960.0}
"""An agent's wage a day in CNY, in which the books of the whole centre are kept."""
EVENTS = (
    ("autumn_sale", "promotion", None, date(2026, 9, 18), date(2026, 9, 20), "Autumn sale"),
    ("national_day", "holiday", "chengdu", date(2026, 10, 1), date(2026, 10, 7), "国庆假期"),
)
TASKS = ("pay_bill", "change_plan", "track_order", "reset_password")
REASONS = ("billing", "delivery", "fault", "contract")


class Fact(NamedTuple):
    """A row of a table, and the epoch second from which its system knows it."""

    known: float
    table: str
    row: dict[str, object]


class BackOffice:
    """Hand it each day of each site; at the end of a week it hands over what its systems recorded."""

    def __init__(self, staff: Staff, start: date, seed: Sequence[int]) -> None:
        self._staff = staff
        self._start = start
        self._seed = tuple(seed)
        self._waiting: list[Fact] = []

    def record(
        self, site: Site, day: date, contacts: list[Contact], customers: Customers, conducts: dict[str, Conduct]
    ) -> None:
        """Live through a day of a site: what its contacts led to, and how its people were."""
        rng = np.random.default_rng((*self._seed, SITES.index(site), day.toordinal()))
        tag = f"{site.prefix}-{day:%Y%m%d}"
        self._self_service(rng, site, day, tag, customers.callers(rng, rng.poisson(len(contacts) * SESSIONS)))
        talks = np.random.default_rng((*self._seed, len(SITES) + 2, SITES.index(site), day.toordinal()))
        for n, contact in enumerate(contacts):
            self._follow(rng, talks, f"{tag}-{n}", contact)
        self._people(rng, site, day, tag, conducts)
        self._train(rng, site, day)
        self._access(rng, site, day, tag, conducts, customers.callers(rng, len(conducts)))
        if site is CHENGDU:
            self._campaign(rng, day, tag, customers.callers(rng, DIALS), conducts)
        if day.day == 1:
            self._book(site, day)
        for n in np.flatnonzero(rng.random(len(contacts)) < CALLED_BACK):
            self._call_back(rng, f"{tag}-b{n}", contacts[n])
        speech = np.random.default_rng((*self._seed, len(SITES), SITES.index(site), day.toordinal()))
        for contact in contacts:
            if contact.channel == "voice" and speech.random() < TRANSCRIBED:
                self._transcribe(speech, contact)

    def review_wording(self, site: Site, day: date, messages: list[Message]) -> None:
        """Let evaluators judge messages without manners within three days; what no rule has flagged counts nowhere."""
        rng = np.random.default_rng((*self._seed, len(SITES) + 1, SITES.index(site), day.toordinal()))
        evaluators = [person.number for person in self._staff.evaluators(site)]
        for message in messages:
            if rng.random() < WORDING_REVIEWED:
                at = message.at + float(rng.uniform(0.5, 3) * DAY)
                self._add(
                    at,
                    "wording_review",
                    review_id=f"wording-{message.id}",
                    message_id=str(message.id),
                    sent_at=_stamp(message.at),
                    reviewer_key=str(rng.choice(evaluators)),
                    reviewed_at=_stamp(at),
                    verdict="confirmed" if rng.random() < CONFIRMED else "rejected",
                    is_random=True,
                )

    def talk_about(self, scorecards: list[tuple[object, ...]], day: date) -> None:
        """Let leaders talk with agents about the evaluations that failed, of those handed over on ``day``."""
        rng = np.random.default_rng((*self._seed, len(SITES), day.toordinal()))
        leaders = {person.number: self._staff.leaders.get(person.team) for person in self._staff.everyone}
        for row in scorecards:
            card = dict(zip(HEADER, row, strict=True))
            is_critical = card["Compliance"] == "fail"
            if (is_critical or float(str(card["Total score"])) < PASS_MARK) and rng.random() < TALKED_ABOUT:
                evaluated = datetime.fromisoformat(str(card["Evaluated at"])).replace(tzinfo=UTC).timestamp()
                at = evaluated + float(rng.gamma(1.5, DAY))
                trigger = {"trigger_kind": "critical_error", "trigger_at": _stamp(evaluated)} if is_critical else {}
                agent, about = str(card["Agent"]), {"evaluation_id": card["Evaluation ID"]}
                self._coach(at, f"about-{about['evaluation_id']}", agent, leaders[agent], **about, **trigger)

    def hand_over(self, landing: Path, day: date) -> int:
        """Write the files of the week that ``day`` ends, at midnight in Chengdu, and return their number."""
        self._note_calendar(day)
        midnight = CHENGDU.instant(day + timedelta(days=1))
        tables: dict[str, list[str]] = defaultdict(list)
        for fact in self._waiting:
            if fact.known < midnight:
                tables[fact.table].append(json.dumps(fact.row, ensure_ascii=False) + "\n")
        self._waiting = [fact for fact in self._waiting if fact.known >= midnight]
        folder = landing / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        for table, lines in tables.items():
            (folder / f"{table}_{day}.jsonl").write_text("".join(lines), encoding="utf-8")
        return len(tables)

    def _add(self, known: float, table: str, **values: object) -> None:
        row = {name: value for name, value in values.items() if value is not None}
        self._waiting.append(Fact(known, table, {**row, "record_updated_at": _stamp(known)}))

    def _self_service(
        self, rng: np.random.Generator, site: Site, day: date, tag: str, callers: list[str | None]
    ) -> None:
        starts = np.sort(rng.uniform(6 * HOUR, 23 * HOUR, len(callers)))
        for n, (second, caller) in enumerate(zip(starts.tolist(), callers, strict=True)):
            began = site.instant(day, second)
            ended = began + 20 + float(rng.gamma(2, 60))
            outcome, result = _ENDS[int(rng.choice(len(_ENDS), p=_END_SHARES))]
            session = {
                "session_id": f"{tag}-s{n}",
                "customer_ref": caller,
                "started_at": _stamp(began),
                "ended_at": _stamp(ended),
            }
            medium = str(rng.choice(("ivr", "app", "bot")))
            self._add(ended, "self_service_session", **session, medium=medium, outcome=outcome)
            task = {"task_id": f"{tag}-t{n}", "task_key": str(rng.choice(TASKS)), "result": result}
            reason = "not recognised" if result == "failed" else None
            self._add(ended, "self_service_task", **session, **task, failure_reason=reason)

    def _follow(self, rng: np.random.Generator, talks: np.random.Generator, tag: str, contact: Contact) -> None:
        """Decide what one contact leads to; most lead to nothing. ``talks`` is for talks of leaders with agents."""
        ended = contact.started + contact.seconds
        chance = rng.random(5)
        if chance[0] < ASKED:
            self._survey(rng, tag, contact, ended)
        if chance[1] < CASES:
            self._case(rng, tag, contact, ended)
        if chance[2] < COMPLAINTS:
            self._complaint(rng, talks, tag, contact, ended)
        if chance[3] < ORDERS:
            self._order(rng, tag, contact, ended)
        if chance[4] < VIEWS and contact.caller:
            self._add(
                contact.started + 20,
                "record_access",
                access_id=tag,
                agent_key=contact.agent.number,
                action="viewed",
                occurred_at=_stamp(contact.started + 20),
                system_key="crm",
                customer_ref=contact.caller,
                interaction_id=contact.id,
            )

    def _call_back(self, rng: np.random.Generator, tag: str, contact: Contact) -> None:
        """Let a callback wait in the list of the site's service until the customer is reached, or not."""
        promised = int(contact.started + contact.seconds)
        called = promised + int(rng.gamma(1.5, 4 * HOUR))
        callback: dict[str, object] = {
            "interaction_id": tag,
            "visit_seq": 1,
            "channel": "callback",
            "direction": "outbound",
            "queue_key": f"{contact.agent.site.prefix}_service",
            "agent_key": contact.agent.number,
            "customer_ref": contact.caller,
            "started_at": _stamp(promised),
            "queued_at": _stamp(promised),
            "wait_ms": 1000 * (called - promised),
            "is_open": False,
        }
        if rng.random() < REACHED:
            ended = called + 20 + int(rng.gamma(2, 60))
            callback |= {"outcome": "answered", "answered_at": _stamp(called), "talk_ms": 1000 * (ended - called)}
        else:
            ended = called
            callback |= {"outcome": "failed"}
        self._add(ended, "tel_interaction", **callback, ended_at=_stamp(ended))

    def _survey(self, rng: np.random.Generator, tag: str, contact: Contact, ended: float) -> None:
        sent = ended + 60
        invitation = {
            "invitation_id": tag,
            "survey_key": "after_contact",
            "interaction_id": contact.id,
            "channel": contact.channel,
            "agent_key": contact.agent.number,
            "contact_at": _stamp(contact.started),
            "sent_by": "sms",
            "asked_at": _stamp(sent),
        }
        self._add(sent, "survey_invitation", **invitation, status="sent")
        if rng.random() < ANSWERED:
            at = sent + float(rng.gamma(1.5, 1200))
            answer = {"invitation_id": tag, "survey_key": "after_contact", "answered_at": _stamp(at)}
            recommend = int(np.clip(round(rng.normal(contact.agent.quality - 1, 2)), 0, 10))
            solved = str(rng.choice(("yes", "no"), p=(0.74, 0.26)))
            scored = {"question_key": "recommend", "score": recommend, "scale_min": 0, "scale_max": 10}
            self._add(at, "survey_invitation", **invitation, status="answered")
            self._add(at, "survey_answer", **answer, **scored)
            self._add(at, "survey_answer", **answer, question_key="solved_first_time", choice=solved)

    def _case(self, rng: np.random.Generator, tag: str, contact: Contact, ended: float) -> None:
        case = {
            "case_id": tag,
            "kind": str(rng.choice(("request", "fault", "enquiry"))),
            "contact_reason": str(rng.choice(REASONS)),
            "channel": contact.channel,
            "interaction_id": contact.id,
            "owner_key": contact.agent.number,
            "opened_at": _stamp(ended),
            "due_at": _stamp(ended + 2 * DAY),
        }
        happened = [("opened", ended), ("resolved", ended + float(rng.gamma(1.2, 0.6 * DAY)))]
        if rng.random() < REOPENED:
            again = happened[-1][1] + float(rng.gamma(1.5, DAY))
            happened += [("reopened", again), ("resolved", again + float(rng.gamma(1.2, 0.5 * DAY)))]
        for n, (event, at) in enumerate(happened):
            resolved = {"resolved_at": _stamp(at), "status": "resolved"} if event == "resolved" else {"status": "open"}
            self._add(at, "crm_case", **case, **resolved)
            self._add(
                at,
                "case_event",
                event_id=f"{tag}-{n}",
                case_id=tag,
                event=event,
                occurred_at=_stamp(at),
                agent_key=None if event == "reopened" else contact.agent.number,
            )

    def _complaint(
        self, rng: np.random.Generator, talks: np.random.Generator, tag: str, contact: Contact, ended: float
    ) -> None:
        received = ended + float(rng.gamma(1.2, DAY))
        closed = received + float(rng.gamma(2, DAY))
        complaint = {
            "complaint_id": tag,
            "received_by": str(rng.choice(("contact_centre", "shop", "regulator"), p=(0.7, 0.2, 0.1))),
            "received_at": _stamp(received),
            "interaction_id": contact.id,
            "contact_at": _stamp(contact.started),
            "agent_key": contact.agent.number,
            "cause_class": str(rng.choice(("service", "product", "policy", "unfounded"), p=(0.4, 0.3, 0.2, 0.1))),
            "severity": str(rng.choice(("low", "medium", "high"), p=(0.5, 0.4, 0.1))),
            "due_at": _stamp(received + 3 * DAY),
        }
        self._add(received, "complaint", **complaint, status="open")
        verdict = {"closed_at": _stamp(closed), "replied_at": _stamp(closed), "is_upheld": rng.random() < UPHELD}
        self._add(closed, "complaint", **complaint, **verdict, status="closed")
        if verdict["is_upheld"] and talks.random() < TALKED_ABOUT:
            about = {"trigger_kind": "complaint", "trigger_at": _stamp(closed)}
            agent, at = contact.agent, closed + float(talks.gamma(1.5, DAY))
            self._coach(at, f"complaint-{tag}", agent.number, self._staff.leaders.get(agent.team), **about)

    def _order(self, rng: np.random.Generator, tag: str, contact: Contact, ended: float) -> None:
        value = {
            "amount": round(float(rng.lognormal(4.5, 0.6)), 2),
            "currency": CURRENCIES[contact.agent.site.language],
        }
        order = {
            "order_id": tag,
            "customer_ref": contact.caller,
            "agent_key": contact.agent.number,
            "interaction_id": contact.id,
            "product_key": str(rng.choice(("fibre", "mobile", "tv"))),
            "ordered_at": _stamp(ended),
            **value,
        }
        self._add(ended, "sales_order", **order, status="placed")
        if rng.random() < PAID:
            paid = ended + float(rng.gamma(1.2, HOUR))
            self._add(paid, "sales_order", **order, paid_at=_stamp(paid), status="paid")
            if rng.random() < TAKEN_BACK:
                back = paid + float(rng.gamma(2, 3 * DAY))
                taken = {"cancellation_id": tag, "order_id": tag, "canceled_at": _stamp(back)}
                self._add(back, "order_cancellation", **taken, **value, reason_key="changed_mind")

    def _people(self, rng: np.random.Generator, site: Site, day: date, tag: str, conducts: dict[str, Conduct]) -> None:
        working = [done for done in conducts.values() if done.clock_in is not None]
        afternoon = site.instant(day, 15 * HOUR)
        for done in working:
            person, chance = done.employee, rng.random(3)
            leader, identity = self._staff.leaders.get(person.team), f"{tag}-{person.number}"
            if chance[0] < CHECK_INS:
                said: dict[str, object] = {"opted_out": True}
                if chance[0] > CHECK_INS * OPTED_OUT:
                    mood = rng.normal(3.6 - 0.4 * (day.weekday() == 0), 0.9)
                    said = {"opted_out": False, "score": int(np.clip(round(mood), 1, 5))}
                self._add(
                    done.log_in,
                    "mood_checkin",
                    checkin_id=identity,
                    employee_key=person.number,
                    team_key=person.team,
                    moment="start",
                    checked_at=_stamp(done.log_in),
                    scale_min=1,
                    scale_max=5,
                    **said,
                )
            if chance[1] < PRAISED:
                praise = {"recognition_id": identity, "employee_key": person.number, "given_by_key": leader}
                self._add(afternoon, "recognition", **praise, kind="praise", given_at=_stamp(afternoon))
            if chance[2] < COACHED:
                self._coach(afternoon, identity, person.number, leader, trigger_kind="routine")
        if working:
            seen = working[int(rng.integers(len(working)))].employee
            self._add(
                afternoon,
                "floor_walk",
                observation_id=tag,
                observed_at=_stamp(afternoon),
                observer_key=self._staff.leaders[seen.team],
                employee_key=seen.number,
                team_key=seen.team,
                site_key=site.key,
                topic_key=str(rng.choice(("tone", "desk", "script"))),
                finding=str(rng.choice(("good", "fine", "needs_attention"), p=(0.5, 0.4, 0.1))),
            )

    def _train(self, rng: np.random.Generator, site: Site, day: date) -> None:
        """License agents, take new hires through the service rotation, and have every agent sit the week's paper."""
        for person in self._staff.agents(site):
            licensed = person.hired + timedelta(days=SUPERVISED_DAYS) if person.novice else person.hired
            if day == max(licensed, self._start):
                for queue in person.queues:
                    held = {"employee_key": person.number, "certificate_key": f"licence_{queue}", "queue_key": queue}
                    self._add(site.instant(day), "certificate", **held, valid_from=str(licensed))
            if day == person.hired:
                for days, course in ((0, "service_basics"), (2, "service_shadowing")):
                    at = site.instant(day + timedelta(days=days), 9 * HOUR)
                    session = {"employee_key": person.number, "course_key": course, "session_at": _stamp(at)}
                    self._add(at + 8 * HOUR, "training_record", **session, mandatory=True, status="completed")
                self._examine(rng, site, person, "service_basics", day + timedelta(days=4))
            if person.is_working(day) and day.weekday() == person.turn % 5:
                self._examine(rng, site, person, f"product_{day:%G-W%V}", day)

    def _examine(self, rng: np.random.Generator, site: Site, person: Employee, paper: str, day: date) -> None:
        """Let a person sit a paper, and once more a week later if it was failed."""
        for attempt in (1, 2):
            at = site.instant(day + timedelta(days=7 * (attempt - 1)), 16 * HOUR)
            passed = bool(rng.random() < PASSED)
            score = float(rng.integers(80, 101) if passed else rng.integers(40, 80))
            self._add(
                at,
                "exam_result",
                employee_key=person.number,
                exam_key=paper,
                attempt_no=attempt,
                taken_at=_stamp(at),
                score=score,
                max_score=100.0,
                pass_mark=80.0,
                passed=passed,
            )
            if passed:
                break

    def _coach(self, at: float, identity: str, agent: str, leader: str | None, **why: object) -> None:
        session = {"session_id": identity, "agent_key": agent, "coach_key": leader, "kind": "one_to_one"}
        times = {"planned_at": _stamp(at), "held_at": _stamp(at), "duration_ms": 1_800_000}
        self._add(at, "coaching_session", **session, **times, status="held", **why)

    def _transcribe(self, rng: np.random.Generator, contact: Contact) -> None:
        """Note what an agent says in the first minutes of a call, each passage with its end."""
        language = contact.agent.site.language
        at, ended = contact.started + 5, contact.started + contact.seconds
        spoken = STOCK[language].greetings[:1] + STOCK[language].answers
        for n, body in enumerate(spoken[:1] + tuple(rng.choice(spoken, 4).tolist())):
            until = at + len(body) / (SPOKEN_PER_SECOND[language] * float(rng.normal(1, 0.08)))
            if until > ended:
                break
            self._add(
                until,
                "chat_message",
                message_id=f"{contact.id}-{n}",
                conversation_id=contact.id,
                channel="voice",
                sent_at=_stamp(at),
                ended_at=_stamp(until),
                sender_type="agent",
                agent_key=contact.agent.number,
                is_private=False,
                body=body,
                body_length=len(body),
            )
            at = until + float(rng.gamma(2, 4))

    def _access(
        self,
        rng: np.random.Generator,
        site: Site,
        day: date,
        tag: str,
        conducts: dict[str, Conduct],
        strangers: list[str | None],
    ) -> None:
        """Rights that begin and end, records looked up without a contact, and records taken out."""
        midnight = site.instant(day)
        for person in (e for e in self._staff.everyone if e.site is site):
            right = {"agent_key": person.number, "system_key": "crm", "role_key": person.role}
            granted = site.instant(person.hired)
            if day == max(self._start, person.hired):
                self._add(midnight, "access_right", **right, granted_at=_stamp(granted))
            if day == person.left:
                revoked = midnight + (4.5 if rng.random() < REVOKED_LATE else 0.8) * DAY
                self._add(revoked, "access_right", **right, granted_at=_stamp(granted), revoked_at=_stamp(revoked))
        for done, stranger in zip(conducts.values(), strangers, strict=True):
            chance, at = rng.random(2), done.log_in + HOUR
            looked = {"agent_key": done.employee.number, "occurred_at": _stamp(at), "system_key": "crm"}
            identity = f"{tag}-{done.employee.number}"
            if done.clock_in is not None and chance[0] < IDLE_VIEWS and stranger:
                self._add(at, "record_access", access_id=identity, action="viewed", customer_ref=stranger, **looked)
            if done.clock_in is not None and chance[1] < EXPORTED:
                taken = {"record_count": int(rng.integers(20, 500)), "destination": "file"}
                self._add(at, "record_access", access_id=f"{identity}-out", action="exported", **taken, **looked)

    def _campaign(
        self, rng: np.random.Generator, day: date, tag: str, callers: list[str | None], conducts: dict[str, Conduct]
    ) -> None:
        """Dial customers of Chengdu; most who pick up reach somebody at once."""
        agents = [done.employee.number for done in conducts.values() if done.clock_in is not None]
        for n, caller in enumerate(callers):
            dialed = CHENGDU.instant(day, float(rng.uniform(8.95 * HOUR, 21.02 * HOUR)))
            result = str(rng.choice(_DIALLED, p=_DIALLED_SHARES))
            dial: dict[str, object] = {"dialed_at": _stamp(dialed), "result": result, "line_registered": True}
            if result in ("live", "machine"):
                dial["answered_at"] = _stamp(dialed + 12)
            if result == "live" and agents and rng.random() > 0.02:
                dial |= {"connected_at": _stamp(dialed + 13), "agent_key": str(rng.choice(agents))}
            ends = {"campaign_key": "renewal", "customer_ref": caller, "ended_at": _stamp(dialed + 90)}
            self._add(
                dialed + 90,
                "tel_dial",
                dial_id=f"{tag}-d{n}",
                on_do_not_call=bool(rng.random() < 0.001),
                **dial,
                **ends,
            )

    def _book(self, site: Site, first: date) -> None:
        """Post a site's wages of the month that begins on ``first``, and set what its agents are to sell in it."""
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        self._add(
            site.instant(first),
            "cost",
            cost_id=f"{site.prefix}-wages-{first:%Y%m}",
            cost_key="wages",
            period_from=str(first),
            period_to=str(last),
            site_key=site.key,
            amount=round(WAGES[site.language] * 21 * len(self._staff.agents(site)), 2),
            currency="CNY",
        )
        for person in self._staff.agents(site) if site is CHENGDU else ():
            self._add(
                site.instant(first),
                "sales_target",
                target_id=f"{person.number}-{first:%Y%m}",
                agent_key=person.number,
                period_from=str(first),
                period_to=str(last),
                amount=SALES_TARGET,
                currency=CURRENCIES[site.language],
            )

    def _note_calendar(self, day: date) -> None:
        """Make known what begins in the week after ``day``; in the first week also what began in it."""
        since = self._start if day - self._start < timedelta(days=7) else day + timedelta(days=1)
        for key, kind, site, first, last, name in EVENTS:
            if since <= first <= day + timedelta(days=7):
                days = {"first_on": str(first), "last_on": str(last)}
                self._add(
                    CHENGDU.instant(day), "calendar_event", event_id=key, kind=kind, site_key=site, name=name, **days
                )


def _stamp(epoch: float) -> str:
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
