"""What stands between a landed file and a format: unpacking, and text of any encoding into UTF-8.

What a file is, its first bytes say, never its name. A format receives text as UTF-8 without byte order mark and with
lines ended by LF or CRLF, and documents (workbooks, Parquet) as they are. A file that already is so is handed on in
place; everything else goes through the spill folder, chunk by chunk, so that memory does not depend on the file.

Of a byte order mark, valid UTF-8 and the source's declared ``encoding`` the first that applies decides. Bytes that
then do not belong to the encoding become ``UNDECODABLE`` and two hexadecimal digits: they cost the rows they stand in,
not the file, unless the encoding as a whole is wrong. What the text means does not belong here.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from ingest.conform import UNDECODABLE
from ingest.formats.base import DeliveredFile, RefusedFile

UNPACKED_BYTES = 32 * 1024**3
"""The most that one delivered file may hold unpacked: a year of a large centre's calls is less, a disk more."""

RATIO, RATIO_FROM = 200, 64 * 1024**2
"""How many times larger than packed a file may be unpacked, once that is 64 MiB: logs reach 20 to 50, bombs 1,000."""

DOCUMENT_BYTES = 2 * 1024**3
"""The most that a workbook may hold unpacked: it is read into memory, and a sheet of a million rows is less."""

MEMBERS = 10_000
"""The most files in one archive: one for each 15 minutes of a hundred days."""

STRAY = 0.05
"""Share of lines up to which undecodable bytes are damage, and above which the file is in another encoding."""

_CHUNK = 4 * 1024 * 1024
_SAMPLE = 4 * 1024 * 1024
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_DOCUMENTS = (b"PAR1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OTHER_ARCHIVES = {b"7z\xbc\xaf\x27\x1c": "7-Zip", b"Rar!\x1a\x07": "RAR", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""In the order in which they are looked for: the mark of UTF-16 LE begins that of UTF-32 LE."""

_DECODERS = {"gbk": "gb18030", "utf-16": "utf-16-le"}
"""GB18030 holds all of GBK; without a byte order mark UTF-16 is nearly always little-endian."""

_UNPLAIN = re.compile(r"[*?\[\]\x00-\x1f\x7f\ud800-\udfff]")
"""What a path handed to a format never holds: readers take some for patterns, others cannot be written at all."""


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(f"{UNDECODABLE}{byte:02x}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("gaugebook-mark", _marked)


@dataclass(frozen=True)
class Part:
    """A file as a format gets it, or why it cannot; an archive has one for each file in it."""

    file: DeliveredFile
    refusal: RefusedFile | None = None


@contextmanager
def spill(folder: Path) -> Iterator[Path]:
    """Make an empty folder for files on their way and delete it afterwards; what a crash left in it goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def opened(file: DeliveredFile, encoding: str, folder: Path) -> list[Part]:
    """Return what a landed file holds as formats read it; copies go into ``folder``, which is new.

    ``encoding`` is the one the source declares. The parts of an archive are named ``archive.zip/member.csv``. All parts
    have the index of ``file``.
    """
    try:
        head = _head(file)
        codec = next((codec for magic, codec in _PACKED.items() if head.startswith(magic)), None)
        if codec:
            return [_part(_inflated(file, codec, folder), encoding, folder, is_unpacked=True)]
        if head.startswith(_ZIP) and not _is_document(file):
            return [_part(member, encoding, at, is_unpacked=True) for member, at in _members(file, folder)]
    except RefusedFile as refusal:
        return [Part(file, refusal)]
    return [_part(file, encoding, folder)]


def _part(file: DeliveredFile, encoding: str, folder: Path, *, is_unpacked: bool = False) -> Part:
    try:
        head = _head(file)
        if is_unpacked:
            _not_packed(file, head)
        _no_other_archive(file, head)
        if not head.startswith((*_ZIP, *_DOCUMENTS)):
            file = _text(file, encoding, folder)
        return Part(_plainly_named(file, folder))
    except RefusedFile as refusal:
        return Part(file, refusal)


def _head(file: DeliveredFile) -> bytes:
    with file.path.open("rb") as content:
        return content.read(8)


def _refusal(file: DeliveredFile, rule: str, message: str, mend: str, line: int | None = None) -> RefusedFile:
    return RefusedFile(file, line, rule, message, mend)


def _damaged(file: DeliveredFile, error: Exception) -> RefusedFile:
    return _refusal(
        file, "unreadable", f"the archive is damaged or cut short: {error}", "deliver the file again, complete"
    )


def _spilled(folder: Path, name: str) -> Path:
    """Return a path in ``folder`` for a file of any name: only the last part of the name counts, made plain."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = _UNPLAIN.sub("_", PurePosixPath(name).name)
    return folder / (plain if len(plain.encode()) <= 200 else f"{plain[:40]}…{plain[-25:]}")


def _plainly_named(file: DeliveredFile, folder: Path) -> DeliveredFile:
    if not _UNPLAIN.search(str(file.path)):
        return file
    alias = _spilled(folder / "alias", file.path.name)
    alias.symlink_to(file.path.absolute())
    return replace(file, path=alias)


# Unpacking


def _copy(file: DeliveredFile, content: Any, target: Path, packed: int, before: int = 0) -> str:
    """Unpack ``content`` into ``target`` and return its SHA-256; ``before`` bytes of the file were unpacked already."""
    digest = hashlib.sha256()
    total = before
    with target.open("wb") as out:
        while chunk := content.read(_CHUNK):
            total += len(chunk)
            _guard(file, total, packed, UNPACKED_BYTES)
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _guard(file: DeliveredFile, unpacked: int, packed: int, limit: int) -> None:
    if unpacked > limit or (unpacked > RATIO_FROM and unpacked > RATIO * packed):
        raise _refusal(
            file,
            "too_large_unpacked",
            f"the file unpacks to more than {limit / 1024**3:g} GiB or {RATIO} times its size, as archives made to"
            " fill disks do",
            "deliver the content in smaller files, or unpacked",
        )


def _inflated(file: DeliveredFile, codec: str, folder: Path) -> DeliveredFile:
    """Return a compressed file unpacked; it may consist of several members (gzip) or frames (Zstandard)."""
    target = _spilled(folder, re.sub(r"(?i)\.(gz|zst|zstd)$", "", file.name))
    try:
        with pa.OSFile(str(file.path)) as packed:
            _copy(file, pa.CompressedInputStream(packed, codec), target, file.path.stat().st_size)
    except OSError as error:
        raise _damaged(file, error) from error
    return replace(file, path=target)


def _not_packed(file: DeliveredFile, head: bytes) -> None:
    """Refuse an archive inside of another."""
    if head.startswith(tuple(_PACKED)) or (head.startswith(_ZIP) and not _is_document(file)):
        mend = "pack the files once, or deliver them unpacked"
        raise _refusal(file, "nested_archive", "the archive holds another archive", mend)


def _no_other_archive(file: DeliveredFile, head: bytes) -> None:
    """Refuse kinds of archives that are not read."""
    for magic, name in _OTHER_ARCHIVES.items():
        if head.startswith(magic):
            mend = "deliver the file unpacked, or as .gz, .zip or .zst"
            raise _refusal(file, "unknown_archive", f"{name} archives are not read", mend)


@contextmanager
def _zip(file: DeliveredFile) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file.path) as archive:
            yield archive
    except NotImplementedError as error:
        mend = "pack it as a plain .zip (method Deflate) without a password"
        raise _refusal(file, "unknown_compression", f"the archive cannot be unpacked: {error}", mend) from error
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error) as error:
        raise _damaged(file, error) from error


def _is_document(file: DeliveredFile) -> bool:
    """Return whether a zip file is a workbook, having read it whole once: its reader would not survive a bomb."""
    with _zip(file) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" not in names and names[:1] != ["mimetype"]:
            return False
        total = 0
        for info in archive.infolist():
            with archive.open(info) as content:
                while chunk := content.read(_CHUNK):
                    total += len(chunk)
                    _guard(file, total, file.path.stat().st_size, DOCUMENT_BYTES)
    return True


def _members(file: DeliveredFile, folder: Path) -> Iterator[tuple[DeliveredFile, Path]]:
    """Unpack the files of a zip archive, each into a folder of its own; refuse an archive that cannot be trusted.

    Folders, hidden files and what macOS adds are left out, as they are in landing.
    """
    with _zip(file) as archive:
        members = [(info, _member_name(info)) for info in archive.infolist() if not info.is_dir()]
        members = [(info, name) for info, name in members if not _is_hidden(name)]
        _trusted(file, members)
        packed = file.path.stat().st_size
        total = 0
        for n, (info, name) in enumerate(members):
            at = folder / str(n)
            target = _spilled(at / "member", name)
            with archive.open(info) as content:
                digest = _copy(file, content, target, packed, total)
            total += target.stat().st_size
            member = DeliveredFile(target, file.index, f"{file.name}/{name}", digest)
            yield member, at


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's path with ``/``; a name that its archive does not call UTF-8 is so nevertheless, or GB18030."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        for encoding in ("utf-8", "gb18030"):
            try:
                name = name.encode("cp437").decode(encoding)
                break
            except UnicodeError:
                continue
    return name.replace("\\", "/")


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)


def _trusted(file: DeliveredFile, members: Sequence[tuple[zipfile.ZipInfo, str]]) -> None:
    """Refuse an archive whose list of members is empty, endless, encrypted, or made to write where it must not."""

    def refuse(rule: str, message: str, mend: str) -> None:
        raise _refusal(file, rule, message, mend)

    if not members:
        refuse("empty_archive", "the archive holds no file", "deliver the archive again, with its files")
    if len(members) > MEMBERS:
        refuse("too_many_members", f"the archive holds more than {MEMBERS} files", "deliver it in parts")
    seen: set[str] = set()
    for info, name in members:
        shown = ascii(name) if len(name) <= 100 else f"{name[:100]!a}…"
        if info.flag_bits & 0x1:
            refuse("encrypted_archive", f"its file {shown} is encrypted", "pack it again without a password")
        is_link = info.create_system == 3 and stat.S_ISLNK(info.external_attr >> 16)
        is_outside = name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in PurePosixPath(name).parts
        if is_link or is_outside or any(ord(char) < 32 for char in name) or not PurePosixPath(name).name:
            refuse(
                "unsafe_member",
                f"its file {shown} is a link or has a name that leads out of the archive",
                "pack the files themselves, with plain names",
            )
        if name in seen:
            refuse("repeated_member", f"it holds several files {shown}", "give each file a name of its own")
        seen.add(name)


# Text


def _text(file: DeliveredFile, encoding: str, folder: Path) -> DeliveredFile:
    """Return the file as UTF-8 text; in place when it already is."""
    with file.path.open("rb") as content:
        told = _told(content.read(_SAMPLE))
    if told is None:
        is_utf8, is_plain = _surveyed(file, may_hold_nul=encoding == "utf-16")
        if is_utf8 and is_plain:
            return file
        told = "utf-8" if is_utf8 else encoding
    return _rewritten(file, told, folder)


def _told(head: bytes) -> str | None:
    """Return the encoding that the beginning of a file tells: by its mark, or being UTF-16 without one.

    Text in UTF-16 has NUL bytes only in the upper half of its units: ASCII letters, digits, delimiters and ends of
    lines have them there. A tenth of the units, eight at least, and no control character make it unmistakable.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    units = len(head) // 2
    for upper, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        nuls = head[upper::2].count(0)
        if nuls >= max(8, units / 10) and not head[1 - upper :: 2].count(0):
            text = head[: units * 2].decode(encoding, "replace")
            if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
                return encoding
    return None


def _surveyed(file: DeliveredFile, *, may_hold_nul: bool) -> tuple[bool, bool]:
    """Return whether a file is UTF-8, and whether it has no CR within a line and no byte order mark behind one.

    Such marks are what joining files leaves behind.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    returns = ended = 0
    has_mark = False
    tail = b""
    with file.path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            if b"\0" in chunk:
                if may_hold_nul:
                    return False, False
                raise _binary(file, content.tell() - len(chunk) + chunk.index(b"\0"))
            if not chunk.isascii() or decoder.getstate()[0]:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    return False, False
                has_mark = has_mark or any(b"\n" + codecs.BOM_UTF8 in text for text in (chunk, tail + chunk[:3]))
            if b"\r" in chunk or tail.endswith(b"\r"):
                returns += chunk.count(b"\r")
                ended += chunk.count(b"\r\n") + (tail.endswith(b"\r") and chunk.startswith(b"\n"))
            tail = (tail + chunk[-3:])[-3:]
    return not decoder.getstate()[0], returns == ended and not has_mark


def _binary(file: DeliveredFile, offset: int) -> RefusedFile:
    line, left = 1, offset
    with file.path.open("rb") as content:
        while left and (chunk := content.read(min(left, _CHUNK))):
            line += chunk.count(b"\n")
            left -= len(chunk)
    message = f"byte {offset + 1} is NUL: the file is binary, or was not written to its end"
    return _refusal(file, "binary", message, "export it again as text; declare encoding: utf-16 if it is that", line)


def _rewritten(file: DeliveredFile, encoding: str, folder: Path) -> DeliveredFile:
    """Write the file anew as UTF-8 with LF, each byte that does not belong to its encoding marked."""
    decode = codecs.getincrementaldecoder(_DECODERS.get(encoding, encoding))("gaugebook-mark")
    decoder = io.IncrementalNewlineDecoder(decode, translate=True)
    target = _spilled(folder / "text", file.path.name)
    lines = marked = sound = undecodable = 0
    in_header = in_line = False
    begins_line = True
    with file.path.open("rb") as content, target.open("wb") as out:
        while True:
            chunk = content.read(_CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            if "\0" in text:
                raise _refusal(
                    file,
                    "binary",
                    "the file holds NUL characters",
                    "export it again as text",
                    lines + text.count("\n", 0, text.index("\0")) + 1,
                )
            if begins_line:
                text = text.lstrip("\ufeff")
            text = re.sub("\n\ufeff+", "\n", text)
            begins_line = text.endswith("\n") if text else begins_line
            encoded = text.encode()
            marks = text.count(UNDECODABLE)
            if marks or in_line:
                hits = [UNDECODABLE in line for line in text.split("\n")]
                in_header = in_header or (lines == 0 and hits[0])
                marked += sum(hits) - (in_line and hits[0])
                in_line = hits[-1] or (in_line and len(hits) == 1)
            lines += text.count("\n")
            undecodable += marks
            sound += int(np.count_nonzero(np.frombuffer(encoded, np.uint8) >= 0xC0)) - marks
            out.write(encoded)
            if not chunk:
                break
    if undecodable > sound and (in_header or marked > STRAY * (lines + 1)):
        raise _undecodable(file, encoding)
    return replace(file, path=target)


def _undecodable(file: DeliveredFile, encoding: str) -> RefusedFile:
    with file.path.open("rb") as content:
        sample = content.read(_SAMPLE)
    fitting = [name for name in _candidates(sample) if _decodes(sample, name)]
    proposal = f"; it is text in {' or '.join(fitting)}" if fitting else ""
    mend = f"declare encoding: {fitting[0]} for the source" if fitting else "declare the encoding of the source"
    message = f"most characters beyond ASCII are not {encoding}{proposal}"
    return _refusal(file, "undecodable", message, f"{mend}, or export the file as UTF-8")


def _candidates(sample: bytes) -> tuple[str, ...]:
    """Return encodings by likelihood: Chinese has its bytes beyond ASCII in runs, western text one by one."""
    beyond = np.frombuffer(sample, np.uint8) >= 0x80
    alone = np.count_nonzero(beyond[1:-1] & ~beyond[:-2] & ~beyond[2:])
    western = ("cp1252", "latin-1")
    return western if alone * 2 > np.count_nonzero(beyond) else ("gb18030", "big5", *western[:1])


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
