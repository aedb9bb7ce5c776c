"""Word documents (DOCX): the text of the body's paragraphs, each with its number. Macros, links and external parts are never looked at."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from casebrief.service.files.extracted import MOST_TITLE, Extracted, Limits, Metadata, Paragraph, WordPlaces, one_line
from casebrief.service.files.unreadable import Unreadable

MOST_MEMBERS = 10_000
SUSPICIOUS_RATIO = 200
"""XML folds to a tenth or a twentieth; what unfolds further and is large is made to hurt."""
SUSPICIOUS_BYTES = 20_000_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", _FALLBACK}
"""Deleted words, and text boxes, which are paragraphs of their own."""
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "\u2011"}
_DAMAGED = "a damaged Word document: open it in Word or LibreOffice and save it again as DOCX"


def read_word(content: bytes, limits: Limits) -> Extracted:
    """A DOCX file. Raises `Unreadable`."""
    _check_zip(content, limits)
    import docx  # loads lxml and its own template: only where it is used
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        document = docx.Document(io.BytesIO(content))
        body = document.element.body
        title = one_line(document.core_properties.title, MOST_TITLE)
    except (OpcError, LxmlError, zipfile.BadZipFile, KeyError, ValueError, AttributeError, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable("damaged", _DAMAGED) from error
    text, paragraphs = _paragraphs(body, limits)
    if not text:
        raise Unreadable("no-text", "a Word document without text in its body: where it holds pictures of text, run text recognition (OCR) over it first")
    if title and title.casefold() not in text.casefold():
        # What a template or another document left there is no title of this one.
        title = None
    return Extracted("docx", text, Metadata(title=title, title_from="document" if title else None), places=WordPlaces(tuple(paragraphs)))


def _check_zip(content: bytes, limits: Limits) -> None:
    """Refuse what unfolds to too much, by what the zip's own directory says, which binds its reader. Raises `Unreadable`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise Unreadable("damaged", _DAMAGED) from error
    if any(member.flag_bits & 1 for member in members):
        raise Unreadable("locked", "a Word document protected by a password: save it without one")
    size = sum(member.file_size for member in members)
    folded = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or size > limits.unfolded_bytes or (size > SUSPICIOUS_BYTES and size > SUSPICIOUS_RATIO * max(1, folded)):
        raise Unreadable("too-large", f"a Word document that unfolds to {size / 1e6:,.0f} MB in {len(members)} parts: paste its text")


def _paragraphs(body: Any, limits: Limits) -> tuple[str, list[Paragraph]]:
    """The text, paragraphs joined by a blank line, and their places."""
    parts: list[str] = []
    places: list[Paragraph] = []
    length = 0
    for number, element in enumerate(body.iter(f"{_W}p"), 1):
        told = _text_of(element).strip()
        if not told:
            continue
        places.append(Paragraph(length, length + len(told), number))
        parts.append(told)
        length += len(told) + 2
        if length > limits.characters:
            raise Unreadable("too-large", f"a Word document of more than {limits.characters} characters: send the part that tells of the case")
    return "\n\n".join(parts), places


def _text_of(paragraph: Any) -> str:
    """The words of a paragraph as it stands now: inserted ones with, deleted ones without."""
    told: list[str] = []
    waiting = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if element.tag in _LEFT_OUT:
            continue
        if element.tag == f"{_W}t":
            told.append(element.text or "")
        elif element.tag in _SIGNS:
            told.append(_SIGNS[element.tag])
        else:
            waiting.extend(reversed(element))
    return "".join(told).replace("\0", "")
