"""Customers are pseudonyms that only the key can make; free text loses what identifies a person."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.privacy import (
    PSEUDONYM,
    SUSPICIOUS,
    Declared,
    Pseudonyms,
    Redaction,
    Redactor,
    redact,
    redactions,
    register,
)

KEY = b"a key that only tests use"
NEXT = b"another key of the tests"


def test_a_pseudonym_is_stable_keyed_and_tells_nothing() -> None:
    pseudonym = Pseudonyms(KEY).of("13800138000")
    assert re.fullmatch(PSEUDONYM, pseudonym)
    assert pseudonym == Pseudonyms(KEY).of(" 13800138000 ")
    assert pseudonym != Pseudonyms(KEY + b"!").of("13800138000")


def test_the_fingerprint_tells_keys_apart_and_hides_them() -> None:
    assert Pseudonyms(KEY).fingerprint() == Pseudonyms(KEY).fingerprint()
    assert Pseudonyms(KEY).fingerprint() != Pseudonyms(KEY + b"!").fingerprint()
    assert Pseudonyms(KEY).fingerprint() != Pseudonyms(KEY, NEXT).fingerprint() != Pseudonyms(NEXT).fingerprint()
    assert "tests" not in repr(Pseudonyms(KEY))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonyms(b"short")
    with pytest.raises(ValueError, match="at least 16 bytes"):
        Pseudonyms(KEY, b"short")


def test_sql_makes_the_pseudonyms_that_are_made_one_by_one() -> None:
    pseudonyms = Pseudonyms(KEY, NEXT * 5)
    identifiers = ["13800138000", " 138\t", "\x1c138\x85", "\u3000张三\xa0", "ä~", "\u200b138", " ", "a" * 200]
    with duckdb.connect() as con:
        pseudonyms.declare(con)
        made = con.execute("select pseudonym(unnest(?::varchar[]))", [identifiers]).fetchall()
    assert [pseudonym for (pseudonym,) in made] == [pseudonyms.of(identifier) for identifier in identifiers]


def test_a_rotated_key_gives_a_customer_who_comes_again_the_pseudonym_the_lake_was_given() -> None:
    before, after = Pseudonyms(KEY), Pseudonyms(KEY, NEXT)
    assert after.of("13800138000") == after.renewed(before.of("13800138000"), before)
    assert after.of("13800138000") not in (before.of("13800138000"), Pseudonyms(NEXT).of("13800138000"))
    thrice = Pseudonyms(KEY, NEXT, KEY + b"!")
    assert thrice.of("x") == thrice.renewed(after.of("x"), after) == thrice.renewed(before.of("x"), before)


def test_keys_follow_only_their_own_beginning() -> None:
    assert Pseudonyms(KEY, NEXT).follows(Pseudonyms(KEY))
    assert not Pseudonyms(KEY).follows(Pseudonyms(KEY))
    assert not Pseudonyms(NEXT, KEY).follows(Pseudonyms(KEY))


# 11010519491231002X is the example of GB 11643, 440308199901101512 a made-up number of the same rule:
# 4·7+4·9+0·10+3·5+0·8+8·4+1·2+9·1+9·6+9·3+0·7+1·9+1·10+0·5+1·8+5·4+1·2 = 252, 252 mod 11 = 10, so the digit is 2.
# 4111 1111 1111 1111 and 3782 822463 10005 are well-known card numbers for tests. 6222020000000000000, of nineteen
# digits: from the right 2 + 6 at odd places, and 2 three times at even ones, doubled: 8 + 12 = 20.
PERSONAL = [
    ("打我电话13812345678谢谢", "打我电话[phone]谢谢"),
    ("手机 138-1234-5678", "手机 [phone]"),
    ("+86 138 1234 5678", "[phone]"),
    ("（+86）13812345678", "（[phone]"),
    ("008613812345678", "[phone]"),
    ("8613912345678请回电", "[phone]请回电"),
    ("我的号是１３８１２３４５６７８", "我的号是[phone]"),
    ("1 3 8 1 2 3 4 5 6 7 8", "[phone]"),
    ("1-3-8-1-2-3-4-5-6-7-8", "[phone]"),
    ("13812345678 13912345678", "[phone] [phone]"),
    ("13812345678/13912345678", "[phone]/[phone]"),
    ("198\u200b1234\u200b5678", "[phone]"),
    ("座机010-62345678", "座机[phone]"),
    ("座机（010）6234 5678", "座机[phone]"),
    ("0755-8234-5678转分机", "[phone]转分机"),
    ("办公室021 6234 5678", "办公室[phone]"),
    ("电话62345678", "电话[phone]"),
    ("电话：62345678,62345679", "电话：[phone],[phone]"),
    ("客服 400-810-8888", "客服 [phone]"),
    ("tel:13812345678", "tel:[phone]"),
    ("call +44 7700 900123 now", "call [phone] now"),
    ("0161 496 0999", "[phone]"),
    ("my number is 020 7946 0000.", "my number is [phone]."),
    ("(212) 555-0199", "[phone]"),
    ("212-555-0199 after six", "[phone] after six"),
    ("ring me on +1 415 555 2671", "ring me on [phone]"),
    ("+852 9123 4567", "[phone]"),
    ("phone 4155552671", "phone [phone]"),
    ("身份证11010519491231002X。", "身份证[id]。"),
    ("身份证 110105 19491231 002x", "身份证 [id]"),
    ("440308199901101512", "[id]"),
    ("４４０３０８１９９９０１１０１５１２", "[id]"),
    ("card 4111 1111 1111 1111", "card [card]"),
    ("卡4111111111111111", "卡[card]"),
    ("amex 3782-822463-10005 exp", "amex [card] exp"),
    ("银行卡6222020000000000000", "银行卡[card]"),
    ("write to wang.xm+1@example.com.cn!", "write to [email]!"),
    ("邮箱是wang@example.com", "邮箱是[email]"),
    ("ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[email]"),
    ("O_Neil-3@mail.example.co.uk, thanks", "[email], thanks"),
    ("车牌京A12345", "车牌[plate]"),
    ("粤B·D12345的车", "[plate]的车"),
    ("沪a88888停在门口", "[plate]停在门口"),
    ("新能源川A12345F", "新能源[plate]"),
    ("粤Z1234港", "[plate]"),
    ("微信号:wang_xm88", "微信号:[wechat]"),
    ("加我微信 abc123456", "加我微信 [wechat]"),
    ("加vx13812345678", "加vx[wechat]"),
    ("my wechat id is zhangwei", "my wechat id is [wechat]"),
    ("QQ号是123456789", "QQ号是[qq]"),
    ("扣扣10001234", "扣扣[qq]"),
    ("护照号E12345678", "护照号[passport]"),
    ("passport no. 533380006", "passport no. [passport]"),
    ("我住在北京市朝阳区建国路88号2栋301室", "我住在[address]"),
    ("寄到浙江省杭州市西湖区文三路 138 号", "寄到[address]"),
    ("送到幸福小区三号楼2单元502", "送到[address]"),
    ("上海市浦东新区世纪大道１００号", "[address]"),
    ("地址：中山北路3663号理科大楼", "地址：[address]理科大楼"),
]
HARMLESS = [
    "order 202610250001234",
    "订单号2026102512345678已发货",
    "单号SF1234567890123",
    "快递YT7654321098765在路上",
    "2026-10-25 10:00:00",
    "2026年10月25日10点",
    "09-10-2026 10:30",
    "25/10/2026",
    "it cost 1,234,567.00",
    "共计1234567.89元",
    "version 1.2.3.4",
    "IP 192.168.100.200",
    "110105194912310021",
    "meet @ noon",
    "电话10086打不通",
    "请拨95588",
    "wechat payment failed",
    "微信支付失败了",
    "QQ音乐打不开",
    "护照丢了怎么办",
    "北京市朝阳区",
    "我在人民路等车",
    "5号楼的电梯坏了",
    "第3层没有信号",
    "3号线地铁",
    "京东的快递",
    "苏州A级景区",
    "error 0x80070005",
    "uuid 6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "sku 12345678",
    "充值100元 200元 300元",
    "1767603600123",
    "the score was 3-2, 4-1, 5-0",
    "Room 301, second floor",
    "",
]


@pytest.mark.parametrize(("text", "redacted"), PERSONAL)
def test_what_identifies_a_person_is_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize("text", HARMLESS)
def test_what_identifies_nobody_stays(text: str) -> None:
    assert redact(text) == text


def test_personal_and_harmless_texts_mix_without_touching_each_other() -> None:
    """Recall and precision of the labelled texts stay 1 when each stands beside another in one message."""
    for index, (text, redacted) in enumerate(PERSONAL):
        harmless = HARMLESS[index % len(HARMLESS)]
        assert redact(f"{harmless}\n{text}") == f"{harmless}\n{redacted}"


@given(
    st.lists(st.one_of(st.sampled_from([text for text, _ in PERSONAL] + HARMLESS), st.text(max_size=12)), max_size=4)
)
def test_sql_screens_out_only_texts_that_hold_nothing_to_replace(parts: list[str]) -> None:
    text = "".join(parts).replace("\0", "")
    if redact(text) != text:
        assert duckdb.execute("select regexp_matches(?, ?)", [text, SUSPICIOUS]).fetchone() == (True,)


@given(st.lists(st.sampled_from([text for text, _ in PERSONAL] + HARMLESS), max_size=5))
def test_redacting_again_changes_nothing(parts: list[str]) -> None:
    once = redact(" ".join(parts))
    assert redact(once) == once


DECLARED = Redaction(
    phone_regions=("ES",),
    also=frozenset({"id15", "plate_gb", "plate_us"}),
    patterns=(Declared(kind="order", pattern=r"(?i)ord-([0-9]{6})"), Declared(kind="street", pattern=r"[0-9]+ Elm St")),
)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("ORD-123456 to 12 Elm St", "ORD-[order] to [street]"),
        ("912 345 678", "[phone]"),
        ("0161 496 0999", "0161 496 0999"),
        ("旧身份证110105491231002", "旧身份证[id]"),
        ("my car AB12 CDE", "my car [plate]"),
        ("plate ABC-1234", "plate [plate]"),
    ],
)
def test_a_centre_declares_more(text: str, redacted: str) -> None:
    redactor = Redactor(DECLARED)
    assert redactor(text) == redacted
    assert redact(text) == ("[phone]" if text.startswith("0161") else text)
    if redacted != text:
        assert duckdb.execute("select regexp_matches(?, ?)", [text, redactor.suspicious]).fetchone() == (True,)
    assert {"order", "street", "plate", "phone"} <= set(redactor.kinds)


@pytest.mark.parametrize(("pattern", "why"), [("(", "RE2"), (r"(?<=a)b", "RE2"), ("a*", "everywhere")])
def test_a_pattern_that_cannot_be_searched_for_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Declared(kind="own", pattern=pattern)


def test_sql_functions_and_counts_of_marks_by_file_and_kind() -> None:
    with duckdb.connect() as con:
        redactor = register(con, Pseudonyms(KEY), DECLARED)
        assert con.execute("select redact('a@b.cn'), redact(null), pseudonym(null), pseudonym('')").fetchone() == (
            "[email]",
            None,
            None,
            None,
        )
        con.execute("""
            create table said as select _file, private_text(body) as body, private_text(comment) as comment from (values
                (0, '13812345678 13912345678', 'a@b.cn'), (0, 'nothing', null), (1, 'ord-123456 [sic]', '13812345678')
            ) t(_file, body, comment)
        """)
        # File 0: two telephone numbers and an address in one row; file 1: an order and a number; [sic] is no mark.
        assert redactions(con, "said", ["body", "comment"], redactor.kinds) == {
            (0, "phone"): 2,
            (0, "email"): 1,
            (1, "order"): 1,
            (1, "phone"): 1,
        }
