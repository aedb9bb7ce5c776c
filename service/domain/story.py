"""Finding the story in pasted text: which lines are its prose, which are menus, captions, promotions and comments.

The rules are about form (does a line end like a sentence, is it set as a headline) and about the fixed phrases of
news pages ("Read more", "Comments", "Sign up"), never about any one site or story.
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
_FURNITURE = re.compile(
    r"(?:we value your privacy|we (?:and our partners )?use cookies|this (?:site|website) uses cookies|sign (?:up|in)\b|log in\b"
    r"|subscribe\b|register\b|follow (?:us|her|him|me)\b|click (?:here|for)\b|advertis|attorney advertising|all rights reserved|©|\(c\)"
    r"|copyright ©|read more\b|read also\b|related:|watch:|listen\b|photo\b|\[photo|\(?image\b|picture:|pictured\b|source:|credit:"
    r"|getty\b|file photo|reporting by|\(reporting|editing by|additional reporting|.{0,60}can be reached at|.{0,40}contributed to this"
    r"|our standards|purchase licensing|disclosure:|disclaimer|if you (?:buy|purchase)\b|.{0,40}may earn (?:a )?commission"
    r"|.{0,60}receive compensation|support (?:local|independent) journalism|you have \d+ free|this article (?:was|is|first)|\(?the above story"
    r"|get the .{0,40}(?:inbox|newsletter)|for more news|do you (?:have|think|know)\b|got a (?:tip|problem|story)|have (?:a|you got) .{0,20}tip"
    r"|was this (?:summary|article)|estimated reading time|\d+ min(?:ute)?s? read|share\b|tweet\b|print\b|email\b|e-mail\b"
    r"|upcoming webinar|(?:first )?(?:published|posted|updated|last updated)\b\W|\W*updated:|back to top|skip to|forward (?:to|this)|unsubscribe|cns members may|.{0,30}covers .{0,60}(?:for|reach)\b"
    r"|correction:|prior results|.{0,60}is attorney advertising|opinions are|nothing here is legal|our comments policy|story continues"
    r"|in (?:the|our) next (?:issue|edition|episode|instal?lment)\b|(?:next (?:week|month|issue)|coming (?:soon|next)):"
    r"|you can (?:also )?(?:follow|reach|email)|write to\b)",
    re.IGNORECASE,
)
_ADVERTISEMENT = re.compile(r"\[?\W*(?:advertisement|sponsored|promoted|story continues below)\b.{0,60}", re.IGNORECASE)
_CAPTION = re.compile(r"(?:picture|photo|image|file photo|courtesy|illustration)\b[^.]{0,80}[.)\]]*$|\((?:AP|AFP|Reuters|PA)[^)]*\)$", re.IGNORECASE)
_PUBLISHED = re.compile(r"\b(?:published|posted|first published|updated|issued|last updated)\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s[|•·›»▸→←>]\s|^\s*[|•·›»▸→←>«☰]|\s{3,}")
_DATELINE = re.compile(
    r"(?:date \d{4}-\d\d-\d\d\s+)?[A-Z][\w.'’ ]{1,30}(?:,\s+[A-Z][\w.]{1,20})?"
    r"(?:,\s+(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2,8})(?:,?\s+\d{4})?)?"
    r"\s*(?:[/(][^)/]{2,40}[)/]\s*)?(?:[-–—]{1,2}\s|:\s)"
)
_CASE_NAME = re.compile(r"\S\s(?:v\.?|vs\.?)\s[A-Z]|\bNos?\.\s?\S*\d")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_SMALL = frozenset("a an the of in on at to for and or but by with from as into over after amid its his her their is".split())


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


def find_story(text: str) -> Story:
    """Find title, prose and date of publication in the text of an article, as a person pasted it."""
    everything = list(lines(text))
    paragraphs: list[tuple[Span, ...]] = []
    prose: list[Span] = []
    skip_next = tail = False
    for line in everything:
        words = line.of(text)
        if _is_comments(words) and len(prose) > 1:
            break
        if _is_tail(words) and len(prose) > 1:
            tail = True
            continue
        if _ADVERTISEMENT.fullmatch(words):
            skip_next = len(words.split()) <= 6
            continue
        if not is_prose(words):
            continue
        if skip_next and len(words.split()) < 25:
            skip_next = False
            continue
        skip_next = False
        if tail and not _resumes(text, line, prose):
            continue
        tail = False
        prose.append(line)
        if kept := _story_sentences(text, line):
            paragraphs.append(kept)
    return Story(_title(text, everything, prose), tuple(paragraphs), publication_date(text, everything))


def asides(text: str) -> Iterator[Span]:
    """What stands behind the story by the headings of news pages: lists of other stories until the story resumes, and all from readers' comments on."""
    prose: list[Span] = []
    tail = False
    for line in lines(text):
        words = line.of(text)
        if _is_comments(words) and len(prose) > 1:
            yield Span(line.start, len(text))
            return
        if _is_tail(words) and len(prose) > 1:
            tail = True
        elif is_prose(words) and (not tail or _resumes(text, line, prose)):
            tail = False
            prose.append(line)
            continue
        if tail:
            yield line


def is_prose(line: str) -> bool:
    """Whether a line reads as a paragraph of a story.

    >>> is_prose("Home | News | Sport"), is_prose("The company denied the claims in a statement.")
    (False, True)
    """
    words = line.split()
    if len(words) < 5 or _FURNITURE.match(line) or _CAPTION.search(line):
        return False
    if not _SENTENCE_END.search(line):
        return len(words) >= 40
    return len(_SEPARATORS.findall(line)) < 2 and not is_headline(line)


def is_headline(line: str) -> bool:
    """Whether a line is set as an English headline: nearly all longer words begin with a capital.

    >>> is_headline("Maker Of Toys Recalls Dolls, Brings In New Chief Executive.")
    True
    """
    if _CASE_NAME.search(line):
        return False
    words = [word for word in _WORD.findall(line) if word.lower() not in _SMALL]
    return len(words) >= 5 and sum(word[0].isupper() for word in words) >= 0.85 * len(words)


def _is_comments(line: str) -> bool:
    return _COMMENTS.fullmatch(line.strip(" -–—:»>[]().")) is not None


def _is_tail(line: str) -> bool:
    bare = line.strip(" :»>[]().")
    return len(bare.split()) <= 12 and not _SENTENCE_END.search(line.rstrip(":")) and _TAIL.fullmatch(bare) is not None


def _resumes(text: str, line: Span, prose: list[Span]) -> bool:
    """Whether a paragraph after a tail heading belongs to the story: it shares two of its names."""
    known = names_in(" ".join(span.of(text) for span in prose))
    return len(names_in(line.of(text)) & known) >= 2 and len(line.of(text).split()) >= 20


def names_in(text: str) -> set[str]:
    """Capitalised words that do not open a sentence: a rough set of the names in a text."""
    return set(re.findall(r"(?<=[a-z,;’'] )[A-Z][\w’'-]{2,}", text))


def _story_sentences(text: str, line: Span) -> tuple[Span, ...]:
    dateline = _DATELINE.match(text, line.start, line.end)
    start = dateline.end() if dateline and dateline.end() - line.start < 75 and not _has_verb(dateline.group()) else line.start
    return tuple(
        sentence for sentence in sentences(text, Span(start, line.end)) if not is_headline(sentence.of(text)) and not _FURNITURE.match(sentence.of(text))
    )


def _has_verb(words: str) -> bool:
    """Whether what looks like a dateline has a word in lower case: then it is the start of a sentence."""
    return bool(re.search(r"\s(?!of\b|and\b|date\b)[a-z]{2,}", re.sub(r"^date |[/(][^)/]*[)/]", "", words)))


def _title(text: str, everything: list[Span], prose: list[Span]) -> Span | None:
    """The line above the story that shares most words with its first paragraphs; the first of equals."""
    lead = {word.casefold() for span in prose[:4] for word in _WORD.findall(span.of(text)) if len(word) > 3}
    best, most = None, 1
    for line in everything:
        if not prose or line.start >= prose[0].start:
            break
        words = line.of(text)
        if 4 <= len(words.split()) <= 40 and not _FURNITURE.match(words) and not words.lower().startswith("by "):
            shared = len({word.casefold() for word in _WORD.findall(words)} & lead)
            if shared > most:
                best, most = line, shared
    return best


def publication_date(text: str, everything: list[Span]) -> datetime.date | None:
    """The day of publication, where the text is plain about it: one full date in the head, or after "Published".

    Short lines near the top, datelines and labelled lines count. Two different unlabelled days leave it open; a
    "published" line outweighs the others.
    """
    labelled: set[str] = set()
    plain: set[str] = set()
    for index, line in enumerate(everything):
        words = line.of(text)
        short = len(words.split()) <= 24 and not is_prose(words)
        label = _PUBLISHED.search(words)
        if not (label and short) and index >= HEAD_LINES:
            continue
        within = line if short else Span(line.start, min(line.end, line.start + 75))
        if not short and not (match := _DATELINE.match(text, line.start, line.end)):
            continue
        if not short:
            assert match is not None
            within = Span(line.start, match.end())
        for phrase in date_phrases(text, within, None):
            if phrase.date and phrase.date.precision == "day":
                (labelled if label else plain).add(phrase.date.date)
                break
    for found in (labelled, plain):
        if len(found) == 1:
            return datetime.date.fromisoformat(found.pop())
        if found:
            return None
    return None
