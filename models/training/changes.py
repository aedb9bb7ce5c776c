"""The same article in other words' clothes: names, sums, days, quotation marks, headlines, furniture and wraps exchanged, marks moved along. Seeded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from casebrief.evals.marked import Mark, MarkedArticle, MarkedCase
from casebrief.models.training.examples import passages

Edit = tuple[int, int, str]
"""Replace ``text[start:end]`` by these words."""

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_SHORT = {"January": "Jan.", "February": "Feb.", "August": "Aug.", "September": "Sept.", "October": "Oct.", "November": "Nov.", "December": "Dec."}
_DAY_OF_MONTH = re.compile(
    rf"\b(?:(?P<m1>{'|'.join(_MONTHS)}|{'|'.join(map(re.escape, _SHORT.values()))}) (?P<d1>\d{{1,2}})|(?P<d2>\d{{1,2}}) (?P<m2>{'|'.join(_MONTHS)}))\b(?!,? \d)"
)
_WIDTH = 72
LONGEST_BRIEF = 5
"""Sentences of an abridged article at most."""

HEADLESS, LED = 0.8, 0.7
"""How often an abridged article loses its headline, and how often it keeps what its story begins with."""

_QUOTES = ({"“": '"', "”": '"', "‘": "'", "’": "'"}, {"“": "«", "”": "»"}, {"“": "‘", "”": "’"})


def edited(article: MarkedArticle, edits: Sequence[Edit]) -> MarkedArticle:
    """The article with some words replaced; an edit that meets an earlier one is left out, a mark that loses its words goes."""
    kept: list[Edit] = []
    for edit in sorted(edits):
        if edit[1] > edit[0] and (not kept or edit[0] >= kept[-1][1]):
            kept.append(edit)
    if not kept:
        return article
    parts: list[str] = []
    last = 0
    for start, end, words in kept:
        parts += [article.text[last:start], words]
        last = end
    parts.append(article.text[last:])

    def moved(place: int, *, at_end: bool) -> int:
        shift = 0
        for start, end, words in kept:
            if end <= place:
                shift += len(words) - (end - start)
            elif start < place:
                return start + shift + (len(words) if at_end else 0)
            else:
                break
        return place + shift

    marks = [replace(mark, start=moved(mark.start, at_end=False), end=moved(mark.end, at_end=True)) for mark in article.marks]
    furniture = [(moved(start, at_end=False), moved(end, at_end=True)) for start, end in article.furniture]
    return replace(
        article,
        text="".join(parts),
        marks=tuple(mark for mark in marks if mark.end > mark.start),
        furniture=tuple((start, end) for start, end in furniture if end > start),
    )


@dataclass(frozen=True)
class Stock:
    """What other cases lend: names by kind (forms, the full one first), and lines of furniture."""

    names: Mapping[str, Sequence[tuple[str, ...]]]
    furniture: Sequence[str]


def stock(cases: Sequence[MarkedCase]) -> Stock:
    """The names and furniture of some cases."""
    names: dict[str, list[tuple[str, ...]]] = {}
    for case in cases:
        for name in case.names:
            names.setdefault(name.kind, []).append(name.forms)
    furniture = [article.text[start:end] for case in cases for article in case.articles for start, end in article.furniture]
    return Stock(names, furniture)


def changed(case: MarkedCase, lent: Stock, chance: Random) -> tuple[MarkedArticle, ...]:
    """The articles of a case, changed in some of the ways below: what is exchanged is exchanged alike in all of them, dress is each one's own."""
    articles = case.articles
    for way, how_often in ((_names, 0.85), (_numbers, 0.5), (_days, 0.35), (_years, 0.3)):
        if chance.random() < how_often:
            edits = way(case, lent, chance)
            articles = tuple(edited(article, edits(article.text)) for article in articles)
    return tuple(_dressed(article, lent, chance) for article in articles)


Edits = Callable[[str], list[Edit]]


def _table(table: Mapping[str, str]) -> Edits:
    """Whole words exchanged by a table, the longest first."""
    if not table:
        return lambda text: []
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(old) for old in sorted(table, key=len, reverse=True)) + r")(?!\w)")
    return lambda text: [(match.start(), match.end(), table[match.group()]) for match in pattern.finditer(text)]


def _names(case: MarkedCase, lent: Stock, chance: Random) -> Edits:
    table: dict[str, str] = {}
    for name in case.names:
        others = lent.names.get(name.kind, ())
        if others and chance.random() < 0.8:
            theirs = chance.choice(others)
            for place, form in enumerate(name.forms):
                table.setdefault(form, theirs[min(place, len(theirs) - 1)])
    return _table(table)


def _numbers(case: MarkedCase, lent: Stock, chance: Random) -> Edits:
    """Digits exchanged for others of the same count, the first never for nought; years and single digits stay."""
    table: dict[str, str] = {}

    def edits(text: str) -> list[Edit]:
        found = []
        for match in _NUMBER.finditer(text):
            number = match.group()
            if _YEAR.fullmatch(number) or len(number) == 1:
                continue
            if number not in table:
                fresh = [str(chance.randint(0, 9)) if char.isdigit() and char != "0" else char for char in number]
                table[number] = str(chance.randint(1, 9 if len(number) > 2 else 2)) + "".join(fresh[1:])
            found.append((match.start(), match.end(), table[number]))
        return found

    return edits


def _days(case: MarkedCase, lent: Stock, chance: Random) -> Edits:
    """Weekdays and months each moved on by a number of steps; sometimes the day before the month, or behind it."""
    step, steps = chance.randrange(7), chance.randrange(12)
    table = {day: _WEEKDAYS[(index + step) % 7] for index, day in enumerate(_WEEKDAYS)}
    table |= {month: _MONTHS[(index + steps) % 12] for index, month in enumerate(_MONTHS) if month not in ("May", "March")}
    exchange = _table({old: new for old, new in table.items() if new not in ("May", "March")})
    turn = chance.random() < 0.5

    def edits(text: str) -> list[Edit]:
        turned = []
        for match in _DAY_OF_MONTH.finditer(text) if turn else ():
            if match["d1"]:
                month = next((long for long, short in _SHORT.items() if short == match["m1"]), match["m1"])
                turned.append((match.start(), match.end(), f"{match['d1']} {month}"))
            else:
                turned.append((match.start(), match.end(), f"{_SHORT.get(match['m2'], match['m2'])} {match['d2']}"))
        return turned or exchange(text)

    return edits


def _years(case: MarkedCase, lent: Stock, chance: Random) -> Edits:
    shift = chance.choice([-9, -6, -3, -2, -1, 1, 2])
    return lambda text: [(match.start(), match.end(), str(int(match.group()) + shift)) for match in re.finditer(r"\b(?:199|20[012])\d\b", text)]


def abridged(article: MarkedArticle, chance: Random) -> MarkedArticle:
    """The article cut down to one to five of its story's sentences, mostly with the first, in one paragraph or a paragraph each: briefs, stubs, cut pastes."""
    story = [span for span in passages(article.text) if not any(start < span.end and span.start < end for start, end in article.furniture)]
    body = story[1:] if len(story) > 2 and chance.random() < HEADLESS else story
    count = min(len(body), chance.randint(1, LONGEST_BRIEF))
    if not count:
        return article
    first = body[: int(chance.random() < LED)]
    kept = sorted([*first, *chance.sample(body[len(first) :], count - len(first))])
    between = "\n\n" if body is story else chance.choice([" ", "\n\n"])
    marks: list[Mark] = []
    begins = 0
    for span in kept:
        shift = begins - span.start
        seen = (mark for mark in article.marks if mark.start < span.end and span.start < mark.end)
        marks += [replace(mark, start=max(mark.start, span.start) + shift, end=min(mark.end, span.end) + shift) for mark in seen]
        begins += span.end - span.start + len(between)
    return replace(article, text=between.join(span.of(article.text) for span in kept), marks=tuple(marks), furniture=())


# ---------------------------------------------------------------------- dress: an article's own


def _dressed(article: MarkedArticle, lent: Stock, chance: Random) -> MarkedArticle:
    if article.furniture and chance.random() < 0.3:
        article = edited(article, [(start, min(end + 1, len(article.text)), "") for start, end in article.furniture if chance.random() < 0.7])
    if lent.furniture and chance.random() < 0.35:
        article = _furnished(article, lent.furniture, chance)
    if chance.random() < 0.25:
        table = chance.choice(_QUOTES)
        article = edited(article, [(place, place + 1, table[char]) for place, char in enumerate(article.text) if char in table])
    elif chance.random() < 0.15:
        article = edited(article, _curled(article.text))
    if chance.random() < 0.08:
        article = edited(article, _shouted(article.text))
    if chance.random() < 0.06:
        article = edited(article, wraps(article.text, _WIDTH))
    return article


def _furnished(article: MarkedArticle, lines: Sequence[str], chance: Random) -> MarkedArticle:
    """Lines of other pages between the paragraphs."""
    breaks = [0, *(match.end() for match in re.finditer(r"\n\n+", article.text)), len(article.text)]
    for place in sorted(chance.sample(breaks, min(len(breaks), chance.randint(1, 4))), reverse=True):
        line = chance.choice(lines)
        fresh = line + "\n\n"
        shift = len(fresh)
        marks = [replace(mark, start=mark.start + shift, end=mark.end + shift) if mark.start >= place else mark for mark in article.marks]
        furniture = [(start + shift, end + shift) if start >= place else (start, end) for start, end in article.furniture]
        text = article.text[:place] + fresh + article.text[place:]
        article = replace(article, text=text, marks=tuple(marks), furniture=(*furniture, (place, place + len(line))))
    return article


def _shouted(text: str) -> list[Edit]:
    """The headline in capitals, a letter at a time, so that its marks stay where they are."""
    return [(place, place + 1, char.upper()) for place, char in enumerate(text.partition("\n")[0]) if char.upper() != char]


def _curled(text: str) -> list[Edit]:
    """Straight quotation marks made typographic."""
    edits = []
    for match in re.finditer(r"[\"']", text):
        opens = match.start() == 0 or text[match.start() - 1] in " \n(—"
        edits.append((match.start(), match.end(), ("“" if opens else "”") if match.group() == '"' else ("‘" if opens else "’")))
    return edits


def wraps(text: str, width: int) -> list[Edit]:
    """Spaces that become line breaks so that no line is longer than ``width``, words apart that are longer themselves."""
    edits: list[Edit] = []
    start = 0
    space = -1
    for place, char in enumerate(text):
        if char == "\n":
            start, space = place + 1, -1
        elif char == " ":
            if place - start > width and space >= 0:
                edits.append((space, space + 1, "\n"))
                start = space + 1
            space = place
        elif place - start >= width and space >= 0:
            edits.append((space, space + 1, "\n"))
            start, space = space + 1, -1
    return edits
