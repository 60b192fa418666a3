"""Between a landed file and a format: what is unpacked, what is decoded, and what is refused, whatever the name."""

from __future__ import annotations

import gzip
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest import opening
from ingest.conform import UNDECODABLE
from ingest.formats.base import DeliveredFile
from ingest.opening import Part, opened

TEXT = "工号,姓名\n1,José\n2,王芳\n"

Open = Callable[..., list[Part]]


@pytest.fixture
def open_file(tmp_path: Path) -> Open:
    """Open a file with some content, of any name; a source declares its encoding."""

    def open_file(content: bytes, name: str = "calls.csv", encoding: str = "utf-8") -> list[Part]:
        path = tmp_path / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with opening.spill(tmp_path / "spill") as folder:
            parts = opened(DeliveredFile(path, 3, name, "digest"), encoding, folder / "0")
            open_file.texts = [None if part.refusal else part.file.path.read_bytes() for part in parts]
            spilled = [path for path in (tmp_path / "spill").rglob("*") if path.is_file()]
            assert all(part.file.path == path or part.file.path in spilled for part in parts)
        assert not (tmp_path / "spill").exists()
        return parts

    return open_file


def read(open_file: Open, content: bytes, **given: str) -> str:
    """Return the text that a format gets of a file which holds one."""
    [part] = open_file(content, **given)
    assert part.refusal is None, part.refusal
    [text] = open_file.texts  # type: ignore[attr-defined]
    return text.decode()


def refused(open_file: Open, content: bytes, **given: str) -> str:
    """Return rule and message of a file that is refused."""
    [part] = open_file(content, **given)
    assert part.refusal is not None
    return str(part.refusal)


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def test_text_that_is_utf_8_is_read_where_it_lies(open_file: Open, tmp_path: Path) -> None:
    for content in (TEXT.encode(), TEXT.replace("\n", "\r\n").encode(), b"", b"a"):
        [part] = open_file(content)
        assert part.file.path == tmp_path / "landing" / "calls.csv"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_mark_or_the_pattern_of_nul_bytes_tells_unicode(open_file: Open, encoding: str) -> None:
    assert read(open_file, TEXT.encode(encoding), encoding="gb18030") == TEXT


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", TEXT.replace("é", "e")),
        ("gbk", "姓名,€\n王芳,𠀀\n"),
        ("big5", "姓名,班次\n王芳,早\n"),
        ("latin-1", "name,\nJosé,\n"),
        ("cp1252", "name,price\nJosé,€5\n"),
        ("shift_jis", "名前\n田中\n"),
    ],
)
def test_the_declared_encoding_decides_where_nothing_else_tells(open_file: Open, encoding: str, text: str) -> None:
    content = text.encode("gb18030" if encoding == "gbk" else encoding)
    assert read(open_file, content, encoding=encoding) == text
    # A source whose files turn to UTF-8 one day need not be declared anew.
    assert read(open_file, text.encode(), encoding=encoding) == text


def test_utf_16_without_a_mark_and_without_ascii_is_read_when_declared(open_file: Open) -> None:
    text = "王芳" * 20 + "\n"
    assert read(open_file, text.encode("utf-16-le"), encoding="utf-16") == text


@pytest.mark.parametrize(
    ("text", "encoding", "proposed"),
    [
        ("工号,姓名\n1,王芳\n", "gb18030", "gb18030"),
        ("name,city\nJosé Pérez,Málaga\n", "latin-1", "cp1252"),
        ("姓名,班次\n陳美玲,早班\n", "big5", "big5"),
    ],
)
def test_a_file_in_another_encoding_is_refused_with_the_one_it_fits(
    open_file: Open, text: str, encoding: str, proposed: str
) -> None:
    message = refused(open_file, text.encode(encoding))
    assert "(undecodable)" in message
    assert proposed in message


def test_bytes_of_another_encoding_among_many_lines_are_marked(open_file: Open) -> None:
    lines = ["1,王芳\n".encode()] * 99
    lines[50] = "1,José\n".encode("latin-1")
    text = read(open_file, b"".join(lines))
    assert text.split("\n")[50] == f"1,Jos{UNDECODABLE}e9"
    assert text.count(UNDECODABLE) == 1
    # The same where nothing else lies beyond ASCII: one line in a hundred is damage, no encoding.
    assert read(open_file, b"1,Wang\n" * 99 + b"1,Jos\xe9\n").count(UNDECODABLE) == 1


def test_a_character_cut_off_at_the_end_is_marked(open_file: Open) -> None:
    assert read(open_file, TEXT.encode() + "芳".encode()[:2]) == f"{TEXT}{UNDECODABLE}e8{UNDECODABLE}8a"


@pytest.mark.parametrize("returns", ["a\rb\r", "a\r\nb\rc\nd\r\n"])
def test_lines_ended_by_cr_alone_end_by_lf(open_file: Open, returns: str) -> None:
    assert read(open_file, returns.encode()) == returns.replace("\r\n", "\n").replace("\r", "\n")


def test_byte_order_marks_that_joining_files_leaves_behind_go(open_file: Open) -> None:
    one = "\ufeffa,b\n1,2\n"
    assert read(open_file, (one + one).encode()) == "a,b\n1,2\na,b\n1,2\n"
    assert read(open_file, ("\ufeff\ufeff" + TEXT).encode()) == TEXT
    assert read(open_file, ("1,2\n" + one).encode()) == "1,2\na,b\n1,2\n"


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
@given(
    text=st.text(st.sampled_from("a,\n\r\ufeffé王𠀀"), max_size=30),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_where_chunks_end_makes_no_difference(
    chunk: int, text: str, encoding: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("opening") / "text"
    path.write_bytes(text.encode(encoding))
    results = []
    for size in (chunk, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(opening, "_CHUNK", size)
            with opening.spill(path.with_name("spill")) as folder:
                [part] = opened(DeliveredFile(path, 0, "text", "digest"), encoding, folder / "0")
                results.append(str(part.refusal) if part.refusal else part.file.path.read_bytes())
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "content",
    [b"1|c\x00|x\n", b"a,b\n\0\0\0\0\n", b"\x7fELF\x02\x01\x01\x00\x00", bytes(100), b"a\0b\0c" + bytes(range(256))],
)
def test_binary_files_are_refused(open_file: Open, content: bytes) -> None:
    assert "(binary)" in refused(open_file, content)


def test_the_line_of_a_nul_is_told(open_file: Open) -> None:
    assert "calls.csv, line 3: byte 6 is NUL" in refused(open_file, b"a\nb\nc\0")


def test_packed_files_are_unpacked_whatever_their_names(open_file: Open) -> None:
    content = TEXT.encode()
    half = len(content) // 2
    for packed in (
        gzip.compress(content),
        gzip.compress(content[:half]) + gzip.compress(content[half:]),
        zstandard.compress(content),
        zstandard.compress(content[:half]) + zstandard.compress(content[half:]),
    ):
        assert read(open_file, packed) == TEXT
    assert read(open_file, gzip.compress(TEXT.encode("utf-16"))) == TEXT


def test_a_packed_file_keeps_its_name_and_its_path_loses_the_ending(open_file: Open) -> None:
    for name, plain in (("calls.csv.gz", "calls.csv"), ("calls.CSV.ZST", "calls.CSV"), ("calls.csv", "calls.csv")):
        [part] = open_file(gzip.compress(b"a\n"), name=name)
        assert (part.file.name, part.file.path.name, part.file.index, part.file.digest) == (name, plain, 3, "digest")


def test_each_file_of_an_archive_is_a_part(open_file: Open) -> None:
    content = zipped(
        ("2026/", b""),
        ("2026/a.csv", b"a\n"),
        ("2026\\b.csv", TEXT.encode("utf-16")),
        ("__MACOSX/2026/._a.csv", b"\0"),
        (".DS_Store", b"\0"),
        ("photo.bin", b"\0\1\2"),
    )
    parts = open_file(content, name="export.zip")
    assert [(part.file.name, part.file.path.name) for part in parts[:2]] == [
        ("export.zip/2026/a.csv", "a.csv"),
        ("export.zip/2026/b.csv", "b.csv"),
    ]
    assert open_file.texts == [b"a\n", TEXT.encode(), None]  # type: ignore[attr-defined]
    assert len({part.file.digest for part in parts}) == 3
    assert "export.zip/photo.bin, line 1: byte 1 is NUL" in str(parts[2].refusal)


def test_chinese_names_of_members_survive_archives_that_do_not_declare_them(open_file: Open) -> None:
    for encoding in ("gb18030", "utf-8"):
        content = zipped(("x" * len("考勤.csv".encode(encoding)), b"a\n"))
        content = content.replace(b"x" * len("考勤.csv".encode(encoding)), "考勤.csv".encode(encoding))
        [part] = open_file(content, name="export.zip")
        assert part.file.path.name == "考勤.csv"


def test_workbooks_and_parquet_pass_untouched(open_file: Open, tmp_path: Path) -> None:
    for content in (
        zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>")),
        zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")),
        b"PAR1\0\0\0PAR1",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
    ):
        [part] = open_file(content)
        assert part.refusal is None
        assert part.file.path == tmp_path / "landing" / "calls.csv"


def linked(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "member",
    ["../a.csv", "x/../../a.csv", "/etc/a.csv", "C:\\a.csv", "c:a.csv", "..\\a.csv", "a\n.csv", "..", linked("a.csv")],
)
def test_an_archive_that_would_write_elsewhere_is_refused(open_file: Open, member: str | zipfile.ZipInfo) -> None:
    content = zipped(("good.csv", b"a\n"), (member, b"/etc/passwd"))
    assert "(unsafe_member)" in refused(open_file, content, name="export.zip")


def test_archives_that_cannot_be_trusted_are_refused(open_file: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    encrypted = bytearray(zipped(("a.csv", b"a\n")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + flags] |= 1
    two = zipped(("a.csv", b"1\n"), ("b.csv", b"2\n"))
    nul = two.replace(b"b.csv", b"b\0csv")
    unknown = bytearray(two)
    unknown[unknown.index(b"PK\x01\x02") + 10] = 97
    corrupt = zipped(("a.csv", b"12345678\n"), method=zipfile.ZIP_STORED).replace(b"5678", b"8765")
    monkeypatch.setattr(opening, "MEMBERS", 2)
    for content, rule in (
        (bytes(encrypted), "encrypted_archive"),
        (two.replace(b"b.csv", b"a.csv"), "repeated_member"),
        (nul, "unsafe_member"),
        (zipped(), "empty_archive"),
        (zipped(("a", b""), ("b", b""), ("c", b"")), "too_many_members"),
        (bytes(unknown), "unknown_compression"),
        (two[:-30], "unreadable"),
        (two[:20], "unreadable"),
        (corrupt, "unreadable"),
        (gzip.compress(two), "nested_archive"),
        (gzip.compress(gzip.compress(b"a\n")), "nested_archive"),
        (gzip.compress(TEXT.encode())[:-5], "unreadable"),
        (gzip.compress(TEXT.encode())[:12], "unreadable"),
        (zstandard.compress(TEXT.encode())[:-5], "unreadable"),
        (b"\x1f\x8b cut off", "unreadable"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "unknown_archive"),
        (b"Rar!\x1a\x07\x01\0", "unknown_archive"),
        (b"BZh91AY&SY", "unknown_archive"),
    ):
        assert f"({rule})" in refused(open_file, content), rule
    [part] = open_file(zipped(("inner.zip", two)))
    assert part.refusal is not None
    assert part.refusal.rule == "nested_archive"


def test_bombs_are_refused_before_they_fill_the_disk(open_file: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = b"0" * 3_000_000
    bombs = [
        gzip.compress(zeros),
        zstandard.compress(zeros),
        zipped(("a", zeros)),
        zipped(("a", zeros[:2_000_000]), ("b", zeros)),
    ]
    workbook = zipped(("[Content_Types].xml", b""), ("xl/worksheets/sheet1.xml", zeros))
    assert [part.refusal for bomb in [*bombs, workbook] for part in open_file(bomb)] == [None] * 6
    monkeypatch.setattr(opening, "_CHUNK", 100_000)
    monkeypatch.setattr(opening, "RATIO_FROM", 1_000_000)
    for bomb in [*bombs, workbook]:
        assert "(too_large_unpacked)" in refused(open_file, bomb)
    monkeypatch.setattr(opening, "RATIO", 10**6)
    monkeypatch.setattr(opening, "UNPACKED_BYTES", 2_500_000)
    for bomb in bombs:
        assert "(too_large_unpacked)" in refused(open_file, bomb)
    monkeypatch.setattr(opening, "DOCUMENT_BYTES", 2_500_000)
    assert "(too_large_unpacked)" in refused(open_file, workbook)


def test_a_path_for_a_format_holds_nothing_that_readers_take_for_a_pattern(open_file: Open) -> None:
    for name in ("calls[1].csv", "calls*?.csv", "a\nb.csv", "班次😀" * 20 + ".csv"):
        [part] = open_file(b"a\n", name=name)
        assert not set("*?[]\n") & set(str(part.file.path))
        assert part.file.name == name
        assert part.file.path.name.endswith(".csv")


def test_what_a_crash_left_in_the_spill_folder_goes(tmp_path: Path) -> None:
    (tmp_path / "spill" / "0").mkdir(parents=True)
    (tmp_path / "spill" / "0" / "half").write_text("left")
    with opening.spill(tmp_path / "spill") as folder:
        assert list(folder.iterdir()) == []
