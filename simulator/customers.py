"""Customers and their identifiers, and the list of every identifier that was handed over.

Numbers have real formats but belong to nobody: Chinese mobiles start with the unassigned 154, British numbers come
from the ranges that Ofcom keeps for drama, addresses end in example domains (RFC 2606).
"""

from __future__ import annotations

from typing import NamedTuple, TextIO

import numpy as np

from simulator.centre import Site

FAMILY = {
    "zh": "徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹",
    "en": "Abbott Barlow Cartwright Doyle Entwistle Fairclough Gregson Hargreaves Ingham Jessop Kirkham Ludlow Marsden "
    "Nuttall Ormerod Pickering Quigley Redfern Stanway Thackeray",
}
GIVEN = {
    "zh": "子涵 浩然 雨桐 梓萱 俊杰 思琪 宇航 诗涵 嘉豪 欣怡 文博 若曦 天宇 雅婷 泽宇 梦琪 志远 晓彤 国庆 秀英 "
    "建国 丽华 桂芳 玉兰 春梅 德明 永康 素珍 振华 海涛",
    "en": "Alice Barbara Colin Derek Edith Fiona Gareth Harriet Isaac Joan Kenneth Lydia Malcolm Norma Oscar Pauline "
    "Quentin Rosie Stuart Tabitha Una Victor Wendy Xena Yvonne Zachary Maureen Nigel Sheila Trevor",
}
DRAMA_RANGES = tuple(
    f"0{area}"
    for area in (
        *(7700900, 1134960, 1144960, 1154960, 1164960, 1174960, 1184960, 1214960, 1314960, 1414960, 1514960, 1614960),
        *(2079460, 1914980, 2896496, 2920180, 1632960, 3069990, 8081570),
    )
)
"""British prefixes that want three more digits, as Ofcom lists them."""

REPEATED = 0.35
"""Share of the contacts that come from a customer who has been in touch before."""


class Customer(NamedTuple):
    """A customer as the chat system knows one; ``number`` is the telephone number in the international form."""

    id: int
    name: str
    number: str
    email: str


class Customers:
    """The customers of one site, known by an index, and the record of what of them was handed over."""

    def __init__(self, site: Site, record: TextIO) -> None:
        self._language = site.language
        self._families, self._given = FAMILY[site.language].split(), GIVEN[site.language].split()
        self._record = record
        self._capacity = 100_000_000 if site.language == "zh" else 1000 * len(DRAMA_RANGES)
        self._count = 0
        self._recorded = bytearray()
        self._names: set[str] = set()
        self._first_id = site.account_id * 1_000_000_000
        self.identifiers = 0

    def draw(self, rng: np.random.Generator, size: int) -> list[int]:
        """Return the customers behind ``size`` contacts, some of them known, the others new."""
        known = rng.random(size) < REPEATED
        picks = rng.random(size)
        drawn = []
        for again, pick in zip(known.tolist(), picks.tolist(), strict=True):
            if self._count == self._capacity or (again and self._count):
                drawn.append(int(pick * self._count))
            else:
                drawn.append(self._count)
                self._count += 1
        self._recorded.extend(bytes(self._count - len(self._recorded)))
        return drawn

    def callers(self, rng: np.random.Generator, size: int) -> list[str | None]:
        """Return the numbers of ``size`` customers who have called, as other systems know them; None if nobody has."""
        called = np.flatnonzero(np.frombuffer(bytes(self._recorded), np.uint8) & 1)
        picks = rng.random(size) * len(called)
        return [self._phone(int(called[int(pick)])) for pick in picks] if len(called) else [None] * size

    def dial(self, index: int) -> str:
        """Hand over a customer's telephone number as it is dialled in the country."""
        phone = self._phone(index)
        self._note(index, 1, phone)
        return phone

    def introduce(self, index: int) -> Customer:
        """Hand over everything the chat system knows of a customer."""
        phone = self._phone(index)
        surname = self._families[index * 7 % len(self._families)]
        first = self._given[index * 11 // 7 % len(self._given)]
        if self._language == "zh":
            name, number, email = surname + first, "+86" + phone, f"user{phone}@mail.example"
        else:
            domain = ("example.com", "example.org", "example.net")[index % 3]
            name, number, email = f"{first} {surname}", "+44" + phone[1:], f"{first}.{surname}{index}@{domain}".lower()
        self._note(index, 2, number, email)
        if name not in self._names:
            self._names.add(name)
            self._note(index, 0, name)
        return Customer(self._first_id + index, name, number, email)

    def spell(self, index: int) -> str:
        """Hand over a customer's telephone number in groups, as people type it."""
        phone = self._phone(index)
        if self._language == "zh":
            spelt = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}" if index % 2 else f"{phone[:3]} {phone[3:7]} {phone[7:]}"
        else:
            spelt = f"+44 {phone[1:5]} {phone[5:]}" if index % 2 else f"{phone[:5]} {phone[5:]}"
        self._note(index, 4, spelt)
        return spelt

    def card(self, index: int) -> str:
        """Hand over a bank card number: sixteen digits of a test range with a valid check digit (Luhn)."""
        digits = f"40000000{index % 10_000_000:07d}"
        doubled = (int(d) * 2 if n % 2 == 0 else int(d) for n, d in enumerate(digits))
        number = f"{digits}{-sum(d - 9 if d > 9 else d for d in doubled) % 10}"
        self._note(index, 8, number)
        return number

    def identity_card(self, index: int) -> str:
        """Hand over a Chinese identity number of an unassigned district, with a valid check digit (GB 11643)."""
        digits = f"510199{1950 + index % 55}{index % 12 + 1:02d}{index % 28 + 1:02d}{index % 1000:03d}"
        check = "10X98765432"[sum(int(d) * 2 ** (17 - n) for n, d in enumerate(digits)) % 11]
        self._note(index, 16, digits + check)
        return digits + check

    def _phone(self, index: int) -> str:
        if self._language == "zh":
            return f"154{index * 62_700_049 % self._capacity:08d}"
        scattered = index * 7_919 % self._capacity
        return f"{DRAMA_RANGES[scattered // 1000]}{scattered % 1000:03d}"

    def _note(self, index: int, kind: int, *identifiers: str) -> None:
        """Record identifiers of one kind (a bit, or 0 for always) once for each customer."""
        if kind and self._recorded[index] & kind:
            return
        self._recorded[index] |= kind
        for identifier in identifiers:
            self._record.write(identifier + "\n")
        self.identifiers += len(identifiers)
