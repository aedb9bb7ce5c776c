"""The story of an article as far as form tells it: what reads as a paragraph, what stands behind the headings of lists and comments, the day of publication.

The rules are about form (does a line end like a sentence) and the fixed headings of news pages ("Most read", "Comments"), never about any one site or
story; what else is furniture the model tells.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.dates import date_phrases
from casebrief.service.domain.spans import Span, lines, sentences

GAP = 2
"""Characters between two sentences that are read as one span."""

SHORTEST, LONG = 5, 40
"""Words that a paragraph has at least, and from how many on it need not end like a sentence."""

TITLE = 3
"""The fewest words of a title."""

HEAD_LINES = 14
"""How many lines from the top may carry the date of publication."""

_SENTENCE_END = re.compile(r"[.!?…:][\"”’'»)\]]*$")
_TAIL = re.compile(
    r"(?:more\b.{0,50}|read (?:more|next|also)|related\b.{0,30}|recommended\b.{0,30}|trending\b.{0,30}"
    r"|most (?:read|viewed|popular|shared|commented)|also (?:from|this|on|in)\b.{0,40}|latest\b.{0,30}"
    r"|recent (?:posts|news|stories)|popular\b.{0,20}|you (?:may|might) (?:also )?like|explore more\b.{0,40}|(?:our )?blog"
    r"|share this.{0,40}|see (?:also|more)|editor['’]?s['’]? picks|don['’]t miss|up next|previous(?:ly)?\b.{0,60}|next post\b.*"
    r"|in the next issue\b.*|continue reading|about the (?:author|office|company)\b.*|contact:?|tags?:?(?:\s.*)?|topics:?(?:\s.*)?"
    r"|filed under\b.*|read next.*|from our partners|sponsored(?: content)?|around the web|what to read next|keep reading"
    r"|in other news|top stories|elsewhere|#{3,}|_{3,}|-{3,}|\*{3,})",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:\d+\s+)?(?:comments?|responses?|replies|conversation|discussion|letters)\b(?:\s*\(?\d*\)?)?(?:\s+to\b.*)?"
    r"|join the (?:conversation|discussion).*|leave a (?:comment|reply).*|sort by\b.*|have your say.*",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"(?:with |additional )?(?:reporting|writing|editing|written|edited|compiled)\s+by\b[^.!?]{2,200}"
    r"|[(\[](?:with |additional )?(?:reporting|writing|editing)\s+by\b.{2,200}[)\]]|by [^\W\d_][^.!?]{2,70}",
    re.IGNORECASE,
)
"""A line that says who wrote or edited an article."""
_PUBLISHED = re.compile(r"\b(?:published|posted|issued)\b", re.IGNORECASE)
_CHANGED = re.compile(r"(?<![^\W\d])(?:updated|modified|edited|revised)\b", re.IGNORECASE)
"""What stands before the day on which a page was changed; headings glue it to the day of publication."""

_SEPARATORS = re.compile(r"\s[|•·›»▸→←>]\s|^\s*[|•·›»▸→←>«☰]|\s{3,}")
_DATELINE = re.compile(
    r"(?:date \d{4}-\d\d-\d\d\s+)?[A-Z][\w.'’ ]{1,30}(?:,\s+[A-Z][\w.]{1,20})?"
    r"(?:,\s+(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2,8})(?:,?\s+\d{4})?)?"
    r"\s*(?:[/(][^)/]{2,40}[)/]\s*)?(?:[-–—]{1,2}\s|:\s)"
)


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_AGENCY = r"(?:\([^()]{2,30}\)\s*)"
_REPORT_BEGINS = re.compile(
    rf"^(?:[-•*·]\s+)?(?:\d{{1,2}}[:.]\d\d\s+)?"
    rf"(?:[A-ZÀ-Þ][A-ZÀ-Þ .'’/-]+(?:,\s(?:[A-Z][\w.]+\s?){{1,3}})?(?:,\s{_MONTH}\s\d{{1,2}})?(?:,\s\d{{4}})?\s*{_AGENCY}?[—–-]+\s+"
    rf"|[A-ZÀ-Þ]\w+(?:\s[A-Z][\w.]+){{0,2}},\s(?:\d{{1,2}}\s{_MONTH}|{_MONTH}\s\d{{1,2}},?)(?:\s\d{{4}})?\s*{_AGENCY}?[:—–-]+\s+"
    rf"|[A-Z]{{3,}}:\s+|{_AGENCY}[—–-]+\s+)?"
)
"""Place, day and agency before the first sentence of a report, the sign of a list, the time of a line of a live report."""


@dataclass(frozen=True)
class Story:
    """The story of one article: its title, and its sentences in order, grouped by paragraph."""

    title: Span | None
    paragraphs: tuple[tuple[Span, ...], ...]
    published_on: datetime.date | None

    @property
    def sentences(self) -> tuple[Span, ...]:
        """All sentences, in order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph)

    @property
    def used(self) -> list[tuple[int, int]]:
        """The spans that were read: neighbouring sentences of a paragraph as one."""
        spans: list[tuple[int, int]] = []
        for paragraph in self.paragraphs:
            for index, sentence in enumerate(paragraph):
                if index and sentence.start - spans[-1][1] <= GAP:
                    spans[-1] = (spans[-1][0], sentence.end)
                else:
                    spans.append((sentence.start, sentence.end))
        return spans


def prose(text: str) -> list[list[Span]]:
    """The sentences of each paragraph that reads as a story by its form, the first line of all as its title where it is no paragraph itself."""
    aside = list(asides(text))
    everything = list(lines(text))
    kept = [line for line in everything if is_prose(line.of(text)) and not any(line.meets(span) for span in aside)]
    title = everything[:1] if kept and everything[0] != kept[0] and len(everything[0].of(text).split()) >= TITLE else []
    return [sentences(text, line) for line in (*title, *kept)]


def asides(text: str) -> Iterator[Span]:
    """What is not the story by the fixed lines of news pages: who wrote and edited it, lists of other stories until it resumes, all from readers' comments on."""
    story: list[Span] = []
    tail = False
    for line in lines(text):
        words = line.of(text)
        if _is_comments(words) and len(story) > 1:
            yield Span(line.start, len(text))
            return
        if _CREDIT.fullmatch(words):
            yield line
            continue
        if _is_tail(words) and len(story) > 1:
            tail = True
        elif is_prose(words) and (not tail or _resumes(text, line, story)):
            tail = False
            story.append(line)
            continue
        if tail:
            yield line


def is_prose(line: str) -> bool:
    """Whether a line reads as a paragraph of a story: it ends like a sentence, or is as long as one.

    >>> is_prose("Home | News | Sport"), is_prose("The company denied the claims in a statement.")
    (False, True)
    """
    words = line.split()
    if len(words) < SHORTEST:
        return False
    return len(_SEPARATORS.findall(line)) < 2 if _SENTENCE_END.search(line) else len(words) >= LONG


def _is_comments(line: str) -> bool:
    return _COMMENTS.fullmatch(line.strip(" -–—:»>[]().")) is not None


def _is_tail(line: str) -> bool:
    bare = line.strip(" :»>[]().")
    return len(bare.split()) <= 12 and not _SENTENCE_END.search(line.rstrip(":")) and _TAIL.fullmatch(bare) is not None


def _resumes(text: str, line: Span, before: list[Span]) -> bool:
    """Whether a paragraph after a tail heading belongs to the story: it shares two of its names."""
    known = _names_in(" ".join(span.of(text) for span in before))
    return len(_names_in(line.of(text)) & known) >= 2 and len(line.of(text).split()) >= 20


def _names_in(text: str) -> set[str]:
    """Capitalised words that do not open a sentence: a rough set of the names in a text."""
    return set(re.findall(r"(?<=[a-z,;’'] )[A-Z][\w’'-]{2,}", text))


def publication_date(text: str, everything: list[Span]) -> datetime.date | None:
    """The day of publication, where the text is plain about it: one full date in the head, or after "Published".

    Short lines near the top, datelines and labelled lines count, the first day of each. Two different unlabelled days leave it open; a "published" line
    outweighs the others. A day on which the page was changed counts where no day up to it is told.
    """
    labelled: set[str] = set()
    plain: set[str] = set()
    changed: set[str] = set()
    for index, line in enumerate(everything):
        for day, before in _days(text, line, near_top=index < HEAD_LINES):
            if _CHANGED.search(before) and not _PUBLISHED.search(before):
                changed.add(day)
                continue
            (labelled if _PUBLISHED.search(line.of(text)) else plain).add(day)
            break
    if changed and min(plain, default="") > min(changed):
        plain = set()
    for found in (labelled, plain, changed):
        if len(found) == 1:
            return datetime.date.fromisoformat(found.pop())
        if found:
            return None
    return None


def _days(text: str, line: Span, *, near_top: bool) -> Iterator[tuple[str, str]]:
    """The days that a line may be dated by, each with the words since the one before it: of a paragraph its dateline, of a short line all."""
    words = line.of(text)
    if len(words.split()) > 24 or is_prose(words):
        match = _DATELINE.match(text, line.start, line.end) if near_top else None
        within = Span(line.start, match.end()) if match else None
    else:
        within = line if near_top or _PUBLISHED.search(words) or _CHANGED.search(words) else None
    begin = line.start
    for phrase in date_phrases(text, within, None) if within else ():
        if phrase.date and phrase.date.precision == "day":
            yield phrase.date.date, text[begin : phrase.span.start]
            begin = phrase.span.end


def without_dateline(text: str, sentence: Span) -> Span:
    """A sentence without the place, day and agency before it, the sign of a list, or the time of a line of a live report."""
    found = _REPORT_BEGINS.match(sentence.of(text))
    return Span(sentence.start + (found.end() if found else 0), sentence.end)
