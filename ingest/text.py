"""Chinese text in one form for whatever reads it later: counts of words, rules of wording, search.

The text as delivered stays what it is; this is made where a text is used. What is personal in it is ``privacy``'s.

In order:

1. Unicode NFKC (UAX #15): full-width letters and digits, ligatures and composed signs in their common form.
2. One space for a run of spaces, one line break for a run of line breaks; none at the ends of lines.
3. Glosses are taken out: pinyin in brackets behind a Chinese character, 你好(nǐ hǎo). It is pinyin when every part has
   the form of a syllable and a tone is marked, by sign or number, or when it is a particle's toneless syllable, 的(de).
4. Traditional characters become simplified ones (OpenCC, t2s).
5. A sentence or line of ``LONG`` characters or more that has occurred before is left out.

Applying it again changes nothing; the result is never longer than the NFKC form; ASCII text without repeated sentences
and runs of blanks stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources

import duckdb
import opencc
from duckdb.func import ARROW, SPECIAL

from ingest.privacy import over_distinct

LONG = 16
"""Characters from which on a repeated sentence is a repeated passage; shorter ones are said twice on purpose."""

_SYLLABLE = "[a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿêếề]{1,6}[1-5]?"
_TONE = "[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿếề1-4]"
_PARTICLE = "de|le|me|ne|ba|ma|zi|men|ya|la|zhe|guo|a"
_BRACKETED = rf"(?:{_PARTICLE}|(?=[^)\]】〕]*{_TONE}){_SYLLABLE}(?:[ '·-]?{_SYLLABLE})*) ?"
_GLOSS = re.compile(rf"(?i)(?<=[\u3400-\u9fff])(?: ?[(\[【〔] ?{_BRACKETED}[)\]】〕])+")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?\n[\n ]*")
_SENTENCE = re.compile(r"[^\n。!?]*(?:[。!?]+\n?|\n|$)")
_HAN = r"[\u3400-\u9fff]"

OTHERWISE = r"[^\x20-\x7e]|  |^ | $|[!?].{16}"
"""A text that this RE2 pattern does not find is plain already."""


def plain(text: str) -> str:
    """Return the text in its plain form."""
    text = _BREAKS.sub("\n", _BLANKS.sub(" ", unicodedata.normalize("NFKC", text))).strip(" \n")
    text = _GLOSS.sub("", text)
    if not _traditional().isdisjoint(text):
        text = _simplifier().convert(text)
    return _once(text)


def register(con: duckdb.DuckDBPyConnection) -> None:
    """Give the connection the SQL function ``plain_text(text)``; it calls Python only for texts that may need it."""
    text = duckdb.sqltype("VARCHAR")
    con.create_function("made_plain", over_distinct(plain), [text], text, type=ARROW, null_handling=SPECIAL)
    con.execute(
        "create or replace temp macro plain_text(value) as"
        f" case when regexp_matches(value, '{OTHERWISE}') then made_plain(value) else value end"
    )


def _once(text: str) -> str:
    seen: set[str] = set()
    kept: list[str] = []
    for sentence in _SENTENCE.findall(text):
        passage = sentence.strip()
        if len(passage) < LONG or passage not in seen:
            kept.append(sentence)
        seen.add(passage)
    return "".join(kept).strip(" \n")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _traditional() -> frozenset[str]:
    """Return the characters without which the simplifier leaves a text alone."""
    entries = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8")
    return frozenset(line[0] for line in entries.splitlines())
