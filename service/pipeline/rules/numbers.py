"""Dated events and counted things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.dates import DatePhrase
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.money import Count, counts
from casebrief.service.domain.names import is_specific, mentions, names
from casebrief.service.domain.revisions import is_moved
from casebrief.service.domain.schema import Figure
from casebrief.service.domain.spans import Span, trimmed

LONGEST_EVENT = 260
"""Characters of a timeline entry; a longer sentence is cut at its commas around the date."""

SHORTEST_EVENT = 40
"""Characters below which a part of a sentence tells no event."""

_EVENT_VERB = re.compile(
    r"\b(?:filed|sued|lodged|brought|launched|submitted|ruled|dismissed|granted|denied|sentenced|convicted|found|handed down|signed|approved|agreed|settled|reached|announced|served|arrested|charged|indicted|fined"
    r"|appealed|recalled|ordered|heard|hearing|trial|verdict|deadline|scheduled|due)\b",
    re.IGNORECASE,
)
_BOUND = re.compile(r"\b(?:before|prior to|after|as recently as|since|from|through|between|to)\s+(?:on\s+)?(?:early |late |mid-)?$", re.IGNORECASE)
_BACKGROUND = re.compile(r",\s(?:which|who)\s[^,]*$")
_REPORTING = re.compile(
    r"\b(?:told|said in an? (?:interview|e-?mail|statement)|shares|stock|closed at|traded|tumbled|published|launched its|updated on)\b", re.IGNORECASE
)


def timeline(view: View) -> Iterator[Evidence]:
    """Events with a date that the sentence gives; a bare weekday counts only with a verb of the proceedings."""
    text = view.article.text
    for sentence in view.own:
        if not _is_about_the_case(view, sentence):
            continue
        phrases = view.article.dates(sentence.span)
        for phrase in phrases:
            if not _is_event(sentence, phrase) or _names_strangers(view, sentence) or _is_spoken(text, sentence.span, phrase.span):
                continue
            span = event_span(text, _own_part(text, sentence.span, phrase, phrases), phrase.span)
            confidence = 0.85 if phrase.date and phrase.date.precision != "year" else 0.7
            yield copied("timeline", view.article.id, text, span, confidence, phrase.date, about=phrase.span.of(text))


_CASE_WORD = re.compile(
    r"\b(?:lawsuit|suit|complaint|claimants?|plaintiffs?|defendants?|judge|court|jury|trial|hearing|settlement|class|company|compan(?:y|ies)|indictment|agency|lawyers?|claim)\b",
    re.IGNORECASE,
)


def _is_about_the_case(view: View, sentence: Sentence) -> bool:
    """Whether the paragraph of a sentence names a party, or speaks of the case or the company."""
    words = " ".join(other.text for other in view.sentences if other.paragraph == sentence.paragraph)
    return bool(_CASE_WORD.search(words)) or any(mentions(words, name) for name in view.case.names)


def _names_strangers(view: View, sentence: Sentence) -> bool:
    """Whether a sentence names others and no party, and no word of the proceedings: an aside about somebody else."""
    if any(mentions(sentence.text, name) for name in view.case.names) or _CASE_WORD.search(sentence.text):
        return False
    named = [span for span in names(sentence.text, Span(0, len(sentence.text))) if is_specific(span.of(sentence.text))]
    strangers = [span for span in named if not re.search(r"\b(?:in|at|from|near|on|of)\s+(?:the\s+)?$", sentence.text[: span.start])]
    known = " ".join(other.text for other in view.own if other is not sentence)
    return bool(strangers) and not any(span.of(sentence.text) in known for span in strangers)


def _is_event(sentence: Sentence, phrase: DatePhrase) -> bool:
    before = sentence.text[: phrase.span.start - sentence.span.start]
    words = sentence.text[phrase.span.start - sentence.span.start :]
    if (_BOUND.search(before) and not is_moved(before)) or re.match(r"since\b", words, re.IGNORECASE):
        # The bound of a period ("since January 2022") is no event, and would date another one wrongly.
        return False
    if phrase.date and phrase.date.precision == "year":
        return bool(_EVENT_VERB.search(sentence.text)) and not _BACKGROUND.search(before)
    if phrase.explicit:
        return True
    if phrase.date is None or phrase.date.precision != "day":
        return False
    return bool(_EVENT_VERB.search(sentence.text)) and not _REPORTING.search(sentence.text)


_SPOKEN = re.compile(r"“[^“”]*”|\"[^\"]*\"")


def _is_spoken(text: str, sentence: Span, phrase: Span) -> bool:
    """Whether a date stands inside a quotation: what a speaker says of a day is no event of the case."""
    return any(match.start() < phrase.start < match.end() for match in _SPOKEN.finditer(text, sentence.start, sentence.end))


def _own_part(text: str, sentence: Span, phrase: DatePhrase, phrases: list[DatePhrase]) -> Span:
    """The sentence, or where it tells of several dates, the clauses between the neighbouring ones."""
    start, end = sentence.start, sentence.end
    for other in phrases:
        if other.span.end <= phrase.span.start and (cut := text.find(", ", other.span.end, phrase.span.start)) >= 0:
            start = max(start, cut + 2)
        if other.span.start >= phrase.span.end and (cut := text.rfind(", ", phrase.span.end, other.span.start)) >= 0:
            end = min(end, cut)
    part = trimmed(text, start, end)
    return part if part and part.end - part.start >= SHORTEST_EVENT else sentence


def event_span(text: str, sentence: Span, phrase: Span) -> Span:
    """The sentence, or where it is long the run of its clauses around the date, as long as it may be."""
    if sentence.end - sentence.start <= LONGEST_EVENT:
        return _without_stop(text, sentence)
    cuts = [sentence.start]
    cuts += [match.end() for match in re.finditer(r"[,;:]\s+(?=\D)", sentence.of(text))]
    bounds = [sentence.start, *(sentence.start + cut for cut in cuts[1:]), sentence.end]
    first = max(index for index, bound in enumerate(bounds) if bound <= phrase.start)
    last = first + 1
    while bounds[last] < phrase.end:
        last += 1
    while first > 0 and bounds[last] - bounds[first - 1] <= LONGEST_EVENT:
        first -= 1
    while last < len(bounds) - 1 and bounds[last + 1] - bounds[first] <= LONGEST_EVENT:
        last += 1
    start, end = bounds[first], bounds[last]
    while end > start and text[end - 1] in ",;: \n":
        end -= 1
    return _without_stop(text, trimmed(text, start, min(end, start + 600)) or phrase)


def _without_stop(text: str, span: Span) -> Span:
    return Span(span.start, span.end - 1) if text[span.end - 1] == "." and span.end - span.start > 1 else span


_UNIT = (
    r"users|customers|people|patients|members|workers|employees|households|homes|books|titles|works|vehicles|cars|trucks|claimants|plaintiffs|records|accounts|devices|units|modules|victims|residents|students|passengers"
    r"|drivers|investors|shareholders|subscribers|women|men|children|families|sites|wells|warehouses|stores|patents|songs|recordings|articles|photos|images|messages|complaints|reports|injuries|deaths|fires|lawsuits|cases"
    r"|reservations|orders|shares|viewers|tenants|properties|apartments|consumers|adults|veterans|farmers|doctors|nurses|teachers|authors|artists|businesses|restaurants|pages|documents|emails|calls|texts|incidents|violations|counts|containers"
)
_COUNTED = re.compile(rf"\s+(?P<between>(?:[\w’'-]+\s+){{0,4}}?)(?P<unit>{_UNIT})\b", re.IGNORECASE)
_APART = re.compile(r"\b(?:and|or|than|year|million|billion|the|a|an|in|on|at|by|of|who|that|for|to|from|was|were|is|are)\b|,", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:page|section|age|aged|No|chapter|article|room|floor|act)\.?\s*$", re.IGNORECASE)


def figures(view: View) -> Iterator[Evidence]:
    """Numbers that count people or things of the case, with the words around them that tell what they count."""
    text = view.article.text
    for sentence in view.own:
        if not _is_about_the_case(view, sentence):
            continue
        for found in counts(text, sentence.span):
            unit = _COUNTED.match(text, found.span.end, sentence.span.end)
            before = text[max(sentence.span.start, found.span.start - 12) : found.span.start]
            if unit is None or found.quantity < 10 or _LABEL.search(before) or _APART.search(unit.group("between")) or _is_year(found, text):
                continue
            span = Span(found.span.start, unit.end())
            normalized = Figure(quantity=found.quantity, unit=unit.group("unit").lower())
            yield copied("figures", view.article.id, text, span, 0.85, normalized, about=_about(view, sentence, span))


def _is_year(found: Count, text: str) -> bool:
    return found.span.of(text).isdigit() and 1900 <= found.quantity <= 2099


def _about(view: View, sentence: Sentence, span: Span) -> str:
    """What a figure is about: "has" for what a party has in all, else the verb's words before the number."""
    before = view.article.text[sentence.span.start : span.start]
    if re.search(r"\b(?:has|have|had|boasts?|counts?|with|claims?|serves?|reports?)\s+$", before) and any(
        mentions(before, name) for name in view.case.defendants
    ):
        return "in all"
    words = re.findall(r"[a-z]{4,}", before[-40:].lower())
    return words[-1] if words else ""
