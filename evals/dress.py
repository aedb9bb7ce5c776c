"""The clothes in which people paste: the same articles wrapped, hyphenated, decomposed, clipped; and answers to them mapped back to the plain text.

A dress is a list of edits of the plain text, so every place of the dressed text has one in the plain one. A response is mapped back before it is judged: a
citation whose offsets do not slice back to its quote in the dressed text cites nothing, and counts as ungrounded.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from casebrief.evals.items import cited_by
from casebrief.evals.labels import Case
from casebrief.service.pipeline.articles import Submitted

Edit = tuple[int, int, str]
"""Replace ``text[start:end]`` by these words; an insertion where both are equal."""

WIDTH = 72
"""Columns of mail and of terminals."""

_EVERY = 3
"""Every so many-th chance is taken where a dress changes some places, not all."""


@dataclass(frozen=True)
class Dressed:
    """A text as somebody pasted it. ``places`` holds, for every character of it and for its end, the place in the plain text."""

    text: str
    places: tuple[int, ...]


def dressed(text: str, edits: list[Edit]) -> Dressed:
    """The text with its edits, which may not overlap; what an edit writes lies where its words lay."""
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for start, end, words in sorted(edits):
        parts += [text[last:start], words]
        places += range(last, start)
        places += [min(start + index, max(start, end - 1)) if index < len(words) - 1 or end == start else end - 1 for index in range(len(words))]
        last = end
    parts.append(text[last:])
    places += range(last, len(text) + 1)
    return Dressed("".join(parts), tuple(places))


# ---------------------------------------------------------------------- dresses


def wrapped(text: str) -> list[Edit]:
    """Lines of at most `WIDTH` characters, paragraphs apart by an empty line."""
    return [(space, space + 1, "\n") for space in _breaks(text)]


def _breaks(text: str) -> Iterator[int]:
    """The spaces at which lines end: the last one that keeps a line within `WIDTH`, if it has any."""
    start, space = 0, -1
    for match in re.finditer(r" |\n|\Z", text):
        place = match.start()
        if place - start > WIDTH and space >= 0:
            yield space
            start = space + 1
        space = place if match.group() == " " else -1
        if match.group() == "\n":
            start = place + 1


def hyphenated(text: str) -> list[Edit]:
    """Wrapped, and every third line's last word broken with a hyphen."""
    edits = wrapped(text)
    for number, (space, after, _) in enumerate(list(edits)):
        word = re.compile(r"[a-z]{7,}").match(text, after)
        if number % _EVERY == 0 and word:
            half = after + len(word.group()) // 2
            edits[number] = (space, after, " ")
            edits.append((half, half, "-\n"))
    return edits


def carriage_returns(text: str) -> list[Edit]:
    """Line ends of mail and of Windows."""
    return [(match.start(), match.end(), "\r\n") for match in re.finditer("\n", text)]


def decomposed(text: str) -> list[Edit]:
    """Letters and their accents apart (Unicode NFD)."""
    return [(n, n + 1, unicodedata.normalize("NFD", char)) for n, char in enumerate(text) if unicodedata.normalize("NFD", char) != char]


def invisible(text: str) -> list[Edit]:
    """Soft hyphens and zero-width spaces inside long words, in turn."""
    found = [match.start() + len(match.group()) // 2 for match in re.finditer(r"[^\W\d_]{8,}", text)][::_EVERY]
    return [(place, place, "\N{SOFT HYPHEN}" if number % 2 else "\N{ZERO WIDTH SPACE}") for number, place in enumerate(found)]


def no_break(text: str) -> list[Edit]:
    """No-break spaces before and after numbers and after initials and titles, as typesetting has them."""
    return [(m.start(), m.end(), "\N{NO-BREAK SPACE}") for m in re.finditer(r"(?<=[\d.]) (?=\w)|(?<=\w) (?=\d)", text)]


def clipped(text: str) -> list[Edit]:
    """Markdown of a web clipper: a heading, links, bold words, quoted paragraphs."""
    edits: list[Edit] = [(0, 0, "# ")]
    for number, match in enumerate(re.finditer(r"\n\n(?=\S)", text)):
        if number % 4 == 3:
            edits.append((match.end(), match.end(), "> "))
    for number, match in enumerate(re.finditer(r"(?<=[a-z,] )[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)+", text)):
        if number % _EVERY == 0:
            edits += [(match.start(), match.start(), "["), (match.end(), match.end(), f"](https://news.example/tag/{number})")]
        elif number % _EVERY == 1:
            edits += [(match.start(), match.start(), "**"), (match.end(), match.end(), "**")]
    return edits


def shouting(text: str) -> list[Edit]:
    """The headline in capitals."""
    end = text.find("\n")
    return [(n, n + 1, char.upper()) for n, char in enumerate(text[: max(end, 0)]) if char.upper() != char]


DRESSES: dict[str, Callable[[str], list[Edit]]] = {
    "wrapped": wrapped,
    "hyphenated": hyphenated,
    "crlf": carriage_returns,
    "nfd": decomposed,
    "invisible": invisible,
    "no-break": no_break,
    "markdown": clipped,
    "capitals": shouting,
    "undated": lambda text: [],
}
"""By name; ``undated`` withholds the days of publication instead of changing the text."""


def put_on(case: Case, dress: str) -> Case:
    """The case as it is sent in this dress."""
    articles = [replace(article, text=dressed(article.text, DRESSES[dress](article.text)).text) for article in case.articles]
    if dress == "undated":
        articles = [Submitted(article.id, article.text, publisher=article.publisher) for article in articles]
    return replace(case, articles=tuple(articles))


def taken_off(case: Case, dress: str, response: dict[str, Any]) -> dict[str, Any]:
    """The response to a dressed case as if it had been given to the plain one."""
    told = copy.deepcopy(response)
    texts = {article.id: (article.text, dressed(article.text, DRESSES[dress](article.text))) for article in case.articles}
    for node in _citations(told.get("summary")):
        if str(node.get("article")) in texts:
            _map_back(node, *texts[str(node["article"])])
    for item in _items(told.get("summary")):
        # A copied value is the quote up to its dress: the plain quote takes its place where it was the dressed one.
        first = next(iter(cited_by(item)), {})
        if item.get("guarantee") == "copied" and item.get("value") == first.get("dressed"):
            item["value"] = first.get("quote")
    for node in _citations(told.get("summary")):
        node.pop("dressed", None)
    return told


def _map_back(node: dict[str, Any], plain: str, worn: Dressed) -> None:
    start, end = node.get("start", 0), node.get("end", 0)
    node["dressed"] = node.get("quote")
    if not 0 <= start < end <= len(worn.text) or worn.text[start:end] != node.get("quote"):
        # Nowhere: the offsets of a quote that the sent text does not have may by chance be right in the plain one.
        node["start"] = node["end"] = 0
        return
    first, last = worn.places[start], worn.places[end - 1] + 1
    node["start"], node["end"], node["quote"] = first, max(last, first + 1), plain[first : max(last, first + 1)]


def _items(summary: object) -> Iterator[dict[str, Any]]:
    if isinstance(summary, dict):
        for value in summary.values():
            yield from (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict))


def _citations(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "quote" in node and "start" in node:
            yield node
        for part in node.values():
            yield from _citations(part)
    elif isinstance(node, list):
        for part in node:
            yield from _citations(part)
