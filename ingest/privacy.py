"""Personal data at the door: keyed pseudonyms for customers, redaction of free text.

Which columns are personal is the contract's business; when the functions run is ``conform``'s; rewriting a lake for a
new key is ``ingest.rotation``'s.

What is redacted, and by which mark it is replaced:

- ``[email]``: mail addresses, full-width ones too.
- ``[phone]``: telephone numbers, in full-width digits, in groups or digit by digit. Chinese mobiles, landlines with
  area code and 400/800 numbers; numbers with ``+`` or ``00``; national numbers of the regions declared (Great Britain
  and the United States by default), the latter only when grouped. After a word such as 电话 or ``tel`` also local
  numbers of seven or eight digits.
- ``[id]``: identity card numbers of eighteen characters whose check digit and date are right (GB 11643-1999).
- ``[card]``: bank card numbers of 13 to 19 digits in a range that is issued (ISO/IEC 7812-1: 3, 4, 5, 6 or 2221 to
  2720) whose check digit is right (Luhn).
- ``[plate]``: Chinese licence plates, new-energy ones included.
- ``[address]``: Chinese addresses down to a house number, or to a building or room of a named estate. A town or a road
  alone stays.
- ``[passport]``, ``[wechat]``, ``[qq]``: what follows such a word.
- More by declaration, see ``Redaction``.

Names in prose are not recognised. A number is judged by its form: an order number that has the form of a mobile, or a
card number's check digit by chance (one in ten of those that begin like a card), is redacted too. Dates, times and
network addresses stay.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

import duckdb
import phonenumbers
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL
from pydantic import AfterValidator, BaseModel, Field
from stdnum import luhn
from stdnum.cn import ric

LEAST_KEY_BYTES = 16

_BLOCK_BYTES = 64
"""Bytes that SHA-256 takes in at a time."""

_BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
"""What ``str.strip`` takes away."""

PSEUDONYM = r"p_[0-9a-f]{24}"
"""What a pseudonym looks like, as a pattern."""


class Pseudonyms:
    """Replaces identifiers by keyed digests (HMAC-SHA-256, RFC 2104).

    The same keys give one pseudonym for an identifier, for ever; without them nobody can test a guessed number.
    Several keys, oldest first, are a key that was rotated: each further one makes a pseudonym of the last one's
    pseudonym. A lake that holds the old pseudonyms can thus be given the new ones without the raw identifiers, which
    nobody has kept, and a customer who comes again gets the pseudonym that the lake already has. The old keys alone
    are then worth nothing, but they are still needed beside the newest.
    """

    def __init__(self, *keys: bytes) -> None:
        if not keys:
            raise ValueError("a pseudonym key is needed")
        for key in keys:
            if len(key) < LEAST_KEY_BYTES:
                raise ValueError(f"a pseudonym key has at least {LEAST_KEY_BYTES} bytes, this one has {len(key)}")
        self._keys = keys

    def __repr__(self) -> str:
        return f"Pseudonyms({self.fingerprint()})"

    def of(self, identifier: str) -> str:
        """Return the pseudonym: ``p_`` and 24 hexadecimal digits (96 bits)."""
        return self._chained(identifier.strip(), self._keys)

    def renewed(self, pseudonym: str, since: Pseudonyms) -> str:
        """Return the pseudonym that takes the place of one that the keys of ``since`` gave."""
        return self._chained(pseudonym, self._keys[len(since._keys) :])

    def follows(self, earlier: Pseudonyms) -> bool:
        """Whether these are the keys of ``earlier`` and at least one more."""
        count = len(earlier._keys)
        return len(self._keys) > count and self._keys[:count] == earlier._keys

    def fingerprint(self) -> str:
        """Return what tells these keys from others without revealing them."""
        told = ""
        for key in self._keys:
            told = hmac.digest(key, b"gaugebook pseudonym key" + told.encode(), "sha256").hex()[:16]
        return told

    def declare(self, con: duckdb.DuckDBPyConnection) -> None:
        """Give the connection the SQL function ``pseudonym(text)``: that of ``of``, null for null and the empty text.

        It is SQL throughout, so that every core makes pseudonyms. The keys stand in variables, not in the text of
        queries, which errors quote.
        """
        digest = "value"
        for n, key in enumerate(self._keys):
            padded = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
            for name, mask in (("inner", 0x36), ("outer", 0x5C)):
                con.execute(f"set variable pseudonym_{name}_{n} = ?", [bytes(byte ^ mask for byte in padded)])
            inner = f"sha256(getvariable('pseudonym_inner_{n}') || encode({digest}))"
            digest = f"'p_' || left(sha256(getvariable('pseudonym_outer_{n}') || unhex({inner})), 24)"
        con.execute("set variable blanks = ?", [_BLANKS])
        con.execute(f"create or replace temp macro digest_of(value) as {digest}")
        con.execute(
            "create or replace temp macro pseudonym(value) as case"
            " when left(value, 1) between '!' and '~' and right(value, 1) between '!' and '~' then digest_of(value)"
            " when value <> '' then digest_of(trim(value, getvariable('blanks'))) end"
        )

    @staticmethod
    def _chained(text: str, keys: Sequence[bytes]) -> str:
        for key in keys:
            text = "p_" + hmac.digest(key, text.encode(), "sha256").hex()[:24]
        return text


Region = Annotated[str, Field(pattern="^[A-Z]{2}$")]
"""A country as ISO 3166-1 names it in two letters."""


def _searchable(pattern: str) -> str:
    """Return a pattern that both Python and DuckDB (RE2) read; raise ``ValueError`` for any other."""
    try:
        found = re.compile(pattern).match("")
        with duckdb.connect() as con:
            con.execute("select regexp_matches('', ?)", [pattern])
    except (re.error, duckdb.Error) as error:
        raise ValueError(f"{pattern!r} is no regular expression that RE2 reads: {error}") from error
    if found:
        raise ValueError(f"{pattern!r} matches an empty text, so it would match everywhere")
    return pattern


class Declared(BaseModel, extra="forbid", frozen=True):
    """One kind of text that a centre wants redacted: ``[kind]`` takes the place of what ``pattern`` finds."""

    kind: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    pattern: Annotated[str, AfterValidator(_searchable)]


class Redaction(BaseModel, extra="forbid", frozen=True):
    """What a centre redacts beyond what is always redacted.

    ``phone_regions`` are the countries whose national telephone numbers count, China always among them. ``also`` turns
    on what is too much like other things to be redacted everywhere: ``id15`` (Chinese identity cards issued before
    1999, fifteen digits with a date), ``plate_gb`` and ``plate_us``. ``patterns`` (regular expressions that RE2 reads)
    are the centre's own, and go before all others.
    """

    phone_regions: tuple[Region, ...] = ("GB", "US")
    also: frozenset[Literal["id15", "plate_gb", "plate_us"]] = frozenset()
    patterns: tuple[Declared, ...] = ()

    def digest(self) -> str:
        """Return what tells this declaration from any other."""
        return repr((self.phone_regions, sorted(self.also), self.patterns))


ALWAYS = Redaction()
"""What is redacted where a centre declares nothing of its own."""


# Full-width forms of ASCII characters count as those: one for one, so that places in the text stay the same.
_NARROW = {**{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}, 0x3000: 0x20}

_APART = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_SAYS = r"(?:号码?|號碼?|账号|number|no|id|is|是|为|[:#=.\s]){0,6}"
_NAMES = r"(?:号码?|號碼?|账号|id|是|为|[:=])(?:is|是|为|[:=\s]){0,6}"
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_SIGN = "[A-HJ-NP-Za-hj-np-z0-9]"

# Characters of a place's name: without the words that stand before an address in a sentence, so as not to swallow them.
_NAME = r"[^\W\d_A-Za-z我你您他她它是的到去住在寄送发给址于为请和从了吗呢吧也都就还要把被叫说]"
_AREA = (
    rf"(?:{_NAME}{{2,8}}?(?:省|自治区|特别行政区))?(?:{_NAME}{{1,7}}?(?:市|自治州|地区|盟))?"
    rf"(?:{_NAME}{{1,7}}?(?:区|县|旗|市))?(?:{_NAME}{{1,7}}?(?:镇|乡|街道))?"
)
_ROAD = rf"{_NAME}{{1,9}}?(?:路|街|大道|道|巷|弄|胡同|里|村|段|屯)(?:[东西南北中]段?)?"
_HOUSE = r"[甲乙附]?[0-9]{1,5}(?:-[0-9]{1,4})? ?[号弄巷](?:院|楼)?"
_ESTATE = (
    rf"{_NAME}{{1,9}}?(?:小区|社区|花园|家园|公寓|大厦|广场|新村|新城|苑|公馆|别墅|宿舍|山庄|写字楼|中心|城|府|里|村)"
)
_ROOMS = (
    r"(?:[ ,-]?(?:[A-Za-z]?[0-9]{1,5}[A-Za-z]?|[甲乙丙丁一二三四五六七八九十]{1,3}) ?"
    r"(?:号楼|号院|号|栋|幢|座|单元|层|楼|室|房))+(?:[ ,-]*[0-9]{3,4}(?![0-9]))?"
)

_WORDED = (
    ("email", r"(?<![A-Za-z0-9À-ɏ._%+-])[A-Za-z0-9À-ɏ._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
    ("passport", rf"(?i:(?:护照|護照|passport){_SAYS}([a-z]{{0,3}}[0-9]{{6,9}})){_END}"),
    ("qq", rf"(?i:(?:(?<![a-z])qq|扣扣){_SAYS})([1-9][0-9]{{4,11}})(?![0-9])"),
    (
        "wechat",
        rf"(?i:(?:微信|薇信|wechat|weixin|(?<![a-z])[vw]x)(?:{_SAYS}(?=[a-z_-]*[0-9])|[^\S\n]*{_NAMES})"
        rf"([a-z0-9][a-z0-9_-]{{5,19}})){_END}",
    ),
)
_PLACED = (
    (
        "plate",
        rf"{_PROVINCE}[A-HJ-NP-Za-hj-np-z][ ·•.-]?(?:[DFdf]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[DFdf]"
        rf"|(?=[A-Za-z]{{0,4}}[0-9]){_SIGN}{{4}}(?:{_SIGN}|[挂学警港澳领])){_END}",
    ),
    ("address", rf"{_AREA}(?:{_ROAD} ?{_HOUSE}(?:[ ,]*{_ESTATE})?(?:{_ROOMS})?|{_ESTATE} ?{_ROOMS})"),
)
"""Kinds and patterns over narrow text, those before the numbers and those after; a group is the part to replace."""

_ALSO = {
    "id15": (
        "id",
        rf"{_APART}[1-9][0-9]{{7}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{{3}}{_END}",
    ),
    "plate_gb": ("plate", rf"{_APART}[A-HJ-PR-Y]{{2}}[0-9]{{2}} ?[A-HJ-PR-Z]{{3}}{_END}"),
    "plate_us": ("plate", rf"{_APART}(?:[0-9][A-Z]{{3}}[0-9]{{3}}|[A-Z]{{3}}[ -]?[0-9]{{4}}){_END}"),
}

_NOBODYS = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2} ?[-/.年] ?(?:1[0-2]|0?[1-9]) ?[-/.月] ?(?:3[01]|[12][0-9]|0?[1-9])"
    r"|(?:3[01]|[12][0-9]|0?[1-9])([-/.])(?:3[01]|[12][0-9]|0?[1-9])\1(?:19|20)[0-9]{2})"
    r"(?:[ T]{1,2}[0-9]{1,2}(?=:))?(?![0-9])"
    r"|(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])"
)
"""Dates, with the hour of a time behind them, and network addresses."""

_BETWEEN = r"[ \t\r\xa0\u2000-\u200b\u202f\xad._()/·•\u2010-\u2015-]"
_RUN = re.compile(rf"(?:\+ ?)?\(?[0-9](?:{_BETWEEN}{{0,3}}[0-9])*(?:[ -]?[Xx]{_END})?")
_BLOCK = re.compile(r"[0-9]+|[Xx]")
_CALLED = re.compile(
    r"(?i)(?:电话|電話|座机|固话|手机|致电|tel|phone|mobile|cell|call)"
    r"(?:号码?|number|no|me|at|on|is|是|为|[:.\s]|[0-9]{7,8}[,;/、或和])*$"
)
_CHINESE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}|[48]00[0-9]{7}")
"""Mobiles, whose prefixes are given out faster than lists of them are, and service numbers."""

_ISSUED = re.compile(r"(?:[3-6]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)[0-9]+")
_FEWEST, _MOST = 7, 19
"""Digits that a number of a person has."""

SUSPICIOUS = (
    r"[@０-９Ａ-Ｚａ-ｚ＠]|[0-9](?:[\t\r\p{Zs}\p{Cf}\p{Pd}._()/·•]{0,3}[0-9]){6}"
    rf"|(?i:qq|扣扣|微信|薇信|wechat|weixin|[vw]x|护照|護照|passport)|{_PROVINCE}[A-Za-z]"
    r"|(?:[0-9][A-Za-z]?|[甲乙丙丁一二三四五六七八九十]) ?[号弄巷栋幢座单层楼室房]"
)
"""A text that this RE2 pattern does not find holds nothing that is always redacted."""

Finder = Callable[[str], Iterator[tuple[int, int, str]]]
"""Yields start, end and kind of what is to be replaced in a narrow text; what it yields does not overlap."""


class Redactor:
    """Replaces in free text what identifies a person by marks such as ``[phone]``; the module's text has the kinds.

    ``suspicious`` is the RE2 pattern without which a text need not be looked at, ``kinds`` the marks there can be.
    """

    def __init__(self, redaction: Redaction | None = None) -> None:
        redaction = redaction or Redaction()
        own = [(each.kind, each.pattern) for each in redaction.patterns]
        also = [_ALSO[name] for name in sorted(redaction.also)]
        searched = [*own, *also]
        self.suspicious = "|".join([SUSPICIOUS, *(f"(?:{_screen(pattern)})" for _, pattern in searched)])
        self.kinds = sorted({"phone", "id", "card", *(kind for kind, _ in (*searched, *_WORDED, *_PLACED))})
        self._finders: list[Finder] = [
            *(_pattern(*each) for each in (*own, *_WORDED)),
            _numbers(("CN", *redaction.phone_regions)),
            *(_pattern(*each) for each in (*_PLACED, *also)),
        ]

    def __call__(self, text: str) -> str:
        """Return ``text`` with the marks in place of what was found."""
        narrow = text.translate(_NARROW)
        found: list[tuple[int, int, str]] = []
        for finder in self._finders:
            for start, end, kind in finder(narrow):
                found.append((start, end, kind))
                narrow = narrow[:start] + "\0" * (end - start) + narrow[end:]
        for start, end, kind in sorted(found, reverse=True):
            text = f"{text[:start]}[{kind}]{text[end:]}"
        return text


def _screen(pattern: str) -> str:
    """Return a pattern that RE2 reads and that finds whatever ``pattern`` finds: without looking around."""
    return pattern.replace(_APART, "").replace(_END, "")


def _pattern(kind: str, pattern: str) -> Finder:
    compiled = re.compile(pattern)
    group = min(compiled.groups, 1)

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        for match in compiled.finditer(text):
            yield *match.span(group), kind

    return find


def _numbers(regions: Sequence[str]) -> Finder:
    def find(text: str) -> Iterator[tuple[int, int, str]]:
        text = _NOBODYS.sub(lambda match: "\0" * len(match[0]), text)
        for run in _RUN.finditer(text):
            blocks = [block.span() for block in _BLOCK.finditer(text, *run.span())]
            if sum(end - start for start, end in blocks) >= _FEWEST:
                yield from _numbers_within(text, run.span(), blocks, regions)

    return find


def _numbers_within(
    text: str, run: tuple[int, int], blocks: Sequence[tuple[int, int]], regions: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    """Find numbers among the blocks of digits of a run: at each block the one that reaches furthest."""
    is_called = _CALLED.search(text, max(0, run[0] - 40), run[0]) is not None
    has_prefix = run[0] > 0 and not is_called and text[run[0] - 1].isascii() and text[run[0] - 1].isalpha()
    has_suffix = run[1] < len(text) and text[run[1]].isascii() and text[run[1]].isalpha()
    first = 0
    while first < len(blocks):
        start = run[0] if first == 0 else blocks[first][0]
        digits, kind, last = "", None, first
        candidates: list[tuple[int, str]] = []
        for index in range(first, len(blocks)):
            digits += text[slice(*blocks[index])]
            if len(digits) > _MOST:
                break
            candidates.append((index, digits))
        for last, digits in reversed(candidates):
            if len(digits) < _FEWEST:
                break
            is_glued = (has_prefix and first == 0) or (has_suffix and last == len(blocks) - 1)
            if is_glued:
                kind = "phone" if first == last and _CHINESE.fullmatch(digits) else None
            else:
                kind = _kind(text[start : blocks[last][1]], digits, last - first + 1, is_called, regions)
            if kind:
                yield start, blocks[last][1], kind
                first = last
                break
        first += 1


def _kind(written: str, digits: str, blocks: int, is_called: bool, regions: Sequence[str]) -> str | None:
    """Judge one number by the way it is written and by its digits."""
    count = len(digits)
    if count == 18 and _is_identity(digits):
        return "id"
    if not digits.isdigit():
        return None
    if written.startswith("+"):
        return "phone" if _is_number(written, None) else None
    if count >= 13 and _ISSUED.fullmatch(digits) and luhn.is_valid(digits):
        return "card"
    if _CHINESE.fullmatch(digits) or (is_called and count <= 8):
        return "phone"
    is_dialled = digits.startswith("0") or is_called or 3 <= blocks <= 5 or (blocks == 2 and digits.startswith("86"))
    return "phone" if is_dialled and any(_is_number(written, region) for region in regions) else None


def _is_identity(number: str) -> bool:
    try:
        ric.get_birth_date(number)
        return ric.calc_check_digit(number) == number[-1].upper()
    except ValueError:
        return False


def _is_number(written: str, region: str | None) -> bool:
    """Whether it is a telephone number; one without ``region`` says its country.

    Of a number that says its country it is enough that it may exist, as of one dialled with the 0 of long distance
    outside China, whose area codes leave little open: ranges are opened faster than lists of them are.
    """
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return False
    may_exist = region is None or (region != "CN" and re.match("0[^0]", written) is not None)
    return phonenumbers.is_possible_number(number) if may_exist else phonenumbers.is_valid_number(number)


def redact(text: str) -> str:
    """Return ``text`` without what is always redacted."""
    return _always(text)


_always = Redactor()


def register(con: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms, redaction: Redaction | None = None) -> Redactor:
    """Give the connection the SQL functions ``pseudonym(text)``, ``redact(text)`` and ``private_text(text)``.

    ``redact`` calls Python for each distinct value of a chunk: apply it to distinct values, or to the few rows that
    need it. ``private_text`` is ``redact`` for all rows: it looks first, in SQL, whether a text needs it.
    """
    redactor = Redactor(redaction)
    pseudonyms.declare(con)
    text = duckdb.sqltype("VARCHAR")
    con.create_function("redact", over_distinct(redactor), [text], text, type=ARROW, null_handling=SPECIAL)
    suspicious = redactor.suspicious.replace("'", "''")
    con.execute(
        "create or replace temp macro private_text(value) as"
        f" case when regexp_matches(value, '{suspicious}') then redact(value) else value end"
    )
    return redactor


def over_distinct(function: Callable[[str], str]) -> Callable[[pa.ChunkedArray], pa.Array]:
    """Return a function of Arrow columns that asks ``function`` once for each distinct value; empty becomes null."""

    def apply(values: pa.ChunkedArray) -> pa.Array:
        texts = values.to_pylist()
        results = {text: function(text) if text else None for text in set(texts)}
        return pa.array([results[text] for text in texts], pa.string())

    return apply


def redactions(
    con: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], kinds: Sequence[str]
) -> dict[tuple[int, str], int]:
    """Count the marks of each of ``kinds`` in redacted columns of a relation, for each ``_file`` and kind.

    A mark that the source itself had put into a text counts as well.
    """
    marks = "|".join(kinds)
    texts = ", ".join(columns)
    has_mark = " or ".join(f"contains({column}, '[')" for column in columns)
    counted = con.execute(
        "select _file, kind, count(*) from (select _file,"
        f" unnest(regexp_extract_all(concat_ws(' ', {texts}), '\\[({marks})\\]', 1)) as kind"
        f" from {relation} where {has_mark}) group by all"
    )
    return {(file, kind): count for file, kind, count in counted.fetchall()}
