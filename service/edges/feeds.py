"""Feeds as files: RSS 0.9 to 2.0, RDF and Atom. Nothing is fetched, and a document type, in which entities could be defined, is refused."""

from __future__ import annotations

import datetime
import email.utils
import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.parsers import expat

from casebrief.service.files.about import day_of

MOST_DEPTH = 200
"""Elements within each other: a feed has ten, with the markup of an article thirty."""

_ROOT = re.compile(rb"\s*(?:<\?xml[^>]*\?>)?\s*(?:<!--.*?-->\s*|<\?.*?\?>\s*|<!DOCTYPE[^>\[]*(?:\[.*?\])?[^>]*>\s*)*<(?:\w+:)?(rss|feed|RDF)[\s/>]", re.DOTALL)
_ENTRIES = frozenset({"item", "entry"})
_BODIES = ("encoded", "content", "description", "summary")
"""What an entry's text may stand in, the fullest first."""

_DAYS = ("published", "pubDate", "date", "issued", "updated")


class NoFeed(ValueError):
    """A feed that cannot be read; the message says why."""


@dataclass(frozen=True)
class Entry:
    """One article of a feed, as text; ``publisher`` is the feed's title."""

    text: str
    title: str | None
    url: str | None
    publisher: str | None
    published_on: datetime.date | None


def is_feed(content: bytes) -> bool:
    """Whether a file is a feed, by its root."""
    return bool(_ROOT.match(content.removeprefix(b"\xef\xbb\xbf")[:4096]))


def entries_of(content: bytes) -> list[Entry]:
    """The entries of a feed that have a text, the last first, for feeds begin with the newest. Raises `NoFeed`."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.start, reader.end, reader.text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NoFeed(f"the feed is no well-formed XML: {error}") from None
    publisher = _one_line(reader.title)
    return [entry for told in reversed(reader.entries) if (entry := _entry(told, publisher))]


@dataclass
class _Reader:
    """What was read of a feed so far: by local name, the texts of each entry's own elements, with the markup inside them."""

    entries: list[dict[str, str]] = field(default_factory=list)
    title: str = ""
    path: list[str] = field(default_factory=list)
    inside: int | None = None
    """The depth of the entry that is being read."""

    def doctype(self, *declared: object) -> None:
        raise NoFeed("the feed declares a document type: what that defines is not read")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self.path.append(local)
        if len(self.path) > MOST_DEPTH:
            raise NoFeed(f"the feed has elements in each other, more than {MOST_DEPTH} deep")
        if self.inside is None and local in _ENTRIES:
            self.inside = len(self.path)
            self.entries.append({})
        elif self._own() and local == "link" and attributes.get("rel", "alternate") == "alternate" and "href" in attributes:
            self.entries[-1].setdefault("link", attributes["href"])
        elif self._deeper():
            self._add(f"<{local}>")

    def end(self, name: str) -> None:
        if self._deeper():
            self._add(f"</{name.rpartition(' ')[2]}>")
        if self.inside == len(self.path):
            self.inside = None
        self.path.pop()

    def text(self, told: str) -> None:
        if self.inside is None:
            if self.path[-1:] == ["title"] and len(self.path) <= 3:  # rss/channel/title, RDF/channel/title, feed/title
                self.title += told
        elif self._deeper():
            self._add(html.escape(told, quote=False))
        elif self._own():
            self._add(told)

    def _own(self) -> bool:
        """Whether an element of the entry itself is being read."""
        return self.inside is not None and len(self.path) == self.inside + 1

    def _deeper(self) -> bool:
        """Whether markup within such an element is being read: XHTML, which is kept as HTML."""
        return self.inside is not None and len(self.path) > self.inside + 1

    def _add(self, told: str) -> None:
        assert self.inside is not None
        name = self.path[self.inside]
        self.entries[-1][name] = self.entries[-1].get(name, "") + told


def _entry(told: dict[str, str], publisher: str | None) -> Entry | None:
    body = next((text for name in _BODIES if (text := _as_text(told.get(name, "")))), None)
    if body is None:
        return None
    day = next((day for name in _DAYS if (day := _day(told.get(name, "").strip()))), None)
    return Entry(body, _one_line(told.get("title", "")), _one_line(told.get("link", "")), publisher, day)


class _Text(HTMLParser):
    """The text of an article's markup: all of it, for a feed has no menus; blocks are paragraphs."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        self.told += ["\n"] if tag == "br" else ["\n\n"] if tag in _BLOCKS else []

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        self.told += ["\n\n"] if tag in _BLOCKS else []

    def handle_data(self, data: str) -> None:
        self.told += [] if self._unseen else [data]


_BLOCKS = frozenset("p div li ul ol h1 h2 h3 h4 h5 h6 blockquote section article figure figcaption table tr pre".split())
_UNSEEN = frozenset(("script", "style"))


def _as_text(body: str) -> str:
    r"""The text of markup, or of a text without any.

    >>> _as_text("<p>Sued &amp; settled.</p><p>More</p>")
    'Sued & settled.\n\nMore'
    """
    parser = _Text()
    parser.feed(body)
    parser.close()
    paragraphs = re.split(r"\n\s*\n", "".join(parser.told))
    return "\n\n".join(told for paragraph in paragraphs if (told := "\n".join(" ".join(line.split()) for line in paragraph.strip().split("\n"))))


def _one_line(told: str) -> str | None:
    return " ".join(html.unescape(told).split()) or None


def _day(written: str) -> datetime.date | None:
    """The day as it is written, whatever the zone: of ISO 8601 (Atom), or of RFC 822 (RSS)."""
    if found := day_of(written):
        return found
    try:
        return email.utils.parsedate_to_datetime(written).date()
    except ValueError:
        return None
