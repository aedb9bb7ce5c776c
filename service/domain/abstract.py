"""The abstract: three to six sentences of the articles, copied, chosen for what they tell: how the case stands, what it is about, what is asked and answered."""

from __future__ import annotations

import datetime
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import mentions
from casebrief.service.domain.sameness import stance
from casebrief.service.domain.schema import LONGEST_VALUE, Abstract, Citation, Date, Fact
from casebrief.service.domain.similarity import overlap
from casebrief.service.domain.spans import Span
from casebrief.service.domain.story import without_dateline

FEWEST, MOST = 3, 6
LONGEST = min(LONGEST_VALUE, 420)
"""Characters of a sentence of an abstract."""

ALIKE = 0.6
"""Two sentences that share this much of their content words tell the same."""

CONFIDENCE = 0.95

OF_ONE_TIME = datetime.timedelta(days=30)
"""Articles that are no further apart, and tell of one state, tell of one step of the case."""

NEWS = datetime.timedelta(days=10)
"""How old an event is that a report appears for, at most."""

_SILENT = ("no_response", "declined_to_comment")
_PARTIES = ("plaintiffs", "defendants")
_VITAL = ("allegations", "rulings", "relief_sought", "filed_on", "court", "causes_of_action", "responses")

_ORDER: tuple[tuple[str, ...], ...] = (
    ("allegations",),
    ("filed_on", "court"),
    ("relief_sought", "causes_of_action"),
    ("rulings",),
    ("responses",),
    ("class_definition",),
)
"""What is told after how the case stands, a sentence each."""

_DANGLING = re.compile(
    r"^(?:[\"“]?(?:They|He|She|I|We|You|This|That|These|Those|There|But|And|So|Nor|Or|Yet|Additionally|However|Meanwhile|Also|For now|Its|His|Her|Their|Both|Each"
    r"|Another|Instead|Still|Then|Later|Here|One|Neither|Most|Some|All|Of (?:the|these|those)|An? (?:earlier |previous )?(?:article|version|story)|In (?:it|them|return|court|addition|his|her|its|their)"
    r"|(?:The|Such an?|That) (?:same|latter|former|other|sum|money|man|woman|men|women|two|rest|panel|paper))\b|It (?!seeks|asks|asked|sought))"
)
"""Openings that lean on the sentence before."""

_LEANING = re.compile(r"^(?:The|A|An|In (?:the|a)|Under (?:the|a)) [a-z]|\b(?:today|yesterday|tomorrow|tonight)\b", re.IGNORECASE)
"""What a sentence of which nobody is named may lean on: a thing that was told of before, or the day on which it was written."""

_LABEL = re.compile(r"(?:[^\s:,\"“]+\s+){0,2}[^\s:,\"“]+:\s")
"""Up to three words and a colon: "Answer: …", "On for argument: …"."""

_LOWER = re.compile(r"(?<![\w-])[a-zà-ÿ]{2,}(?![\w-])")
"""Words that a sentence has and "Stone v. Harrow Mills Inc., 22-cv-417 (D. Colo.)" has not."""

_CUT_OFF = re.compile(r"\b(?:rel|ref|Nos?|vs?|al|Art|Sec)\.$")
"""Abbreviations in which no sentence ends."""


@dataclass(frozen=True)
class _Candidate:
    """A sentence, without its dateline, with the evidence that it holds; ``named``: it names a party; ``alone``: it leans on nothing before it; ``opening``: it is one of the
    first of its article, whose status is ``status``.
    """

    view: View
    span: Span
    inside: tuple[Evidence, ...]
    named: bool
    alone: bool
    opening: bool
    status: str

    @property
    def text(self) -> str:
        return self.span.of(self.view.article.text)

    @property
    def day(self) -> datetime.date:
        return self.view.article.published_on or datetime.date.min

    def holds(self, *fields: str) -> int:
        """How many facts of some fields it tells."""
        return sum(item.field in fields for item in self.inside)

    @property
    def tells_a_state(self) -> bool:
        """Whether it tells how far the case has come: a decision, or another state than that it was filed."""
        return any(_is_state(item) for item in self.inside)

    @property
    def tells_a_step(self) -> bool:
        """Whether it reports, as the news of its days, something else than that the case was filed, and alleges nothing."""
        return not self.holds("filed_on", "allegations") and any(_is_of_these_days(item, self.day) for item in self.inside)


def abstract(views: Sequence[View], evidence: Sequence[Evidence]) -> Abstract | None:
    """Sentences of the articles: first how the case stands by the newest article that tells it, then what it is about; never an older state after that.

    Every sentence is copied, without its dateline, and cites itself. ``None`` when fewer than three sentences can be had.
    """
    parties = [item.value for item in evidence if item.field in _PARTIES and item.value[:1].isupper()]
    candidates = [candidate for view in views for candidate in _candidates(view, evidence, parties)]
    newest = max((view.article.published_on or datetime.date.min for view in views if _states(view, evidence)), default=datetime.date.min)
    current = _current(candidates, newest)
    standing = [candidate for candidate in current if candidate.alone]
    chosen: list[_Candidate] = []
    for ranked in (_by(current, _state_of(current)), *(_by(standing, _telling(fields)) for fields in _ORDER)):
        _take_one(ranked, chosen)
    for candidate in (*_by(standing, _telling(_VITAL)), *_by([one for one in current if _is_whole(one.text)], _telling(_VITAL))):
        if len(chosen) < FEWEST:
            _take_one([candidate], chosen)
    if len(chosen) < FEWEST:
        return None
    return Abstract(sentences=[_copied(candidate) for candidate in chosen])


def _states(view: View, evidence: Sequence[Evidence]) -> bool:
    """Whether an article tells how far the case has come."""
    return any(item.article == view.article.id and _is_state(item) for item in evidence)


def _is_state(item: Evidence) -> bool:
    """Whether evidence is of a decision, or of another state than that the case was filed."""
    return item.field == "rulings" or (item.field == "status" and item.value != "filed")


def _is_of_these_days(item: Evidence, published: datetime.date) -> bool:
    """Whether an event is of the days before its article appeared."""
    if not isinstance(item.normalized, Date) or item.field != "timeline" or item.normalized.precision != "day":
        return False
    return abs(published - datetime.date.fromisoformat(item.normalized.date)) <= NEWS


def _current(candidates: Sequence[_Candidate], newest: datetime.date) -> list[_Candidate]:
    """Candidates without those that tell of an older state: of another one than the newest article, or much longer ago. Those of no day may be the newest."""
    states = {candidate.status for candidate in candidates if candidate.day == newest}

    def still(candidate: _Candidate) -> bool:
        return candidate.view.article.published_on is None or candidate.day == newest or (newest - candidate.day <= OF_ONE_TIME and candidate.status in states)

    return [candidate for candidate in candidates if still(candidate) or not (candidate.tells_a_state or candidate.tells_a_step)]


def _take_one(ranked: Sequence[_Candidate], chosen: list[_Candidate]) -> None:
    """Add the first that tells something else than those that are chosen."""
    for candidate in ranked:
        if len(chosen) < MOST and all(overlap(candidate.text, other.text) < ALIKE for other in chosen):
            chosen.append(candidate)
            return


Worth = tuple[float, ...]


def _by(candidates: Sequence[_Candidate], worth: Callable[[_Candidate], Worth | None]) -> list[_Candidate]:
    """Candidates by what they are worth, those of none left out; of equal ones the first of the newest article."""
    known = [(found, candidate) for candidate in candidates if (found := worth(candidate)) is not None]
    return [
        candidate
        for _, candidate in sorted(
            known, key=lambda pair: (*(-one for one in pair[0]), -pair[1].day.toordinal(), pair[1].view.article.text, pair[1].span.start)
        )
    ]


def _state_of(current: Sequence[_Candidate]) -> Callable[[_Candidate], Worth | None]:
    """How well a sentence tells how the case stands, a title where none does; where nothing tells it, how well it tells who sues whom."""
    stated = any(candidate.tells_a_state for candidate in current)

    def worth(candidate: _Candidate) -> Worth | None:
        if (stated and not candidate.tells_a_state) or (not stated and not candidate.alone) or _leans(candidate):
            return None
        told = (candidate.holds("status") > 0) + min(2, candidate.holds("rulings")) + (candidate.holds(*_PARTIES) > 0)
        return (candidate.alone, told + NAMED * candidate.named + OPENING * candidate.opening - bool(_PRONOUN.search(candidate.text)))

    return worth


OPENING = 1.5
"""What it is worth, in facts that a sentence tells, that it opens its article."""

_PRONOUN = re.compile(r"\b(?:he|she|him|her|they|them)\b")


def _leans(candidate: _Candidate) -> bool:
    return bool(_DANGLING.match(candidate.text)) or (not candidate.named and not candidate.opening and bool(_LEANING.search(candidate.text)))


def _telling(fields: Sequence[str]) -> Callable[[_Candidate], Worth | None]:
    """How well a sentence tells some fields: by all that it holds, whom it names, and how sure that is. That nothing was answered tells nothing."""

    def worth(candidate: _Candidate) -> Worth | None:
        if not candidate.holds(*fields) or all(stance(item) in _SILENT for item in candidate.inside if item.field in fields):
            return None
        sure = max(item.confidence for item in candidate.inside if item.field in fields)
        leaning = bool(not candidate.named and _LEANING.search(candidate.text))
        return (len({item.field for item in candidate.inside}) + NAMED * candidate.named - leaning, sure)

    return worth


NAMED = 1.5
"""What it is worth, in fields that a sentence tells, that it names a party."""


def _candidates(view: View, evidence: Sequence[Evidence], parties: Sequence[str]) -> Iterator[_Candidate]:
    """The sentences of an article, its title among them, that hold evidence."""
    title = view.article.story.title
    own = [*([title] if title else []), *(sentence.span for sentence in view.own)]
    starts = [span.start for span in own]
    held: dict[int, list[Evidence]] = {}
    for item in evidence:
        place = bisect_right(starts, item.span.start) - 1
        if item.article == view.article.id and place >= 0 and own[place].meets(item.span):
            held.setdefault(place, []).append(item)
    status = next((item.value for item in evidence if item.field == "status" and item.article == view.article.id), "")
    for place in sorted(held):
        span = without_dateline(view.article.text, own[place])
        text = span.of(view.article.text)
        if len(text.split()) >= FEWEST_WORDS and len(text) <= LONGEST:
            named = any(mentions(text, name) for name in parties)
            alone = _is_whole(text) and not _DANGLING.match(text)
            yield _Candidate(view, span, tuple(held[place]), named, alone, place < OPENERS + bool(title), status)


FEWEST_WORDS = 5
OPENERS = 3
"""Sentences in which a report says what has happened."""


def _is_whole(words: str) -> bool:
    """Whether words are a sentence: no title, no question, no label with what it labels, no case by its names alone, no half of a quotation or bracket, not cut off."""
    balanced = words.count('"') % 2 == 0 and words.count("“") == words.count("”") and words.count("(") == words.count(")")
    told = balanced and len(_LOWER.findall(words)) > 1 and not _LABEL.match(words)
    return told and not words[0].islower() and words[-1] in '.!"”' and not _CUT_OFF.search(words)


def _copied(candidate: _Candidate) -> Fact[None]:
    span, text = candidate.span, candidate.text
    return Fact(
        value=text,
        normalized=None,
        guarantee="copied",
        confidence=CONFIDENCE,
        independent_sources=1,
        citations=[Citation(article=candidate.view.article.id, start=span.start, end=span.end, quote=text)],
        found_by="rule",
    )
