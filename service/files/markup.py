"""HTML as a row of blocks of visible text, every character with its place in the HTML as sent: by the standard library's parser, which tells positions.

The tree is a rough one: enough to say what a block stands in. It never recurses, so that nesting costs no stack.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from casebrief.service.files.extracted import Run
from casebrief.service.files.unreadable import Unreadable

DEEPEST = 2000
"""Browsers stop at 512."""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hgroup hr html legend li main menu nav ol p pre search section summary table tbody td tfoot th thead title tr ul".split()
)
_VOID = frozenset("area base br col embed frame hr img input keygen link meta param source track wbr".split())
_UNSEEN = frozenset(
    "applet audio button canvas datalist head iframe map math noframes noscript object option picture script select style svg template textarea title video".split()
)
_ENDS_BY = {
    "li": frozenset({"ul", "ol", "menu", "dir"}),
    "dd": frozenset({"dl"}),
    "dt": frozenset({"dl"}),
    "td": frozenset({"tr", "table"}),
    "th": frozenset({"tr", "table"}),
    "tr": frozenset({"table"}),
}
"""What ends by the start of its like, unless one of these stands between."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(eq=False)
class Element:
    """One element. ``hints``: what its attributes say of its purpose, in lower case."""

    tag: str
    hints: str
    parent: Element | None
    depth: int
    unseen: bool

    def chain(self) -> Iterator[Element]:
        """The element and all that it stands in, the innermost first."""
        here: Element | None = self
        while here is not None:
            yield here
            here = here.parent


@dataclass(frozen=True)
class Block:
    """Visible text between two edges of blocks, each run of white space one space. ``runs`` count from the block's own start; ``linked``: characters in links."""

    text: str
    runs: tuple[tuple[int, int, int, int], ...]
    element: Element
    linked: int

    @property
    def tag(self) -> str:
        """The block element that the text stands in, inline ones passed over."""
        return next((element.tag for element in self.element.chain() if element.tag in _BLOCKS), "body")


@dataclass
class Page:
    """What stands in a page: blocks in their order, ``<meta>`` as name and content, JSON-LD scripts, the title, days of ``<time>``."""

    blocks: list[Block] = field(default_factory=list)
    metas: list[tuple[str, str]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    title: str = ""


def read_page(source: str) -> Page:
    """The page of an HTML text. Raises `Unreadable` for one that is nested too deeply."""
    parser = _Parser(source)
    parser.feed(source)
    parser.close()
    parser.end_block()
    return parser.page


def shifted(block: Block, by: int, number: int) -> list[Run]:
    """The runs of a block whose text begins at ``by``."""
    return [Run(start + by, end + by, source_start, source_end, number) for start, end, source_start, source_end in block.runs]


class _Parser(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.page = Page()
        self._source = source
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]
        self._open: list[Element] = [Element("html", "", None, 0, unseen=False)]
        self._pieces: list[tuple[str, int, int, bool]] = []
        self._element: Element | None = None
        self._links = 0
        self._breaks = 0
        self._script: list[str] | None = None
        self._title: list[str] | None = None

    # ------------------------------------------------------------------ elements

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = told.get("property") or told.get("name") or told.get("itemprop") or ""
            self.page.metas.append((name.lower(), told.get("content", "")))
        elif tag == "time" and told.get("datetime"):
            self.page.times.append(told["datetime"])
        elif tag == "br":
            self._break()
        if tag in _BLOCKS:
            self.end_block()
            self._close_open_paragraph()
        if tag in _VOID:
            return
        self._end_likes(tag)
        self._push(tag, told)
        if tag == "script" and "ld+json" in told.get("type", "").lower():
            self._script = []
        elif tag == "title" and not self.page.title:
            self._title = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A slash at the end of a start tag means nothing in HTML, but for drawings.
        if not self._open[-1].unseen:
            self.handle_starttag(tag, attrs)

    def _push(self, tag: str, told: dict[str, str]) -> None:
        parent = self._open[-1]
        if parent.depth >= DEEPEST:
            raise Unreadable("too-large", f"an HTML page nested more than {DEEPEST} deep: paste its text")
        hints = " ".join(told[name] for name in ("class", "id", "role", "itemprop", "data-component", "data-testid", "aria-label") if name in told).lower()
        hidden = "hidden" in told or bool(_HIDDEN.search(told.get("style", "")))
        self._open.append(Element(tag, hints, parent, parent.depth + 1, parent.unseen or hidden or tag in _UNSEEN))
        self._links += tag == "a"

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end_block()
        if tag == "script" and self._script is not None:
            self.page.scripts.append("".join(self._script))
            self._script = None
        elif tag == "title" and self._title is not None:
            self.page.title = " ".join("".join(self._title).split())
            self._title = None
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                self._pop_to(place)
                return

    def _pop_to(self, place: int) -> None:
        self._links -= sum(element.tag == "a" for element in self._open[place:])
        del self._open[place:]

    def _end_likes(self, tag: str) -> None:
        """End the open element that a like of it ends."""
        likes = {"dd", "dt"} if tag in ("dd", "dt") else {"td", "th"} if tag in ("td", "th") else {tag}
        if tag not in _ENDS_BY and tag != "a":
            return
        for place in range(len(self._open) - 1, 0, -1):
            here = self._open[place].tag
            if here in likes:
                self._pop_to(place)
                return
            if here in _ENDS_BY.get(tag, _BLOCKS):
                return

    def _close_open_paragraph(self) -> None:
        """A block ends the paragraph that is open around it."""
        for place in range(len(self._open) - 1, 0, -1):
            here = self._open[place].tag
            if here == "p":
                self._pop_to(place)
                return
            if here in _BLOCKS:
                return

    # ------------------------------------------------------------------ text

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script.append(data)
        elif self._title is not None:
            self._title.append(data)
        start = self._at()
        if any(element.tag == "pre" for element in self._open[-3:]):
            self._take_set(data, start)
        else:
            self._take(data, start, start + len(data))

    def _take_set(self, data: str, start: int) -> None:
        """Text that is shown as it is written: a blank line ends a paragraph."""
        end = 0
        for blank in re.finditer(r"\n[ \t\r]*\n", data):
            self._take(data[end : blank.start()], start + end, start + blank.start())
            self.end_block()
            end = blank.end()
        self._take(data[end:], start + end, start + len(data))

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name}")

    def _reference(self, written: str) -> None:
        start = self._at()
        end = start + len(written)
        if self._source[end : end + 1] == ";":
            written, end = written + ";", end + 1
        told = html.unescape(written)
        if self._title is not None:
            self._title.append(told)
        self._take(told, start, end)

    def _take(self, text: str, start: int, end: int) -> None:
        if self._open[-1].unseen or not text:
            return
        if not text.isspace():
            self._breaks = 0
            if self._element is None:
                self._element = self._open[-1]
        self._pieces.append((text, start, end, self._links > 0))

    def _break(self) -> None:
        """One ``<br>`` is white space, two are the end of a paragraph, as old pages write it."""
        self._breaks += 1
        if self._breaks > 1:
            self.end_block()
        else:
            self._take(" ", self._at(), self._at())

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def end_block(self) -> None:
        """Put what was gathered into a block, if there is a word in it."""
        pieces, element = self._pieces, self._element
        self._pieces, self._element = [], None
        if element is not None:
            text, runs, linked = _collapsed(pieces)
            self.page.blocks.append(Block(text, runs, element, linked))


def _collapsed(pieces: Sequence[tuple[str, int, int, bool]]) -> tuple[str, tuple[tuple[int, int, int, int], ...], int]:
    """Text with single spaces, its runs, and how many of its characters are in links."""
    told: list[str] = []
    runs: list[tuple[int, int, int, int]] = []
    length = linked = 0
    blank = False
    for text, start, end, in_link in pieces:
        plain = end - start == len(text)
        for match in re.finditer(r"\s+|\S+", text):
            word = match.group()
            if word[0].isspace():
                blank = bool(told)
                continue
            if blank:
                told.append(" ")
                length += 1
                blank = False
            source_start, source_end = (start + match.start(), start + match.end()) if plain else (start, end)
            told.append(word)
            linked += in_link * len(word)
            _add(runs, length, length + len(word), source_start, source_end)
            length += len(word)
    return "".join(told), tuple(runs), linked


def _add(runs: list[tuple[int, int, int, int]], start: int, end: int, source_start: int, source_end: int) -> None:
    """Append a run, or lengthen the last where text and HTML go on side by side."""
    if runs and end - start == source_end - source_start:
        last = runs[-1]
        if last[1] - last[0] == last[3] - last[2] and start - last[1] == source_start - last[3] <= 1:
            runs[-1] = (last[0], end, last[2], source_end)
            return
    runs.append((start, end, source_start, source_end))
