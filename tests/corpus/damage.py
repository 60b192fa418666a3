"""Damage that any file of text may suffer on its way, whatever its format; what only one format suffers is elsewhere.

Nothing here depends on chance: the same files come out each time.
"""

from __future__ import annotations

import gzip
import io
import random
import stat
import zipfile
from collections.abc import Iterator

import zstandard

from tests.corpus.case import Case, Kind

ESCAPED = "gaugebook-corpus-escaped"
"""Name of the files that archives try to write where they must not."""

_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
_ELF = b"\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0>\0"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive; a name may come twice."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def linked(name: str) -> zipfile.ZipInfo:
    """Return a member of an archive that is a symbolic link; its content is where it leads."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(archive: bytes) -> bytes:
    """Return an archive whose members say that they are encrypted."""
    content = bytearray(archive)
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            content[at + flags] |= 1
    return bytes(content)


def _renamed(archive: bytes, before: bytes, after: bytes) -> bytes:
    assert len(before) == len(after)
    return archive.replace(before, after)


def encoded(kind: Kind) -> Iterator[Case]:
    """Yield files that hold every record, in other encodings and with other ends of lines."""
    text = kind.text()
    contents = {
        "utf-8 with a mark": text.encode("utf-8-sig"),
        "utf-8 with two marks": b"\xef\xbb\xbf" + text.encode("utf-8-sig"),
        "utf-16 le with a mark": b"\xff\xfe" + text.encode("utf-16-le"),
        "utf-16 be with a mark": b"\xfe\xff" + text.encode("utf-16-be"),
        "utf-16 le": text.encode("utf-16-le"),
        "utf-16 be": text.encode("utf-16-be"),
        "utf-32 with a mark": text.encode("utf-32"),
        "lines ended by crlf": text.replace("\n", "\r\n").encode(),
        "lines ended by cr": text.replace("\n", "\r").encode(),
        "lines ended by all three": _mixed_ends(text).encode(),
        "blank lines at the end": kind.good() + b"\n\r\n\n",
    }
    for what, content in contents.items():
        yield Case(f"{what}.{kind.ending}", content, fit=len(kind.records))


def packed(kind: Kind) -> Iterator[Case]:
    """Yield files that hold every record, packed in all ways and under odd names."""
    text, good = kind.text(), kind.good()
    count = len(kind.records)
    half = len(good) // 2
    name = f"member.{kind.ending}"
    contents = {
        "gzip": gzip.compress(good),
        "gzip of two members": gzip.compress(good[:half]) + gzip.compress(good[half:]),
        "gzip of utf-16": gzip.compress(text.encode("utf-16")),
        "zstandard": zstandard.compress(good),
        "zstandard of two frames": zstandard.compress(good[:half]) + zstandard.compress(good[half:]),
        "zip": zipped((name, good)),
        "zip without compression": zipped((name, good), method=zipfile.ZIP_STORED),
        "zip with what macos adds": zipped(
            ("a/", b""), (f"a/{name}", good), (f"__MACOSX/a/._{name}", b"\0\5"), ("a/.DS_Store", b"\0")
        ),
        "zip with windows paths": zipped((f"a\\{name}", good)),
        "zip of utf-16": zipped((name, text.encode("utf-16"))),
    }
    for what, content in contents.items():
        yield Case(f"{what}.{kind.ending}", content, fit=count)
    for odd in (
        "newline\nin the name",
        "emoji 😀 and 汉字",
        "brackets [1] and * and ?",
        "quotes ' \" ` and %s {}",
        "-rf",
        "long " + "x" * 200,
        "spaces  and\ttabs ",
        "a folder/another one/file",
        "backslash \\ and $HOME ~",
    ):
        yield Case(f"{odd}.{kind.ending}", good, fit=count)
    yield Case(f"a good file beside a photo.zip.{kind.ending}", zipped((name, good), ("photo", _PNG)), fit=count)
    yield Case(f"two copies.zip.{kind.ending}", zipped((f"1{name}", good), (f"2{name}", good)), fit=2 * count)


def refused(kind: Kind) -> Iterator[Case]:
    """Yield files of which nothing may load."""
    good = kind.good()
    name = f"member.{kind.ending}"
    archive = zipped((name, good))
    flawed = bytearray(gzip.compress(good))
    flawed[-6] ^= 0xFF
    chance = random.Random(1)
    tricks = {
        "leads up": f"../../../../../../../../{ESCAPED}",
        "leads up from a folder": f"a/../../../../{ESCAPED}",
        "leads up the windows way": f"..\\..\\..\\{ESCAPED}",
        "absolute": f"/tmp/{ESCAPED}",
        "with a drive": f"C:\\{ESCAPED}",
        "with a newline": f"a\n{ESCAPED}",
    }
    rules = {
        "unreadable": {
            "gzip cut short": gzip.compress(good)[:-9],
            "gzip of ten bytes": gzip.compress(good)[:10],
            "gzip with a wrong sum": bytes(flawed),
            "zstandard cut short": zstandard.compress(good)[:-9],
            "zip cut short": archive[:-30],
            "zip cut in half": archive[: len(archive) // 2],
            "zip with a flawed member": _flawed(archive),
        },
        "encrypted_archive": {"zip with a password": encrypted(archive)},
        "empty_archive": {"empty zip": zipped(), "zip of folders": zipped(("a/", b""), ("a/.hidden", good))},
        "unsafe_member": {
            **{f"zip {what}": zipped((name, good), (trick, good)) for what, trick in tricks.items()},
            "zip with a link": zipped((name, good), (linked("link"), b"/etc/passwd")),
            "zip with a nul": _renamed(zipped((name, good), ("evil.txt", good)), b"evil.txt", b"evil\0txt"),
        },
        "repeated_member": {"zip with a name twice": _renamed(zipped(("1", good), ("2", good)), b"2PK", b"1PK")},
        "nested_archive": {
            "zip in a zip": zipped(("inner.zip", archive)),
            "gzip in a zip": zipped((f"{name}.gz", gzip.compress(good))),
            "zip in gzip": gzip.compress(archive),
            "gzip in gzip": gzip.compress(gzip.compress(good)),
        },
        "unknown_archive": {
            "7z": b"7z\xbc\xaf\x27\x1c\0\4" + good,
            "rar": b"Rar!\x1a\x07\x01\0" + good,
            "bzip2": b"BZh91AY&SY" + good,
            "xz": b"\xfd7zXZ\0\0\4" + good,
        },
        "binary": {
            "photo": _PNG + good,
            "program": _ELF + good,
            "nul within": good[: len(good) // 2] + b"\0" + good[len(good) // 2 :],
            "nuls at the end": good + bytes(4096),
            "only nuls": bytes(4096),
            "noise": chance.randbytes(4096),
        },
    }
    for rule, files in rules.items():
        for what, content in files.items():
            yield Case(f"{what}.{kind.ending}", content, refused=rule)
    if not kind.text().isascii():
        yield Case(f"gb18030 undeclared.{kind.ending}", kind.text().encode("gb18030"), refused="undecodable")


def partial(kind: Kind) -> Iterator[Case]:
    """Yield files of which one record is damaged and every other loads."""
    lines = kind.good().split(b"\n")
    count = len(kind.records)
    # Long enough a file that one line is not taken for its encoding.
    at = len(kind.header) + 20
    for what, byte in (("latin-1", b"\xe9"), ("gb18030", "王".encode("gb18030")), ("half a character", b"\xe7\x8e")):
        damaged = [*lines[:at], _inserted(lines[at], byte), *lines[at + 1 :]]
        yield Case(f"a line in {what}.{kind.ending}", b"\n".join(damaged), fit=count - 1, set_aside=1)


def bombs(kind: Kind) -> Iterator[Case]:
    """Yield small files that unpack to far more than they are: 80 MiB here, as much as it takes to be seen."""
    filling = b"0" * (80 * 1024**2)
    for what, content in {
        "gzip": gzip.compress(filling),
        "zstandard": zstandard.compress(filling),
        "zip": zipped((f"member.{kind.ending}", filling)),
        "zip of two halves": zipped(("a", filling[: len(filling) // 2]), ("b", filling[: len(filling) // 2])),
        "workbook": zipped(("[Content_Types].xml", b"<x/>"), ("xl/worksheets/sheet1.xml", filling)),
    }.items():
        yield Case(f"{what} bomb.{kind.ending}", content, refused="too_large_unpacked")


def _mixed_ends(text: str) -> str:
    ends = ("\n", "\r\n", "\r")
    return "".join(f"{line}{ends[n % 3]}" for n, line in enumerate(text.removesuffix("\n").split("\n")))


def _flawed(archive: bytes) -> bytes:
    """Return an archive with a byte of its first member's content changed."""
    content = bytearray(archive)
    content[archive.index(b"PK\x01\x02") - 5] ^= 0xFF
    return bytes(content)


def _inserted(line: bytes, damage: bytes) -> bytes:
    """Return a line with bytes put behind its last letter, be it of English or Chinese."""
    last = max(n for n, byte in enumerate(line) if byte >= 0x80 or chr(byte).isalpha())
    return line[: last + 1] + damage + line[last + 1 :]
