"""Customers are pseudonyms that only the key can make; free text loses what identifies a person."""

from __future__ import annotations

import re

import duckdb
import pytest

from ingest.privacy import SUSPICIOUS, Pseudonyms, redact, register

KEY = b"a key that only tests use"


def test_a_pseudonym_is_stable_keyed_and_tells_nothing() -> None:
    pseudonym = Pseudonyms(KEY).of("13800138000")
    assert re.fullmatch(r"p_[0-9a-f]{24}", pseudonym)
    assert pseudonym == Pseudonyms(KEY).of(" 13800138000 ")
    assert pseudonym != Pseudonyms(KEY + b"!").of("13800138000")


def test_the_fingerprint_tells_keys_apart_and_hides_them() -> None:
    assert Pseudonyms(KEY).fingerprint() == Pseudonyms(KEY).fingerprint()
    assert Pseudonyms(KEY).fingerprint() != Pseudonyms(KEY + b"!").fingerprint()
    assert "tests" not in repr(Pseudonyms(KEY))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonyms(b"short")


# 11010519491231002X is the example of GB 11643; 4111 1111 1111 1111 is a well-known card number for tests.
@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("打我电话13812345678谢谢", "打我电话[phone]谢谢"),
        ("手机 138-1234-5678", "手机 [phone]"),
        ("+86 138 1234 5678", "[phone]"),
        ("座机010-62345678", "座机[phone]"),
        ("客服 400-810-8888", "客服 [phone]"),
        ("call +44 7700 900123 now", "call [phone] now"),
        ("0161 496 0999", "[phone]"),
        ("(212) 555-0199", "[phone]"),
        ("身份证11010519491231002X。", "身份证[id]。"),
        ("card 4111 1111 1111 1111", "card [card]"),
        ("卡4111111111111111", "卡[card]"),
        ("write to wang.xm+1@example.com.cn!", "write to [email]!"),
    ],
)
def test_what_identifies_a_person_is_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "order 202610250001234",
        "2026-10-25 10:00:00",
        "09-10-2026 10:30",
        "it cost 1,234,567.00",
        "version 1.2.3.4",
        "110105194912310021",
        "meet @ noon",
    ],
)
def test_numbers_of_other_kinds_stay(text: str) -> None:
    assert redact(text) == text


def test_sql_leaves_out_only_texts_that_hold_nothing_to_replace() -> None:
    with duckdb.connect() as con:
        register(con, Pseudonyms(KEY))
        for text in ("138 1234 5678", "(0161) 496 0999", "a@b.cn", "4111-1111-1111-1111", "11010519491231002X"):
            assert con.execute("select regexp_matches(?, ?)", [text, SUSPICIOUS]).fetchone() == (True,)
        assert con.execute("select redact('a@b.cn'), redact(null), pseudonym(null), pseudonym('')").fetchone() == (
            "[email]",
            None,
            None,
            None,
        )
