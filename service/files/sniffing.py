"""What a file or a pasted text is, by its content alone: pure, no library, no exception."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Literal

Kind = Literal["empty", "text", "html", "pdf", "docx", "mail", "rtf", "zip", "office", "legacy_office", "image", "sound_or_video", "gzip", "program", "binary"]
"""``office``: a zipped document of another office program (sheets, slides, OpenDocument, EPUB). ``legacy_office``: OLE, which is also how Word
writes files that a password protects."""

NAMES: dict[Kind, str] = {
    "empty": "empty",
    "text": "plain text",
    "html": "an HTML page",
    "pdf": "a PDF",
    "docx": "a Word document (DOCX)",
    "mail": "an e-mail (EML)",
    "rtf": "an RTF document",
    "zip": "a zip archive",
    "office": "a document of an office program (no DOCX)",
    "legacy_office": "an old or password-protected office document",
    "image": "an image",
    "sound_or_video": "sound or video",
    "gzip": "a compressed file",
    "program": "a program",
    "binary": "binary data",
}
"""A kind as a sentence says it: "this is …"."""

HEAD = 4096
"""Bytes or characters of the start that tell most kinds."""

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"8BPS", b"\0\0\1\0")
_SOUND = (b"ID3", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"\xff\xfb", b"FLV")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"(\xb5/\xfd")
_PROGRAMS = (b"\x7fELF", b"MZ\x90", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_OFFICE_MEMBERS = (b"xl/workbook", b"ppt/presentation", b"application/vnd.oasis", b"application/epub", b"META-INF/manifest.xml")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title)\b", re.IGNORECASE | re.DOTALL)
_FRAGMENT = re.compile(
    r"\s*<(?:p|div|article|section|main|nav|header|table|ul|ol|h[1-6]|blockquote|span|script|style|figure|aside|center|font)\b[^<>]*>", re.IGNORECASE
)
_BLOCK_END = re.compile(r"</(?:p|div|article|section|li|ul|h[1-6]|td|tr|table|blockquote|script|body|html)\s*>", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:(?:[ \t]|$)|[ \t]+\S")
_MAIL_FIELDS = ("from", "date", "subject", "received", "message-id", "mime-version", "return-path", "to")


def kind_of(content: bytes | str) -> Kind:
    """What a content is; a text that somebody pasted is judged by the same marks as a file.

    >>> kind_of("%PDF-1.7 ...")
    'pdf'
    >>> kind_of("The suit says *that* <b>often</b>.")
    'text'
    >>> kind_of(b"")
    'empty'
    """
    if isinstance(content, str):
        text = content.removeprefix("\ufeff")
        return "pdf" if text.lstrip()[:5] == "%PDF-" else _of_text(text)
    return _of_bytes(content)


def encoding_by_mark(content: bytes) -> str | None:
    """The codec that a byte order mark names, or that the zeros of UTF-16 without a mark show; ``None`` where neither does."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    sample = content[:HEAD]
    sample = sample[: len(sample) & ~1]
    if len(sample) < 4:
        return None
    even, odd = sample[::2].count(0) / (len(sample) / 2), sample[1::2].count(0) / (len(sample) / 2)
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else None


def _of_bytes(content: bytes) -> Kind:
    if not content.strip():
        return "empty"
    if (magic := _by_magic(content)) is not None:
        return magic
    if encoding := encoding_by_mark(content):
        # A cut at the head's end may split a character: what is left of it does not matter here.
        return _of_text(content[: 64 * HEAD].decode(encoding, errors="replace").removeprefix("\ufeff"))
    head = content[: 64 * HEAD]
    if b"\0" in head or sum(byte < 9 or 13 < byte < 27 for byte in head[:HEAD]) > len(head[:HEAD]) / 20:
        return "binary"
    return _of_text(head.decode("latin-1"))


def _by_magic(content: bytes) -> Kind | None:
    # Readers of PDF allow a kilobyte of other things before the mark.
    if b"%PDF-" in content[:1024] and content.lstrip()[:1] != b"<":
        return "pdf"
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        return _of_zip(content)
    table: Sequence[tuple[tuple[bytes, ...], Kind]] = (
        ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), "legacy_office"),
        ((b"{\\rtf",), "rtf"),
        (_IMAGES, "image"),
        (_SOUND, "sound_or_video"),
        (_PACKED, "gzip"),
        (_PROGRAMS, "program"),
    )
    for marks, kind in table:
        if content.startswith(marks) and (kind != "image" or not content.startswith(b"BM") or b"\0" in content[:32]):
            return kind
    if content[:4] == b"RIFF":
        return "image" if content[8:12] == b"WEBP" else "sound_or_video"
    if content[4:8] == b"ftyp":
        return "image" if content[8:12] in (b"heic", b"avif", b"mif1") else "sound_or_video"
    return None


def _of_zip(content: bytes) -> Kind:
    # Names of members stand plainly in a zip; the reader itself looks closer.
    if b"word/document" in content:
        return "docx"
    return "office" if any(name in content for name in _OFFICE_MEMBERS) else "zip"


def _of_text(text: str) -> Kind:
    if not text.strip():
        return "empty"
    if _PAGE.match(text):
        return "html"
    if text.startswith("{\\rtf"):
        return "rtf"
    if _is_mail(text):
        return "mail"  # before HTML: the pages that are in it are not what it is
    ends = len(_BLOCK_END.findall(text[: 64 * HEAD]))
    return "html" if ends >= 3 or (ends and _FRAGMENT.match(text)) else "text"


def _is_mail(text: str) -> bool:
    """Whether a text begins with the header of a message: its sender, and one more field that mail programs write."""
    fields: set[str] = set()
    for line in text[: 16 * HEAD].lstrip("\r\n").splitlines():
        if not line.strip():
            break
        if line.startswith("From ") and not fields:
            continue
        if not _HEADER.match(line):
            return False
        fields.add(line.partition(":")[0].lower())
    return "from" in fields and bool(fields & {"received", "message-id", "mime-version", "return-path"} or len(fields & set(_MAIL_FIELDS)) >= 4)
