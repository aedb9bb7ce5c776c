"""PDF: the text of its pages by PDFium, put together to paragraphs, each line with its page and the edges of its characters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from casebrief.service.files.extracted import MOST_TITLE, Extracted, Limits, Line, Metadata, PdfPlaces, one_line
from casebrief.service.files.unreadable import Unreadable

_LOCKED = 4
"""PDFium's error for a password (FPDF_ERR_PASSWORD)."""

_LINE_END_HYPHENS = "\x02\ufffe"
"""How PDFium writes a hyphen behind which the word goes on in the next line; it writes no line break there."""

WIDE_GAP = 1.35
"""A paragraph begins where the step to the next line is so many times the usual one of the document."""
INDENT = 0.9
"""Or where the line begins so far right of the one before, in heights of a letter."""
SHORT = 0.88
"""Or where the line before ended a sentence before this share of the width."""
LARGER = 0.2
"""Or where its letters are larger or smaller by this share: a heading, and what follows it."""
MANY_PAGES = 0.5
"""What stands first or last on more than this share of the pages, numbers aside, is a running head or foot."""

_ENDS = re.compile(r"[.!?…][\"”’)\]]*$")
_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–]?\s*\d{1,4}\s*[-–]?(?:\s*(?:of|/)\s*\d{1,4})?", re.IGNORECASE)


@dataclass(frozen=True)
class _Row:
    """One line as PDFium gives it. ``boxes``: left, bottom, right, top of each character of ``text``."""

    page: int
    text: str
    boxes: tuple[tuple[float, float, float, float], ...]
    hyphen: bool

    @property
    def left(self) -> float:
        return min(box[0] for box in self.boxes)

    @property
    def right(self) -> float:
        return max(box[2] for box in self.boxes)

    @property
    def bottom(self) -> float:
        return min(box[1] for box in self.boxes)

    @property
    def top(self) -> float:
        return max(box[3] for box in self.boxes)


def read_pdf(content: bytes, limits: Limits) -> Extracted:
    """A PDF. Raises `Unreadable`."""
    import pypdfium2  # a native library: loaded by the process that may die

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _LOCKED:
            raise Unreadable("locked", "a PDF protected by a password: save it without one") from None
        raise Unreadable("damaged", "a damaged PDF: open it in a viewer and print it to a PDF again") from error
    try:
        rows, pages = _rows(document, limits), len(document)
        title = one_line(document.get_metadata_value("Title"), MOST_TITLE)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("damaged", "a damaged PDF: open it in a viewer and print it to a PDF again") from error
    finally:
        document.close()
    if not any(character.isalpha() for row in rows for character in row.text):
        raise Unreadable("no-text", f"a PDF of {pages} page{'s' * (pages != 1)} without text, as scanners make them: run text recognition (OCR) over it first")
    text, lines = _joined(_without_running_lines(rows))
    if title and " ".join(title.casefold().split()) not in " ".join(text.casefold().split()):
        title = None  # "Microsoft Word - Document1"
    return Extracted("pdf", text, Metadata(title=title, title_from="document" if title else None), places=PdfPlaces(tuple(lines)))


def _rows(document: Any, limits: Limits) -> list[_Row]:
    if len(document) > limits.pages:
        raise Unreadable("too-large", f"a PDF of {len(document)} pages, more than {limits.pages}: send the pages that tell of the case")
    rows: list[_Row] = []
    characters = 0
    for number in range(len(document)):
        page = document[number]
        for row in _rows_of_page(page, number + 1):
            characters += len(row.text)
            if characters > limits.characters:
                raise Unreadable("too-large", f"a PDF of more than {limits.characters} characters: send the pages that tell of the case")
            rows.append(row)
        page.close()
    return rows


def _rows_of_page(page: Any, number: int) -> Iterator[_Row]:
    import pypdfium2.raw as pdfium

    sheet = page.get_textpage()
    characters: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    for index in range(sheet.count_chars()):
        code = pdfium.FPDFText_GetUnicode(sheet, index)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
        if character not in "\r\n":
            characters.append(character)
            boxes.append(sheet.get_charbox(index, loose=True))
        if character in f"\r\n{_LINE_END_HYPHENS}":
            if row := _row(number, characters, boxes):
                yield row
            characters, boxes = [], []
    if row := _row(number, characters, boxes):
        yield row
    sheet.close()


def _row(page: int, characters: Sequence[str], boxes: Sequence[tuple[float, float, float, float]]) -> _Row | None:
    """The line without blanks at its ends, each run of blanks one space; ``None`` for a blank one."""
    kept: list[int] = []
    hyphen = False
    for index, character in enumerate(characters):
        if character in _LINE_END_HYPHENS or character == "\u00ad":
            hyphen = True
        elif character.isspace():
            if kept and not characters[kept[-1]].isspace():
                kept.append(index)
        elif character >= " ":
            kept.append(index)
            hyphen = False
    while kept and characters[kept[-1]].isspace():
        kept.pop()
    if not kept:
        return None
    text = "".join(" " if characters[index].isspace() else characters[index] for index in kept)
    if text[-1] in "-\u2010" and len(text) > 1 and text[-2].isalpha():
        text, kept, hyphen = text[:-1], kept[:-1], True
    return _Row(page, text, tuple(boxes[index] for index in kept), hyphen)


def _without_running_lines(rows: Sequence[_Row]) -> list[_Row]:
    """The lines without page numbers, and without heads and feet that come back on most pages; the first head stays, for it may tell the day."""
    last = len(rows) - 1
    edges = {index for index, row in enumerate(rows) if index in (0, last) or rows[index - 1].page != row.page or rows[index + 1].page != row.page}
    pages = len({row.page for row in rows})
    counts = Counter(_shape(rows[index].text) for index in edges)
    return [
        row
        for index, row in enumerate(rows)
        if index not in edges or len(rows) == 1 or not (_PAGE_NUMBER.fullmatch(row.text) or (index and counts[_shape(row.text)] > max(1, MANY_PAGES * pages)))
    ]


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())


def _joined(rows: Sequence[_Row]) -> tuple[str, list[Line]]:
    """The text, lines of a paragraph joined by a space or over a hyphen, paragraphs by a blank line; and the lines with their places."""
    usual = median(_steps(rows) or [0.0])
    width = max((row.right for row in rows), default=0.0)
    words = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", "\n".join(row.text.casefold() for row in rows)))
    text = ""
    lines: list[Line] = []
    for before, row in pairwise([None, *rows]):
        assert row is not None
        if before is not None:
            text += "\n\n" if _begins(before, row, usual, width) else _joint(before, row, words)
        lines.append(Line(len(text), len(text) + len(row.text), row.page, round(row.bottom, 2), round(row.top, 2), _edges(row)))
        text += row.text
    return text, lines


def _edges(row: _Row) -> tuple[float, ...]:
    return (*(round(box[0], 2) for box in row.boxes), round(row.boxes[-1][2], 2))


def _steps(rows: Sequence[_Row]) -> list[float]:
    """The steps down to lines that go on with a sentence, on the same page."""
    pairs = [(before, row) for before, row in pairwise(rows) if before.page == row.page and before.bottom > row.bottom]
    return [before.bottom - row.bottom for before, row in pairs if not _ENDS.search(before.text)]


def _begins(before: _Row, row: _Row, usual: float, width: float) -> bool:
    """Whether a line begins a paragraph."""
    if before.hyphen:
        return False
    ended = bool(_ENDS.search(before.text))
    height = row.top - row.bottom
    step = before.bottom - row.bottom if before.page == row.page else usual
    if usual and (step > WIDE_GAP * usual or (step < 0 and ended)):
        return True
    if abs((before.top - before.bottom) - height) > LARGER * height and not row.text[0].islower():
        return True
    if before.page != row.page:
        return ended
    if ended and row.left > before.left + INDENT * height:
        return True
    return ended and before.right < SHORT * width


def _joint(before: _Row, row: _Row, words: set[str]) -> str:
    """What stands between two lines of a paragraph: a space, nothing where a word was broken, a hyphen where the document writes it with one."""
    if not before.hyphen:
        return " "
    left, right = re.search(r"[^\W\d_]+$", before.text), re.match(r"[^\W\d_]+", row.text)
    if not left or not right:
        return "-"
    one, other = left.group().casefold(), right.group().casefold()
    if f"{one}{other}" in words:
        return ""
    return "-" if f"{one}-{other}" in words or right.group()[0].isupper() else ""
