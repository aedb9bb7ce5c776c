"""From marked words to evidence: typed forms by rule (names, courts, dates, sums, counts); what no rule can type keeps its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from casebrief.service.domain.article import Article
from casebrief.service.domain.dates import in_words
from casebrief.service.domain.dockets import dockets
from casebrief.service.domain.event_spans import event_around
from casebrief.service.domain.evidence import Evidence, computed, copied
from casebrief.service.domain.money import counts, sums
from casebrief.service.domain.names import whole_name
from casebrief.service.domain.quotations import quotations
from casebrief.service.domain.schema import (
    LONGEST_VALUE,
    Cause,
    Counsel,
    Court,
    Date,
    DocketNumber,
    FoundBy,
    Money,
    Name,
    Parties,
    Relief,
    Response,
    Speaker,
)
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.courts import court_phrases
from casebrief.service.pipeline.numbered import around, numbered
from casebrief.service.pipeline.speakers import begun, speaker_of
from casebrief.service.pipeline.statutes import law_phrases
from pydantic import BaseModel


@dataclass(frozen=True)
class Tag:
    """Marked words; ``within`` is the sentence, or the sentences, that they stand in, ``paragraph`` what is around that. Probabilities are 0 to 1.

    ``found_by`` is "both" where two readers say the same.
    """

    label: str
    span: Span
    within: Span
    paragraph: Span
    probability: float
    member: str
    member_probability: float
    vector: tuple[float, ...]
    found_by: FoundBy = "model"


@dataclass(frozen=True)
class Said:
    """A tag, and the article around it, with all tags."""

    article: Article
    tag: Tag
    tags: Sequence[Tag]

    @property
    def text(self) -> str:
        return self.article.text

    @property
    def words(self) -> str:
        return self.tag.span.of(self.text)

    @property
    def confidence(self) -> float:
        return round(self.tag.probability * self.tag.member_probability, 4)

    def copied(self, normalized: BaseModel | None = None, span: Span | None = None, about: str = "") -> Iterator[Evidence]:
        """Evidence of the marked words, or of a span around them."""
        span = span or self.tag.span
        if span.end - span.start <= LONGEST_VALUE:
            yield copied(self.tag.label, self.article.id, self.text, span, self.confidence, normalized, about)


Maker = Callable[[Said], Iterator[Evidence]]


def evidence_of(article: Article, tags: Sequence[Tag]) -> Iterator[Evidence]:
    """Evidence for every tag of a field; tags of speakers and names serve those that have a speaker."""
    for tag in tags:
        if maker := MAKERS.get(tag.label):
            for item in maker(Said(article, tag, tags)):
                yield replace(item, found_by=tag.found_by, vector=tag.vector)
    yield from _how_many_in_class(article, tags)


def _plain(said: Said) -> Iterator[Evidence]:
    yield from said.copied()


_VERSUS = re.compile(r"\s+(?:v\.?|vs\.?)\s+")


def sides_of(text: str, caption: Span) -> tuple[Span, Span] | None:
    """Plaintiff and defendant of a caption, where it names both."""
    found = _VERSUS.search(text, caption.start, caption.end)
    return (Span(caption.start, found.start()), Span(found.end(), caption.end)) if found else None


def _caption(said: Said) -> Iterator[Evidence]:
    """The caption, with its two sides where it names both."""
    sides = sides_of(said.text, said.tag.span)
    if sides is None:
        yield from said.copied()
        return
    plaintiff, defendant = (side.of(said.text) for side in sides)
    yield from said.copied(Parties(plaintiff=plaintiff, defendant=defendant))


_NUMBER_SIGN = re.compile(r"^(?:(?:case|file|docket|civil action)\s+)?(?:nos?\.?|numbers?)\s*", re.IGNORECASE)


def _docket(said: Said) -> Iterator[Evidence]:
    found = next((one.number for one in dockets(said.text, said.tag.within) if one.labelled.meets(said.tag.span)), None)
    yield from said.copied(DocketNumber(number=found or _NUMBER_SIGN.sub("", said.words) or said.words))


def _court(said: Said) -> Iterator[Evidence]:
    met = [phrase for phrase in court_phrases(said.text, said.tag.within) if phrase.span.meets(said.tag.span) and phrase.precise]
    best = max(met, key=lambda phrase: min(phrase.span.end, said.tag.span.end) - max(phrase.span.start, said.tag.span.start), default=None)
    known = best and (best.court.court_id or best.span.holds(said.tag.span))
    court = Court(court_id=best.court.court_id, name=best.court.name) if best and known else Court(court_id=None, name=said.words)
    yield from said.copied(court, about="appellate" if best and best.appellate else "")


def _named(said: Said) -> Iterator[Evidence]:
    span = whole_name(said.text, said.tag.span)
    yield from said.copied(Name(name=span.of(said.text)), span)


def _counsel(said: Said) -> Iterator[Evidence]:
    span = whole_name(said.text, said.tag.span)
    yield from said.copied(Counsel(name=span.of(said.text), for_=said.tag.member or None), span)  # type: ignore[arg-type]


def _filed_on(said: Said) -> Iterator[Evidence]:
    found = [phrase for phrase in said.article.dates(said.tag.within) if phrase.span.meets(said.tag.span)]
    if len(found) == 1 and found[0].date:
        yield computed("filed_on", said.article.id, found[0].span, in_words(found[0].date), said.confidence, found[0].date)
    else:
        yield from said.copied()


def _event(said: Said) -> Iterator[Evidence]:
    """What happened, in the words around its date; a date that no rule can read stays open."""
    phrase = next((one for one in said.article.dates(said.tag.within) if one.span.meets(said.tag.span)), None)
    at, date = (phrase.span, phrase.date) if phrase else (said.tag.span, _year(said.words))
    event = event_around(said.text, said.tag.within, at)
    yield from (replace(item, basis=at if at != event else None) for item in said.copied(date, event, at.of(said.text)))


def _year(words: str) -> Date | None:
    """The one year that some words hold: "the winter of 2021"."""
    years = set(re.findall(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)", words))
    return Date(date=years.pop(), precision="year") if len(years) == 1 else None


_WHOSE = re.compile(r"(?:(?:federal|state|national|international|European|EU|U\.?S\.?|civil|criminal)(?:,? and |,? or |, )?)+", re.IGNORECASE)
_LAWS = re.compile(r"(?:[\s,]+[\w.-]+){0,4}?\s+(?:laws?|statutes?|codes?|rules?|regulations?|acts?)\b", re.IGNORECASE)
"""The law behind words that only say whose it is ("federal"): they tell none, and none of the 1,642 laws that the training corpus marks is told so."""


def _cause(said: Said) -> Iterator[Evidence]:
    law = next((phrase for phrase in law_phrases(said.text, said.tag.within) if phrase.span.meets(said.tag.span)), None)
    span = around(law.span, said.tag.span) if law else said.tag.span
    if _WHOSE.fullmatch(span.of(said.text)):
        laws = _LAWS.match(said.text, span.end, said.tag.within.end)
        if laws is None:
            return
        span = Span(span.start, laws.end())
    yield from said.copied(Cause(name=span.of(said.text), jurisdiction=law.jurisdiction if law else None), span)


SUMS = frozenset({"damages", "statutory_damages", "restitution", "fine", "settlement", "fees"})
OTHER_RELIEF = frozenset({"injunction", "declaration", "jury_trial"})


def _money_or_kind(said: Said) -> Iterator[Evidence]:
    one = next((one for one in sums(said.text, said.tag.within) if one.span.meets(said.tag.span)), None)
    kind = said.tag.member
    if kind in SUMS or (one and kind not in OTHER_RELIEF):
        told = kind if kind in SUMS else "other"
        amount, currency, per, qualifier = (one.amount, one.currency, one.per, one.qualifier) if one else (None, None, None, None)
        money = Money(kind=told, amount=amount, currency=currency, per=per, qualifier=qualifier)  # type: ignore[arg-type]
        yield from said.copied(money, around(one.span, said.tag.span) if one else None)
    else:
        # What the contract calls other is told more finely where decisions are compared.
        yield from said.copied(Relief(kind=kind if kind in OTHER_RELIEF else "other"), about=kind)  # type: ignore[arg-type]


def _response(said: Said) -> Iterator[Evidence]:
    yield from said.copied(Response(speaker=speaker_of(said.text, said.tag, said.tags), stance=said.tag.member))  # type: ignore[arg-type]


def _quote(said: Said) -> Iterator[Evidence]:
    """Direct speech, whole between its marks; what an attribution breaks is told to be one by where it began."""
    quoted = list(quotations(said.text, said.tag.paragraph))
    met = [span for span in quoted if span.meets(said.tag.span)]
    if met:
        whole = max(met, key=lambda span: min(span.end, said.tag.span.end) - max(span.start, said.tag.span.start))
        yield from said.copied(Speaker(speaker=speaker_of(said.text, said.tag, said.tags)), whole, str(begun(said.text, said.tag, said.tags, quoted, whole)))
        return
    span = said.tag.span
    words = span.of(said.text)
    start, end = span.start + len(words) - len(words.lstrip("\"“”‘’' ")), span.end - (len(words) - len(words.rstrip('"“”‘ ')))
    if start < end:
        yield from said.copied(Speaker(speaker=speaker_of(said.text, said.tag, said.tags)), Span(start, end))


def _figure(said: Said) -> Iterator[Evidence]:
    found = numbered(said.text, said.tag.span, said.tag.within)
    yield from said.copied(found.figure, found.span) if found else said.copied()


COUNTS_A_CLASS = 0.93
"""Of the numbers of 100 and more in words that the corpus marks for a class or its certification, the share that it marks as figures (14 of 15)."""

LEAST_CLASS = 100


def _how_many_in_class(article: Article, tags: Sequence[Tag]) -> Iterator[Evidence]:
    """The numbers in marked words of who is in a class, that no mark of a number tells: as sure as the mark of the class in their sentence."""
    classes = [tag for tag in tags if tag.label == "class_definition" or (tag.label == "rulings" and tag.member == "certification")]
    told = [tag.span for tag in tags if tag.label == "figures"]
    for tag in classes:
        sure = COUNTS_A_CLASS * max(other.probability for other in classes if other.within.meets(tag.within))
        for one in counts(article.text, tag.span):
            found = numbered(article.text, Span(one.span.start, tag.span.end), tag.within)
            if one.quantity < LEAST_CLASS or _YEAR.fullmatch(one.span.of(article.text)) or found is None or found.figure is None:
                continue
            unit = found.figure.unit or ""
            if unit.islower() and not any(one.span.meets(span) for span in told):
                span = Span(one.span.start, article.text.lower().index(unit, one.span.end) + len(unit))
                yield replace(copied("figures", article.id, article.text, span, round(sure, 4), found.figure), found_by="model")


_YEAR = re.compile(r"(?:1[89]|20)\d\d")


MAKERS: dict[str, Maker] = {
    "caption": _caption,
    "docket_number": _docket,
    "court": _court,
    "judge": _named,
    "filed_on": _filed_on,
    "class_definition": _plain,
    "plaintiffs": _named,
    "defendants": _named,
    "counsel": _counsel,
    "causes_of_action": _cause,
    "allegations": _plain,
    "relief_sought": _money_or_kind,
    "rulings": _money_or_kind,
    "responses": _response,
    "quotes": _quote,
    "timeline": _event,
    "figures": _figure,
}
