"""A chat system of one site: conversations, their messages and ratings, exported as Chatwoot's API gives them.

The shapes are those of Chatwoot's list of conversations, its messages endpoint and its ``csat_survey_responses``
(times are epoch seconds, null times are 0, ``id`` is the account's own number of the conversation). Each local
midnight the conversations that changed during the day are exported as they then are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from json import JSONEncoder
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

import numpy as np

from simulator.centre import Inbox, Site, arrivals
from simulator.clock import Clock, next_bit
from simulator.contact import Contact
from simulator.customers import Customer, Customers
from simulator.people import Conduct, Employee
from simulator.phrases import STOCK

CONCURRENCY = 3
MEAN_PATIENCE = 420.0
KEPT_BY_BOT = 0.12
"""Share of the conversations a bot opens that never ask for a person."""
AUTO_RESOLVE = 1800.0
LEFT_OPEN = 0.2
"""Share of the unanswered conversations that nobody ever closes."""
MISSED = 0.02
"""Share of the assigned conversations that the agent overlooks."""
INACTIVE = 0.05
"""Share of the answered conversations whose customer falls silent; the system closes them."""
REOPENED = 0.03
DISCLOSING = 0.08
"""Share of the customers' messages that hold a personal identifier."""
CURT = 0.004
"""Share of the answers in which an agent forgets the manners."""
INVITED = 0.85
ANSWERED = 0.31
LATE_ANSWERS = 0.04
"""Share of the ratings that come only after the third day."""

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

INCOMING, OUTGOING, ACTIVITY, TEMPLATE = range(4)


class Message:
    """A message; ``sender`` is the JSON value of a customer, a person or the bot, None when the system writes."""

    __slots__ = ("at", "content", "content_type", "id", "is_private", "kind", "sender", "values")

    def __init__(
        self, at: float, kind: int, content: str, sender: dict[str, Any] | None, is_private: bool = False
    ) -> None:
        self.at = at
        self.kind = kind
        self.content = content
        self.sender = sender
        self.is_private = is_private
        self.content_type = "text"
        self.values: dict[str, Any] = {}
        self.id = 0


class Conversation:
    """A conversation. ``messages`` may hold some that are still to come; an export leaves those out."""

    __slots__ = (
        "assignee",
        "changed",
        "created",
        "customer",
        "id",
        "inbox",
        "index",
        "label",
        "messages",
        "requested",
        "seat",
        "sender",
        "status",
        "topic",
        "turn",
        "uuid",
        "waited",
    )

    def __init__(
        self, id: int, uuid: UUID, inbox: Inbox, index: int, customer: Customer, topic: str, at: float
    ) -> None:
        self.id = id
        self.uuid = str(uuid)
        self.inbox = inbox
        self.index = index
        self.customer = customer
        self.topic = topic
        self.created = self.changed = self.requested = at
        self.waited: float | None = None
        self.status: Literal["open", "pending", "resolved"] = "open"
        self.assignee: Desk | None = None
        self.seat: Desk | None = None
        self.label = False
        self.messages: list[Message] = []
        self.turn = 0
        self.sender = {
            "additional_attributes": {},
            "custom_attributes": {},
            "email": customer.email,
            "id": customer.id,
            "identifier": None,
            "name": customer.name,
            "phone_number": customer.number,
            "thumbnail": "",
            "type": "contact",
        }


class Desk:
    """An agent in the chat system; ``load`` counts the conversations in hand."""

    __slots__ = ("agent", "bit", "employee", "is_available", "load", "on_duty", "pace", "sender", "turn")

    def __init__(self, employee: Employee, bit: int, account: int) -> None:
        self.employee = employee
        self.bit = bit
        self.load = 0
        self.pace = 1.0
        self.on_duty = False
        self.is_available = False
        self.turn = 0
        self.sender = {
            "id": employee.user_id,
            "name": employee.name,
            "available_name": employee.name,
            "avatar_url": "",
            "type": "user",
            "availability_status": None,
            "thumbnail": "",
        }
        self.agent = {
            "id": employee.user_id,
            "account_id": account,
            "availability_status": "online",
            "auto_offline": True,
            "confirmed": True,
            "email": employee.email,
            "available_name": employee.name,
            "name": employee.name,
            "role": "agent",
            "thumbnail": "",
        }


class Rating(NamedTuple):
    """A customer's answer to an invitation; ``score`` is 1 to 5."""

    at: float
    score: int
    remark: str | None
    chat: Conversation
    invitation: Message
    desk: Desk


class Export(NamedTuple):
    """The three files of a day, in pieces that follow each other."""

    conversations: Iterator[str]
    messages: Iterator[str]
    ratings: Iterator[str]


class ChatSystem:
    """The chat system. Feed it days with ``open_day``, then ``export`` at each midnight."""

    def __init__(self, site: Site, staff: Iterable[Employee], customers: Customers, seed: Sequence[int]) -> None:
        self.clock = Clock()
        self.conversations = 0
        self.handled: list[Contact] = []
        self._site = site
        self._stock = STOCK[site.language]
        self._customers = customers
        self._chance = Random(repr(tuple(seed)))
        self._temper = Random(repr((*seed, "temper")))
        self._desks = {e.number: Desk(e, n, site.account_id) for n, e in enumerate(staff)}
        self._by_bit = list(self._desks.values())
        self._free = [0] * CONCURRENCY
        self._last = -1
        self._waiting: list[Conversation] = []
        self._next_id = site.first_conversation
        self._next_message = site.first_conversation * 10
        self._next_rating = site.account_id * 100_000
        self._changed: dict[int, Conversation] = {}
        self._ratings: list[Rating] = []
        self._curt: list[Message] = []
        self._bot = {"id": site.account_id, "name": site.bot, "avatar_url": "", "type": "agent_bot"}

    def open_day(self, rng: np.random.Generator, day: date, daily: float) -> None:
        """Schedule the conversations of a day; ``daily`` is the site's mean number on an average day."""
        for inbox in self._site.inboxes:
            times = arrivals(rng, self._site, day, daily * inbox.share)
            customers = self._customers.draw(rng, len(times))
            for at, index in zip(times.tolist(), customers, strict=True):
                self.clock.at(at, self._arrive, (inbox, index))

    def staff(self, conduct: Conduct, pace: float) -> None:
        """Schedule an agent's day as lived: when new conversations may be given to the person."""
        desk = self._desks[conduct.employee.number]
        desk.pace = pace
        self.clock.at(conduct.log_in, self._come, desk)
        for due, _, seconds in conduct.pauses:
            self.clock.at(due, self._step_out, desk)
            self.clock.at(due + max(60.0, seconds), self._return, desk)
        self.clock.at(conduct.log_out, self._leave, desk)

    def drain_handled(self) -> list[Contact]:
        """Take the conversations that people resolved since the last time."""
        handled, self.handled = self.handled, []
        return handled

    def drain_curt(self) -> list[Message]:
        """Take the messages without manners that have been exported since the last time."""
        shown = [message for message in self._curt if message.id]
        self._curt = [message for message in self._curt if not message.id]
        return shown

    # Staff

    def _come(self, now: float, desk: Desk) -> None:
        desk.on_duty = True
        self._return(now, desk)

    def _return(self, now: float, desk: Desk) -> None:
        if desk.on_duty:
            desk.is_available = True
            self._mark(desk)
            self._pull(now, desk)

    def _step_out(self, now: float, desk: Desk) -> None:
        self._unmark(desk)
        desk.is_available = False

    def _leave(self, now: float, desk: Desk) -> None:
        self._step_out(now, desk)
        desk.on_duty = False

    def _mark(self, desk: Desk) -> None:
        if desk.is_available and desk.load < CONCURRENCY:
            self._free[desk.load] |= 1 << desk.bit

    def _unmark(self, desk: Desk) -> None:
        if desk.load < CONCURRENCY:
            self._free[desk.load] &= ~(1 << desk.bit)

    def _pull(self, now: float, desk: Desk) -> None:
        """Give a person who has room the conversations that wait the longest."""
        while self._waiting and desk.is_available and desk.load < CONCURRENCY:
            self._serve(now, desk, self._waiting.pop(0))

    # Conversations

    def _arrive(self, now: float, contact: tuple[Inbox, int]) -> None:
        inbox, index = contact
        chance, stock = self._chance, self._stock
        topic = chance.choice(tuple(stock.openings))
        uuid = UUID(int=chance.getrandbits(128), version=4)
        chat = Conversation(self._next_id, uuid, inbox, index, self._customers.introduce(index), topic, now)
        self._next_id += 1
        self.conversations += 1
        order = f"{chance.randrange(100_000, 999_999)}"
        self._hear(chat, now, chance.choice(stock.openings[topic]).format(order=f"A{order}"))
        self._touch(now, chat)
        if not inbox.has_bot:
            chat.messages.append(Message(now + 1, TEMPLATE, stock.welcome, None))
            self._request(now, chat)
            return
        chat.status = "pending"
        chat.messages.append(Message(now + 1, OUTGOING, stock.bot_greeting, self._bot))
        later = now + chance.uniform(12, 75)
        if chance.random() < KEPT_BY_BOT:
            chat.messages.append(Message(later, OUTGOING, stock.bot_answer, self._bot))
            self.clock.while_same(later + chance.uniform(30, 600), self._resolve_by_bot, chat)
        else:
            self._hear(chat, later, chance.choice(stock.questions))
            self.clock.while_same(later + 2, self._hand_over, chat)

    def _resolve_by_bot(self, now: float, chat: Conversation) -> None:
        self._close(now, chat, self._stock.resolved.format(name=self._site.bot))

    def _hand_over(self, now: float, chat: Conversation) -> None:
        chat.messages.append(Message(now, OUTGOING, self._stock.bot_handover, self._bot))
        chat.messages.append(Message(now, ACTIVITY, self._stock.opened_by_bot.format(bot=self._site.bot), None))
        chat.status = "open"
        self._request(now, chat)

    def _request(self, now: float, chat: Conversation) -> None:
        """A person is asked for: whoever has the fewest conversations takes it, else it waits."""
        chat.requested = now
        self._touch(now, chat)
        for free in self._free:
            if free:
                self._last = next_bit(free, self._last)
                self._serve(now, self._by_bit[self._last], chat)
                return
        self._waiting.append(chat)
        self.clock.while_same(now + 60 + self._chance.expovariate(1 / MEAN_PATIENCE), self._give_up, chat)

    def _give_up(self, now: float, chat: Conversation) -> None:
        """The customer goes; the system closes the conversation later, or nobody does."""
        self._waiting.remove(chat)
        chat.turn += 1
        if self._chance.random() >= LEFT_OPEN:
            self.clock.while_same(now + AUTO_RESOLVE, self._expire, chat)

    def _expire(self, now: float, chat: Conversation) -> None:
        self._close(now, chat, self._stock.resolved_by_system)
        self._free_seat(now, chat)

    def _serve(self, now: float, desk: Desk, chat: Conversation) -> None:
        """Assign the conversation and write down how it will go."""
        chance, stock = self._chance, self._stock
        self._unmark(desk)
        desk.load += 1
        self._mark(desk)
        chat.turn += 1
        chat.assignee = chat.seat = desk
        self._touch(now, chat)
        chat.messages.append(Message(now, ACTIVITY, stock.assigned.format(name=desk.employee.name), None))
        if chance.random() < MISSED:
            self.clock.while_same(now + AUTO_RESOLVE, self._expire, chat)
            return
        crowding = 1 + 0.45 * (desk.load - 1)
        at = now + 3 + chance.lognormvariate(2.4, 0.6) * crowding * desk.pace
        if chat.waited is None:
            chat.waited = at - chat.requested
        self._say(chat, at, desk, chance.choice(stock.greetings))
        if chance.random() < 0.12:
            chat.messages.append(Message(at + 5, OUTGOING, chance.choice(stock.notes), desk.sender, is_private=True))
        for _ in range(min(9, 1 + int(chance.expovariate(0.6)))):
            at += chance.lognormvariate(4.3, 0.7)
            self._hear(chat, at, self._customer_line(chat))
            at += 5 + chance.lognormvariate(3.9, 0.6) * crowding * desk.pace
            answer = chance.choice(stock.answers)
            is_curt = self._temper.random() < CURT
            self._say(chat, at, desk, self._temper.choice(stock.curt) if is_curt else answer)
            if is_curt:
                self._curt.append(chat.messages[-1])
        if chance.random() < INACTIVE:
            self.clock.while_same(at + AUTO_RESOLVE, self._expire, chat)
            return
        at += chance.lognormvariate(3.2, 0.5)
        self._hear(chat, at, chance.choice(stock.thanks))
        at += 4 + chance.lognormvariate(2.6, 0.5) * crowding
        self._say(chat, at, desk, chance.choice(stock.farewells))
        self.clock.while_same(at + chance.uniform(5, 90) * desk.pace, self._resolve, chat)

    def _resolve(self, now: float, chat: Conversation) -> None:
        desk, chance = chat.seat, self._chance
        assert desk is not None
        self._close(now, chat, self._stock.resolved.format(name=desk.employee.name))
        chat.label = chance.random() < 0.6
        self.handled.append(Contact(str(chat.id), "chat", desk.employee, chat.created, now - chat.created))
        self._free_seat(now, chat)
        invited = any(message.content_type == "input_csat" for message in chat.messages)
        if not invited and chance.random() < INVITED:
            invitation = Message(now + 1, TEMPLATE, self._stock.survey, None)
            invitation.content_type = "input_csat"
            chat.messages.append(invitation)
            if chance.random() < ANSWERED:
                late = chance.random() < LATE_ANSWERS
                delay = chance.uniform(76, 140) * 3600 if late else 30 + min(70 * 3600, chance.expovariate(1 / 16_000))
                self.clock.at(now + delay, self._rate, (chat, invitation, desk))
        if chance.random() < REOPENED:
            self.clock.while_same(now + chance.uniform(23, 26) * 3600, self._reopen, chat)

    def _close(self, now: float, chat: Conversation, activity: str) -> None:
        chat.messages.append(Message(now, ACTIVITY, activity, None))
        chat.status = "resolved"
        chat.turn += 1
        self._touch(now, chat)

    def _free_seat(self, now: float, chat: Conversation) -> None:
        desk, chat.seat = chat.seat, None
        if desk is not None:
            self._unmark(desk)
            desk.load -= 1
            self._mark(desk)
            self._pull(now, desk)

    def _reopen(self, now: float, chat: Conversation) -> None:
        """The customer writes again the next day."""
        self._hear(chat, now, self._chance.choice(self._stock.again))
        chat.messages.append(Message(now, ACTIVITY, self._stock.reopened, None))
        chat.status = "open"
        self._request(now, chat)

    def _rate(self, now: float, asked: tuple[Conversation, Message, Desk]) -> None:
        """The customer answers the invitation: the better the agent and the shorter the wait, the more points."""
        chat, invitation, desk = asked
        chance = self._chance
        good = desk.employee.quality / 10 - min(0.3, (chat.waited or 0) / 1500)
        score = max(1, min(5, round(chance.gauss(1.0 + 3.5 * good, 1.0))))
        remarks = self._stock.praise if score > 3 else self._stock.complaint
        remark = chance.choice(remarks) if chance.random() < 0.4 else None
        invitation.values = {
            "submitted_values": {"csat_survey_response": {"rating": score, "feedback_message": remark}}
        }
        self._touch(now, chat)
        self._ratings.append(Rating(now, score, remark, chat, invitation, desk))

    def _hear(self, chat: Conversation, at: float, text: str) -> None:
        chat.messages.append(Message(at, INCOMING, text, chat.sender))

    def _say(self, chat: Conversation, at: float, desk: Desk, text: str) -> None:
        chat.messages.append(Message(at, OUTGOING, text, desk.sender))

    def _customer_line(self, chat: Conversation) -> str:
        """Something a customer says; now and then it names a number, an address or a card."""
        chance = self._chance
        if chance.random() >= DISCLOSING:
            return chance.choice(self._stock.questions)
        text = chance.choice(self._stock.identifiers)
        named = {
            "number": self._customers.spell if chance.random() < 0.5 else self._customers.dial,
            "card": self._customers.card,
            "identity": self._customers.identity_card,
            "email": lambda _: chat.customer.email,
        }
        return text.format(**{name: tell(chat.index) for name, tell in named.items() if f"{{{name}}}" in text})

    def _touch(self, now: float, chat: Conversation) -> None:
        chat.changed = now
        self._changed[chat.id] = chat

    # Export

    def export(self, before: float) -> Export:
        """Run to ``before`` and return everything that changed since the last export, as it is at that instant."""
        self.clock.run(before)
        changed, self._changed = list(self._changed.values()), {}
        ratings, self._ratings = self._ratings, []
        shown = [sorted((m for m in chat.messages if m.at < before), key=lambda m: m.at) for chat in changed]
        unnumbered = [message for messages in shown for message in messages if not message.id]
        unnumbered.sort(key=lambda message: message.at)
        for message in unnumbered:
            self._next_message += 1
            message.id = self._next_message
        return Export(
            self._list(changed, shown),
            (self._thread(chat, messages) for chat, messages in zip(changed, shown, strict=True)),
            self._answers(ratings),
        )

    def _list(self, changed: list[Conversation], shown: list[list[Message]]) -> Iterator[str]:
        assigned = sum(chat.assignee is not None for chat in changed)
        counts = {
            "mine_count": 0,
            "assigned_count": assigned,
            "unassigned_count": len(changed) - assigned,
            "all_count": len(changed),
        }
        yield f'{{"data":{{"meta":{_encode(counts)},"payload":['
        for n, (chat, messages) in enumerate(zip(changed, shown, strict=True)):
            yield ("," if n else "") + _encode(self._conversation(chat, messages))
        yield "]}}\n"

    def _thread(self, chat: Conversation, messages: list[Message]) -> str:
        meta = {
            "labels": [chat.topic] if chat.label else [],
            "additional_attributes": {},
            "contact": self._contact(chat),
            "agent_last_seen_at": 0,
            "assignee_last_seen_at": 0,
        }
        if chat.assignee:
            meta["assignee"] = chat.assignee.agent
        return _encode({"meta": meta, "payload": [self._message(chat, message) for message in messages]}) + "\n"

    def _answers(self, ratings: list[Rating]) -> Iterator[str]:
        yield "["
        for n, rating in enumerate(ratings):
            self._next_rating += 1
            value = {
                "id": self._next_rating,
                "rating": rating.score,
                "feedback_message": rating.remark,
                "account_id": self._site.account_id,
                "message_id": rating.invitation.id,
                "contact": self._contact(rating.chat),
                "conversation_id": rating.chat.id,
                "assigned_agent": rating.desk.agent,
                "created_at": int(rating.at),
            }
            yield ("," if n else "") + _encode(value)
        yield "]\n"

    def _contact(self, chat: Conversation) -> dict[str, Any]:
        customer = chat.customer
        return {
            "additional_attributes": {},
            "availability_status": "offline",
            "email": customer.email,
            "id": customer.id,
            "name": customer.name,
            "phone_number": customer.number,
            "blocked": False,
            "identifier": None,
            "thumbnail": "",
            "custom_attributes": {},
            "created_at": int(chat.created),
        }

    def _message(self, chat: Conversation, message: Message) -> dict[str, Any]:
        value: dict[str, Any] = {
            "id": message.id,
            "content": message.content,
            "inbox_id": chat.inbox.id,
            "conversation_id": chat.id,
            "message_type": message.kind,
            "content_type": message.content_type,
            "status": "sent",
            "content_attributes": message.values,
            "created_at": int(message.at),
            "private": message.is_private,
            "source_id": None,
        }
        if message.sender is not None:
            value["sender"] = message.sender
        return value

    def _conversation(self, chat: Conversation, messages: list[Message]) -> dict[str, Any]:
        public = [message for message in messages if message.kind in (INCOMING, OUTGOING) and not message.is_private]
        replies = [message for message in public if message.kind == OUTGOING and message.sender is not self._bot]
        heard = [message for message in public if message.kind == INCOMING]
        unanswered = [message for message in heard if not replies or message.at > replies[-1].at]
        spoken = [message for message in messages if message.kind != ACTIVITY]
        last = max(chat.changed, messages[-1].at)
        meta: dict[str, Any] = {
            "sender": self._contact(chat),
            "channel": chat.inbox.channel_type,
            "hmac_verified": False,
        }
        if chat.assignee:
            meta["assignee"] = chat.assignee.agent
        return {
            "meta": meta,
            "id": chat.id,
            "messages": [self._message(chat, messages[-1])],
            "account_id": self._site.account_id,
            "uuid": chat.uuid,
            "additional_attributes": {"initiated_at": {"timestamp": int(chat.created)}},
            "agent_last_seen_at": int(replies[-1].at) if replies else 0,
            "assignee_last_seen_at": int(replies[-1].at) if replies else 0,
            "can_reply": True,
            "contact_last_seen_at": int(heard[-1].at),
            "custom_attributes": {},
            "inbox_id": chat.inbox.id,
            "labels": [chat.topic] if chat.label else [],
            "muted": False,
            "snoozed_until": None,
            "status": chat.status,
            "created_at": int(chat.created),
            "updated_at": round(last, 3),
            "timestamp": int(messages[-1].at),
            "first_reply_created_at": int(replies[0].at) if replies else 0,
            "unread_count": len(unanswered),
            "last_non_activity_message": self._message(chat, spoken[-1]),
            "last_activity_at": int(messages[-1].at),
            "priority": None,
            "waiting_since": int(unanswered[0].at) if unanswered and chat.status != "resolved" else 0,
            "sla_policy_id": None,
        }
