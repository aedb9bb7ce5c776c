"""From a span that the model picked to typed evidence: the same normalisers that rules use, or no evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from casebrief.service.domain.article import View
from casebrief.service.domain.captions import captions
from casebrief.service.domain.dates import in_words
from casebrief.service.domain.dockets import dockets
from casebrief.service.domain.evidence import Evidence, computed, copied
from casebrief.service.domain.money import counts, sums
from casebrief.service.domain.names import is_specific, names
from casebrief.service.domain.schema import (
    LONGEST_VALUE,
    Cause,
    Counsel,
    Court,
    DocketNumber,
    Figure,
    Money,
    Name,
    Parties,
    Relief,
    Response,
)
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.courts import court_phrases
from casebrief.service.pipeline.statutes import law_phrases

Maker = Callable[[View, Span, str, float], Iterator[Evidence]]


def evidence_of(field: str, view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    """Evidence for a field from a span (and a label of its closed list); nothing when no typed form can be made."""
    for item in MAKERS[field](view, span, label, confidence):
        yield replace(item, found_by="model")


def _copied(field: str, view: View, span: Span, confidence: float, normalized: object = None, about: str = "") -> Iterator[Evidence]:
    if span.end - span.start <= LONGEST_VALUE:
        yield copied(field, view.article.id, view.article.text, span, confidence, normalized, about)  # type: ignore[arg-type]


def _caption(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    for sentence in view.own:
        for found in captions(view.article, sentence):
            if span.holds(found.span):
                yield from _copied("caption", view, found.span, confidence, Parties(plaintiff=found.plaintiff, defendant=found.defendant))


def _docket(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    found = list(dockets(view.article.text, span))
    if len(found) == 1:
        yield from _copied("docket_number", view, found[0].labelled, confidence, DocketNumber(number=found[0].number))


def _court(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    found = [phrase for phrase in court_phrases(view.article.text, span) if phrase.precise]
    if len(found) == 1:
        about = "appellate" if found[0].appellate else ""
        normalized = Court(court_id=found[0].court.court_id, name=found[0].court.name)
        yield from _copied("court", view, found[0].span, confidence, normalized, about)


def _one_name(view: View, span: Span) -> Span | None:
    found = [name for name in names(view.article.text, span) if is_specific(name.of(view.article.text))]
    return found[0] if len(found) == 1 else None


def _judge(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    words = span.of(view.article.text)
    name = _one_name(view, span)
    if name is not None and any(title in words for title in ("Judge", "Justice", "Magistrate", "Chancellor")):
        yield computed("judge", view.article.id, span, name.of(view.article.text), confidence, Name(name=name.of(view.article.text)))


def _filed_on(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    found = [phrase for phrase in view.article.dates(span) if phrase.date]
    if len(found) == 1 and found[0].date:
        yield computed("filed_on", view.article.id, span, in_words(found[0].date), confidence, found[0].date)


def _chosen(field: str) -> Maker:
    def make(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
        yield Evidence(field, view.article.id, span, label, None, "inferred", confidence)

    return make


def _free(field: str) -> Maker:
    def make(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
        if len(span.of(view.article.text).split()) >= 3:
            yield from _copied(field, view, span, confidence)

    return make


def _party(field: str) -> Maker:
    def make(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
        name = _one_name(view, span) or span
        yield from _copied(field, view, name, confidence, Name(name=name.of(view.article.text)))

    return make


def _counsel(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    name = _one_name(view, span)
    if name is not None and label in ("plaintiff", "defendant"):
        normalized = Counsel(name=name.of(view.article.text), for_="plaintiff" if label == "plaintiff" else "defendant")
        yield from _copied("counsel", view, name, confidence, normalized)


def _cause(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    for phrase in law_phrases(view.article.text, span):
        normalized = Cause(name=phrase.span.of(view.article.text), jurisdiction=phrase.jurisdiction)
        yield from _copied("causes_of_action", view, phrase.span, confidence, normalized)


def _sum_or_order(field: str, kind: str) -> Maker:
    def make(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
        found = list(sums(view.article.text, span))
        if len(found) == 1:
            one = found[0]
            money = Money(kind=kind, amount=one.amount, currency=one.currency, per=one.per, qualifier=one.qualifier)  # type: ignore[arg-type]
            yield from _copied(field, view, one.span, confidence, money)
        elif not found and len(span.of(view.article.text).split()) >= 2:
            yield from _copied(field, view, span, confidence, Relief(kind="other"))

    return make


def _response(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    yield from _copied("responses", view, span, confidence, Response(speaker=None, stance=label))  # type: ignore[arg-type]


def _event(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    found = view.article.dates(span)
    if len(found) == 1 and found[0].date:
        yield from _copied("timeline", view, span, confidence, found[0].date)


def _figure(view: View, span: Span, label: str, confidence: float) -> Iterator[Evidence]:
    found = list(counts(view.article.text, span))
    if len(found) == 1:
        unit = view.article.text[found[0].span.end : span.end].strip().split()
        if unit and unit[-1].isalpha():
            yield from _copied("figures", view, span, confidence, Figure(quantity=found[0].quantity, unit=unit[-1].lower()))


MAKERS: dict[str, Maker] = {
    "caption": _caption,
    "docket_number": _docket,
    "court": _court,
    "judge": _judge,
    "filed_on": _filed_on,
    "proceeding": _chosen("proceeding"),
    "status": _chosen("status"),
    "class_definition": _free("class_definition"),
    "plaintiffs": _party("plaintiffs"),
    "defendants": _party("defendants"),
    "counsel": _counsel,
    "causes_of_action": _cause,
    "allegations": _free("allegations"),
    "relief_sought": _sum_or_order("relief_sought", "damages"),
    "rulings": _sum_or_order("rulings", "other"),
    "responses": _response,
    "timeline": _event,
    "figures": _figure,
}
