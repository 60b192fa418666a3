"""Chinese text comes into one form: without glosses, simplified, said once; English stays as it is."""

from __future__ import annotations

import unicodedata

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text import plain, register

PASSAGE = "客服人员应当在三声之内接听每一个电话。"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好(nǐ hǎo)，欢迎", "你好,欢迎"),
        ("中（zhōng）心（xīn）", "中心"),
        ("银行(yínháng)的(de)客服(kefu4)", "银行的客服"),
        ("長城 (chang2 cheng2) 電線", "长城 电线"),
        ("学习【xué xí】材料", "学习材料"),
        ("業務(wù)體驗區", "业务体验区"),
        ("手机(iPhone)坏了", "手机(iPhone)坏了"),
        ("会员(VIP)专线(vip)", "会员(VIP)专线(vip)"),
        ("价格(USD 100)", "价格(USD 100)"),
        ("ＡＢＣ１２３", "ABC123"),
        ("一\u3000\u3000二 \n\n\n 三 ", "一 二\n三"),
        (f"{PASSAGE}{PASSAGE}", PASSAGE),
        (f"{PASSAGE}\n其他\n{PASSAGE}", f"{PASSAGE}\n其他"),
        ("好的。好的。", "好的。好的。"),
        ("", ""),
    ],
)
def test_plain_form(text: str, expected: str) -> None:
    assert plain(text) == expected


SAID = st.lists(
    st.one_of(
        st.sampled_from(
            [PASSAGE, "中(zhōng)", "(xīn)", " ", "\n", "業務", "乾隆", "。", "Good morning!", "(de)", "１", "瞭解"]
        ),
        st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=4),
        st.text(max_size=6),
    ),
    max_size=12,
).map("".join)


@given(SAID)
def test_applying_it_again_changes_nothing_and_nothing_grows(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert len(once) <= len(unicodedata.normalize("NFKC", text))


@given(st.from_regex(r"[A-Za-z0-9,;:'\"()@#/-]+( [A-Za-z0-9,;:'\"()@#/-]+){0,20}[.!?]?", fullmatch=True))
def test_ascii_english_stays(text: str) -> None:
    assert plain(text) == text


@given(SAID)
def test_sql_leaves_out_only_texts_that_are_plain_already(text: str) -> None:
    with duckdb.connect() as con:
        register(con)
        text = text.replace("\0", "")
        assert con.execute("select plain_text(?), plain_text(null)", [text]).fetchone() == (plain(text), None)


def test_seed_like_text_loses_every_gloss() -> None:
    """Three glossed characters in a row, each gloss counted: 3 characters and a comma remain of 3 + 4 + 3 signs."""
    assert plain("呼(hū)叫(jiào)中心，服務(fú wù)至上") == "呼叫中心,服务至上"
