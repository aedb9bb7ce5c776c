"""The abstract: three to six sentences of the articles, copied, chosen for what they tell."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.schema import LONGEST_VALUE, Abstract, Citation, Fact
from casebrief.service.domain.similarity import overlap

FEWEST, MOST = 3, 6
ALIKE = 0.6
"""Two sentences that share this much of their content words tell the same."""

_ORDER: tuple[tuple[str, ...], ...] = (
    ("filed_on", "court"),
    ("allegations",),
    ("relief_sought", "causes_of_action"),
    ("rulings",),
    ("responses",),
    ("class_definition",),
)
_DANGLING = re.compile(r"^(?:[\"“]?(?:They|He|She|This|That|These|Those|But|And|Additionally|However|Meanwhile|Also|For now)\b|It (?!seeks|asks|asked|sought))")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class _Candidate:
    """A sentence with the evidence that it holds."""

    view: View
    sentence: Sentence
    inside: tuple[Evidence, ...]


def abstract(views: Sequence[View], evidence: Sequence[Evidence]) -> Abstract | None:
    """Sentences of the articles in the order: what happened, filing, claims, relief, rulings, response.

    Every sentence is copied whole and cites itself. ``None`` when fewer than three sentences can be had.
    """
    candidates = [candidate for view in views for candidate in _candidates(view, evidence)]
    chosen: list[_Candidate] = []
    for ranked in (_leads(views, candidates), *(_telling(candidates, fields) for fields in _ORDER)):
        for candidate in ranked:
            if len(chosen) < MOST and all(overlap(candidate.sentence.text, other.sentence.text) < ALIKE for other in chosen):
                chosen.append(candidate)
                break
    if len(chosen) < FEWEST:
        return None
    return Abstract(sentences=[_copied(candidate.view, candidate.sentence) for candidate in chosen])


def _candidates(view: View, evidence: Sequence[Evidence]) -> Iterator[_Candidate]:
    """The sentences of an article that can stand alone and hold evidence."""
    own = view.own
    starts = [sentence.span.start for sentence in own]
    held: dict[int, list[Evidence]] = {}
    for item in evidence:
        place = bisect_right(starts, item.span.start) - 1
        if item.article == view.article.id and place >= 0 and own[place].span.meets(item.span):
            held.setdefault(place, []).append(item)
    for place in sorted(held):
        if _fits(own[place]):
            yield _Candidate(view, own[place], tuple(held[place]))


def _leads(views: Sequence[View], candidates: Sequence[_Candidate]) -> Iterator[_Candidate]:
    """Opening sentences that name a party, from the article with most evidence on."""
    counts = {view.article.id: sum(len(c.inside) for c in candidates if c.view is view) for view in views}
    for view in sorted(views, key=lambda view: -counts[view.article.id]):
        opening = {sentence.span for sentence in view.own[:3]}
        for candidate in candidates:
            names_party = any(item.field in ("defendants", "status") for item in candidate.inside)
            if candidate.view is view and candidate.sentence.span in opening and names_party:
                yield candidate


def _telling(candidates: Sequence[_Candidate], fields: Sequence[str]) -> list[_Candidate]:
    """Sentences that hold evidence of the fields: those that hold most first, then the surest."""

    def rank(candidate: _Candidate) -> tuple[int, float]:
        sure = max((item.confidence for item in candidate.inside if item.field in fields), default=0.0)
        return (-len({item.field for item in candidate.inside}), -sure)

    return sorted((c for c in candidates if any(item.field in fields for item in c.inside)), key=rank)


def _fits(sentence: Sentence) -> bool:
    """Whether a sentence can stand alone: not too long, whole, and not leaning on the one before it."""
    words = sentence.text
    return len(words) <= min(LONGEST_VALUE, 420) and len(words.split()) >= 5 and words[-1] in '.!?"”' and not _DANGLING.match(words)


def _copied(view: View, sentence: Sentence) -> Fact[None]:
    span = sentence.span
    citation = Citation(article=view.article.id, start=span.start, end=span.end, quote=sentence.text)
    return Fact(
        value=sentence.text,
        normalized=None,
        guarantee="copied",
        confidence=CONFIDENCE,
        independent_sources=1,
        citations=[citation],
        found_by="rule",
    )
