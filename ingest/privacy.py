"""Personal data at the door: keyed pseudonyms for customers, redaction of free text.

Which columns are personal is the contract's business; when the functions run is ``conform``'s.
"""

from __future__ import annotations

import hmac
import re

import duckdb
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

LEAST_KEY_BYTES = 16


class Pseudonyms:
    """Replaces identifiers by keyed digests (HMAC-SHA-256, RFC 2104).

    One key gives one pseudonym for an identifier, for ever; without the key nobody can test a guessed number.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < LEAST_KEY_BYTES:
            raise ValueError(f"a pseudonym key has at least {LEAST_KEY_BYTES} bytes, this one has {len(key)}")
        self._key = key

    def __repr__(self) -> str:
        return f"Pseudonyms({self.fingerprint()})"

    def of(self, identifier: str) -> str:
        """Return the pseudonym: ``p_`` and 24 hexadecimal digits (96 bits)."""
        return "p_" + hmac.digest(self._key, identifier.strip().encode(), "sha256").hex()[:24]

    def fingerprint(self) -> str:
        """Return what tells this key from another without revealing it."""
        return hmac.digest(self._key, b"gaugebook pseudonym key", "sha256").hex()[:16]


def register(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms) -> None:
    """Give the connection the SQL functions ``pseudonym(text)`` and ``redact(text)``.

    Both call Python for each value: apply them to distinct values, or to the few rows that need them.
    """

    def pseudonym(identifiers: pa.ChunkedArray) -> pa.Array:
        return pa.array([pseudonyms.of(value) if value else None for value in identifiers.to_pylist()], pa.string())

    def redacted(texts: pa.ChunkedArray) -> pa.Array:
        return pa.array([redact(value) if value else value for value in texts.to_pylist()], pa.string())

    text = duckdb.sqltype("VARCHAR")
    con.create_function("pseudonym", pseudonym, [text], text, type=ARROW, null_handling=SPECIAL)
    con.create_function("redact", redacted, [text], text, type=ARROW, null_handling=SPECIAL)


SUSPICIOUS = r"@|\d(?:[ .()-]{0,2}\d){6}"
"""A text that this RE2 pattern does not find holds nothing ``redact`` would replace."""

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ID_CARD = re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])")
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_PHONE = re.compile(
    r"(?<![\d+])(?<!\d[ -])(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,5}\)?){2,6}"  # international
    r"|(?:86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}"  # Chinese mobile
    r"|\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}"  # trunk prefix 0: Chinese landline, British numbers
    r"|[48]00[ -]?\d{3}[ -]?\d{4}"  # Chinese service numbers
    r"|\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}"  # North American with separators
    r")(?!\d)"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def redact(text: str) -> str:
    """Return ``text`` with e-mail addresses, identity and bank card numbers and telephone numbers replaced by tags.

    Chinese identity card numbers are recognised by their check digit (GB 11643-1999), card numbers by theirs
    (ISO/IEC 7812-1, Luhn), so that order numbers stay readable.
    """
    text = _EMAIL.sub("[email]", text)
    text = _ID_CARD.sub(lambda match: "[id]" if _is_identity(match[0]) else match[0], text)
    text = _CARD.sub(lambda match: "[card]" if _is_card(match[0]) else match[0], text)
    return _PHONE.sub("[phone]", text)


def _is_identity(number: str) -> bool:
    remainder = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True)) % 11
    return number[17].upper() == "10X98765432"[remainder]


def _is_card(number: str) -> bool:
    digits = [int(digit) for digit in number if digit.isdigit()][::-1]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
