"""What a reader gives: the text of a file, what the file says of itself, and where in the file each piece of the text stands.

All offsets are half-open and count Unicode code points; ``start`` and ``end`` are of the extracted text.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from casebrief.service.domain.schema import HtmlPlace, PagePart, PdfPlace, Place, WordPlace

FileKind = Literal["text", "html", "pdf", "docx", "mail"]


@dataclass(frozen=True)
class Run:
    """Text that stands character by character in the HTML from ``source_start``; a character written as ``&amp;`` is a run of its own."""

    start: int
    end: int
    source_start: int
    source_end: int
    block: int

    def source_of(self, place: int) -> int:
        """The offset in the HTML of a character of this run, counted from where its writing begins."""
        return self.source_start + place - self.start


@dataclass(frozen=True)
class HtmlPlaces:
    """Runs in the order of the text; white space between them has no place of its own."""

    runs: tuple[Run, ...]

    def of(self, text: str, start: int, end: int) -> Place | None:
        """Where words stand in the HTML, tags between them included; none when they come from two blocks or from nowhere."""
        met = _met(self.runs, text, start, end)
        if not met or len({run.block for run in met}) > 1:
            return None
        first, last = met[0], met[-1]
        begin = first.source_of(max(start, first.start))
        finish = last.source_end if end >= last.end else last.source_of(end)
        return HtmlPlace(html=(begin, finish))


@dataclass(frozen=True)
class Line:
    """Text on one line of a page. ``edges``: the left edge of each character and the right edge of the last, in points, from the page's left."""

    start: int
    end: int
    page: int
    bottom: float
    top: float
    edges: tuple[float, ...]

    def rectangle(self, start: int, end: int) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of a part of the line, in points from the page's lower left corner."""
        edges = self.edges[max(start, self.start) - self.start : min(end, self.end) - self.start + 1]
        return min(edges), self.bottom, max(edges), self.top


@dataclass(frozen=True)
class PdfPlaces:
    lines: tuple[Line, ...]

    def of(self, text: str, start: int, end: int) -> Place | None:
        """The page and a rectangle for each line of the words; pages after the first stand in ``further``."""
        met = _met(self.lines, text, start, end)
        if not met:
            return None
        pages = sorted({line.page for line in met})
        parts = [PagePart(page=page, rectangles=[line.rectangle(start, end) for line in met if line.page == page]) for page in pages]
        return PdfPlace(page=parts[0].page, rectangles=parts[0].rectangles, further=parts[1:])


@dataclass(frozen=True)
class Paragraph:
    start: int
    end: int
    paragraph: int


@dataclass(frozen=True)
class WordPlaces:
    paragraphs: tuple[Paragraph, ...]

    def of(self, text: str, start: int, end: int) -> Place | None:
        """The number of the paragraph, counted from 1 over all of the document's body; none when the words reach over two."""
        met = _met(self.paragraphs, text, start, end)
        return WordPlace(paragraph=met[0].paragraph) if len(met) == 1 else None


class _Piece(Protocol):
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


P = TypeVar("P", bound=_Piece)


def _met(pieces: Sequence[P], text: str, start: int, end: int) -> list[P]:
    """The pieces that a span meets, in order; none of them where a character of it that is no white space lies in no piece."""
    met = [piece for piece in pieces if piece.start < end and start < piece.end]
    here = start
    for piece in met:
        if text[here : piece.start].strip():
            return []
        here = max(here, piece.end)
    return [] if text[here:end].strip() else met


@dataclass(frozen=True)
class Metadata:
    """What a file says of itself, each with where it says so: "json-ld", "meta", "html", "mail", "document"."""

    title: str | None = None
    title_from: str | None = None
    publisher: str | None = None
    publisher_from: str | None = None
    published_on: datetime.date | None = None
    published_on_from: str | None = None


@dataclass(frozen=True)
class Extracted:
    """A file as it was read. ``notes``: sentences for the ledger, without a full stop."""

    kind: FileKind
    text: str
    metadata: Metadata = field(default_factory=Metadata)
    encoding: str | None = None
    places: HtmlPlaces | PdfPlaces | WordPlaces | None = None
    notes: tuple[str, ...] = ()

    def place(self, start: int, end: int) -> Place | None:
        """Where words of the text stand in the file; ``None`` rather than a guess."""
        return self.places.of(self.text, start, end) if self.places else None


@dataclass(frozen=True)
class Limits:
    """What a reader may use at most: characters of text, pages, bytes that a zip may unfold to, bytes of memory, seconds of processor and clock."""

    characters: int
    pages: int = 1000
    unfolded_bytes: int = 200_000_000
    memory_bytes: int = 1 << 30
    processor_s: int = 60
    clock_s: float = 180.0


def one_line(text: object, most: int) -> str | None:
    """A text of a file's metadata as one line of valid Unicode, at most so long; ``None`` for what is no text or blank."""
    if not isinstance(text, str):
        return None
    valid = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    return " ".join(valid.split())[:most].strip() or None


MOST_TITLE, MOST_PUBLISHER = 1000, 300
"""Characters, as for a request's own."""
