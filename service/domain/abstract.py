"""The abstract: three to six sentences of the articles, copied, chosen for what they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def abstract(views: Sequence[View], evidence: Sequence[Evidence]) -> Abstract | None:
    """Sentences of the articles in the order: what happened, filing, claims, relief, rulings, response.

    Every sentence is copied whole and cites itself. ``None`` when fewer than three sentences can be had.
    """
    if not views:
        return None
    chosen: list[tuple[View, Sentence]] = []
    for candidates in (_leads(views, evidence), *(_telling(views, evidence, fields) for fields in _ORDER)):
        for view, sentence in candidates:
            if len(chosen) < MOST and all(overlap(sentence.text, other.text) < ALIKE for _, other in chosen):
                chosen.append((view, sentence))
                break
    if len(chosen) < FEWEST:
        return None
    return Abstract(sentences=[_copied(view, sentence) for view, sentence in chosen])


def _leads(views: Sequence[View], evidence: Sequence[Evidence]) -> Iterator[tuple[View, Sentence]]:
    """Opening sentences that name a party, from the article with most evidence on."""
    counts = {view.article.id: sum(item.article == view.article.id for item in evidence) for view in views}
    for view in sorted(views, key=lambda view: -counts[view.article.id]):
        for sentence in view.own[:3]:
            if _fits(sentence) and any(
                item.article == view.article.id and item.field in ("defendants", "status") and sentence.span.meets(item.span) for item in evidence
            ):
                yield view, sentence


def _telling(views: Sequence[View], evidence: Sequence[Evidence], fields: Sequence[str]) -> Iterator[tuple[View, Sentence]]:
    """Sentences that hold evidence of the fields, the surest first, then those that hold most."""
    held: dict[tuple[int, Sentence], tuple[float, int]] = {}
    for index, view in enumerate(views):
        for sentence in view.own:
            inside = [item for item in evidence if item.article == view.article.id and sentence.span.meets(item.span)]
            about = [item.confidence for item in inside if item.field in fields]
            if about and _fits(sentence):
                held[index, sentence] = (max(about), len({item.field for item in inside}))
    for (index, sentence), _ in sorted(held.items(), key=lambda entry: (-entry[1][1], -entry[1][0], entry[0][0], entry[0][1].span)):
        yield views[index], sentence


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
