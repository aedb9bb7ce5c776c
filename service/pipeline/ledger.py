"""The ledger: what became of each article, how much of it was read, and why the rest was not."""

from __future__ import annotations

from casebrief.service.domain.article import Article, View
from casebrief.service.domain.schema import CaseSummary, LedgerLine
from casebrief.service.domain.spans import Span, lines
from casebrief.service.domain.story import is_prose
from casebrief.service.pipeline.articles import Dossier
from casebrief.service.pipeline.pasted import Pasted
from casebrief.service.pipeline.reading import Read

HALF = 0.5
"""The share of the prose that may be left out before the ledger warns."""

NOTHING = "no fact was found in it"


def ledger_line(article: Article, pasted: Pasted, dossier: Dossier, summary: CaseSummary, reads: dict[str, Read]) -> LedgerLine:
    """What became of an article; every reason is a sentence of its own."""
    view = next((view for view in dossier.views if view.article.id == article.id), None)
    read = reads[article.id] if view else Read(())
    facts = _facts_of(summary, article.id)
    outcome, why = "used", [*read.gaps, *_left_out(article, view)]
    if read.failure:
        outcome, why = "failed", [read.failure]
    elif not article.story.paragraphs:
        outcome, why = "failed", [] if pasted.problem else ["no story was found in the text: no paragraph of prose"]
    elif article.id in dossier.unrelated:
        outcome, why = "not_about_the_case", [dossier.unrelated[article.id]]
    elif why:
        outcome = "partly_used"
    if outcome.endswith("used") and not facts:
        why.append(NOTHING)
    notes = [*why, *pasted.notes, *_remarks(article, dossier)]
    share = _share(article) if outcome.endswith("used") else 0.0
    return LedgerLine(article=article.id, outcome=outcome, reason="; ".join(notes) or None, facts=facts, share=share)  # type: ignore[arg-type]


def _remarks(article: Article, dossier: Dossier) -> list[str]:
    """What a reader should know of an article that was read."""
    notes = []
    if article.language not in ("en", "und"):
        notes.append(f"written in {article.language!r}, not English: it was read as if it were, and facts may be missed or wrong")
    if article.id in dossier.copies:
        notes.append(f"tells the same story as {dossier.copies[article.id]}: counted as one source with it")
    return notes


def _left_out(article: Article, view: View | None) -> list[str]:
    notes = []
    foreign = sum(sentence.foreign for sentence in view.sentences) if view else 0
    if view and foreign:
        notes.append(f"{foreign} of {len(view.sentences)} sentences speak of another case and were left out")
    prose = [line for line in lines(article.text) if is_prose(line.of(article.text))]
    outside = 1 - _part(article, prose)
    if prose and outside > HALF:
        notes.append(f"{outside:.0%} of its prose was left out as menus, lists of other stories, comments or advertisements: look whether the text is whole")
    return notes


def _share(article: Article) -> float:
    """How much of the text is story, its title counted in."""
    return round(_part(article, [Span(0, len(article.text))]), 4)


def _part(article: Article, spans: list[Span]) -> float:
    """The share of the spans' letters and digits that lie in the story or its title."""
    read = [*article.story.sentences, *([article.story.title] if article.story.title else [])]
    inside = bytearray(len(article.text))
    for span in read:
        inside[span.start : span.end] = b"\1" * len(span.of(article.text))
    places = [inside[place] for span in spans for place in range(span.start, span.end) if article.text[place].isalnum()]
    return sum(places) / len(places) if places else 0.0


def _facts_of(summary: CaseSummary, article: str) -> int:
    """How many facts of the summary cite an article; conflicts and the abstract are not counted."""
    count = 0
    for name in CaseSummary.model_fields:
        value = getattr(summary, name)
        if name in ("conflicts", "abstract") or value is None:
            continue
        for fact in value if isinstance(value, list) else [value]:
            count += any(citation.article == article for citation in fact.citations)
    return count
