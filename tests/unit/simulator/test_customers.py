"""Invented identifiers have the formats and the check digits of real ones, and are recorded once."""

from __future__ import annotations

import io

import numpy as np

from simulator.centre import CHENGDU, MANCHESTER
from simulator.customers import DRAMA_RANGES, Customers


def customers(site=CHENGDU, size: int = 50) -> tuple[Customers, io.StringIO]:
    record = io.StringIO()
    made = Customers(site, record)
    made.draw(np.random.default_rng(1), size)
    return made, record


def test_card_numbers_end_in_luhns_check_digit():
    # 4000 0000 0000 000: doubled from the left 8 0 0 …, sum 8, check digit 2: the well-known test card
    assert customers()[0].card(0) == "4000000000000002"


def test_identity_numbers_end_in_the_check_digit_of_gb_11643():
    for index in range(30):
        number = customers()[0].identity_card(index)
        values = [10 if letter == "X" else int(letter) for letter in number]
        # the standard: the sum of a_i * 2^(i-1) mod 11, counted from the right, is 1
        assert sum(value * 2**n for n, value in enumerate(reversed(values))) % 11 == 1
        assert len(number) == 18


def test_what_is_handed_over_twice_is_recorded_once():
    made, record = customers()
    made.dial(3)
    made.dial(3)
    made.introduce(3)
    made.introduce(3)
    lines = record.getvalue().splitlines()
    assert made.identifiers == len(lines) == len(set(lines)) == 4  # dialled number, international number, mail, name


def test_two_customers_never_share_a_number():
    for site in (CHENGDU, MANCHESTER):
        made, _ = customers(site, 1000)
        numbers = [made.dial(index) for index in range(600)]
        assert len(set(numbers)) == 600


def test_when_every_number_is_taken_known_customers_come_again():
    made, _ = customers(MANCHESTER, 60_000)
    drawn = made.draw(np.random.default_rng(2), 1000)
    assert max(drawn) < 1000 * len(DRAMA_RANGES)
