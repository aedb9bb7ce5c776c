"""Marked cases of corrected case files: what people accepted, changed and added is marked on the words that they chose, what they deleted is not marked.

What nobody looked at is marked as the model read it. The text is the view that is read, so that places are exact; signs that would read as marks are written
otherwise, of the same length.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from casebrief.evals.labels import MEMBERS
from casebrief.evals.marked import NOBODY_SAID, SINGLE_IDS, UNRELATED
from casebrief.service.corrections.model import Correction
from casebrief.service.corrections.stating import choice_of, speaker_of
from casebrief.service.corrections.words import NoPlace, Sources, placed
from casebrief.service.domain.schema import ArticleReport, Citation, Court, Date, Fact, Figure, Position, SummaryResponse
from casebrief.service.domain.spans import Span, lines, trimmed
from casebrief.service.domain.view import Seen
from casebrief.service.exports.facts import Stated, facts
from casebrief.service.verifying import CLOSED, Source

_LIKE_A_MARK = re.compile(r"\[[a-z_]+[^\s\]]*\|")
_SIGNS = str.maketrans("[]", "()")
_SLASH = str.maketrans("|\n\r", "/  ")


@dataclass(frozen=True, order=True)
class Sign:
    """A mark to be written: a span of an article's view, and what stands before its words. ``sure``: a person chose the words, or looked at the fact."""

    start: int
    end: int
    label: str
    sure: bool = False

    @property
    def field(self) -> str:
        return re.split(r"[.#=]", self.label, maxsplit=1)[0]


@dataclass(frozen=True)
class Imported:
    """A marked case as it is written, and how many marks could not be: they cross others, or the form has no member for them."""

    text: str
    left_out: int


def marked_text(name: str, response: SummaryResponse, corrections: Sequence[Correction], sources: Sources) -> Imported:
    """A corrected case as a marked one; ``response`` is the summary as it is corrected."""
    signs = _Signs(response, corrections, sources)
    articles = [_article(report, response, signs, sources.source(report.id)) for report in response.articles]
    kept = {sign.field for _, found in articles for sign in found}
    deleted = sorted({one.field for one in corrections if one.action == "delete"} - kept - set(CLOSED))
    looked_at = sum(one.fact.corrected is not None for one in facts(response))
    head = [
        f"id: {name}",
        f"kind: {response.summary.proceeding.value if response.summary.proceeding else NOBODY_SAID}",
        f"note: a case file; people looked at {looked_at} of {len(facts(response))} facts, and deleted {sum(one.action == 'delete' for one in corrections)}",
        *([f"absent: {', '.join(deleted)}"] if deleted else []),
        *signs.conflicts({sign.label for _, found in articles for sign in found}),
    ]
    return Imported("\n".join([*head, *(text for text, _ in articles)]) + "\n", signs.made - sum(len(found) for _, found in articles))


class _Signs:
    """The marks of a case, by article."""

    def __init__(self, response: SummaryResponse, corrections: Sequence[Correction], sources: Sources) -> None:
        self._sources = sources
        self._chosen = {(one.field, one.at): one for one in corrections if one.words}
        self._conflicts: list[tuple[str, str, list[str]]] = []
        self.by_article: dict[str, set[Sign]] = {report.id: set() for report in response.articles}
        self.unwritten = 0
        stated = facts(response)
        filed = {place for one in stated if one.field == "filed_on" for place in self._words(one)}
        for one in stated:
            # The day of filing is an event of the timeline too, and its words are marked once.
            places = [place for place in self._words(one) if one.field != "timeline" or one.fact.corrected or place not in filed]
            self._mark(one.field, one.id, one.fact, places, sure=one.fact.corrected is not None)
        for number, conflict in enumerate(response.summary.conflicts, 1):
            ids = [self._position(conflict.field, f"k{number}-{side}", position, stated) for side, position in enumerate(conflict.positions, 1)]
            self._conflicts.append((conflict.field, conflict.kind, ids))

    @property
    def made(self) -> int:
        """Marks that the case has, those that cannot be written among them."""
        return self.unwritten + sum(len(signs) for signs in self.by_article.values())

    def conflicts(self, labels: Iterable[str]) -> Iterator[str]:
        """The header's lines on conflicts whose sides are marked."""
        ids = {(re.split(r"[.#=]", label, maxsplit=1)[0], found[1]) for label in labels if (found := re.search(r"#([\w-]+)", label))}
        told = [(name, kind, list(dict.fromkeys(sides))) for name, kind, sides in self._conflicts]
        whole = [one for one in told if len(one[2]) > 1 and (one[0] in SINGLE_IDS or all((one[0], side) in ids for side in one[2]))]
        yield from ["conflicts:", *(f"  - {name} {kind} {' '.join(sides)}" for name, kind, sides in whole)] if whole else []

    def _words(self, one: Stated) -> Iterator[tuple[str, Span]]:
        """The places of a fact in the views: the words that a person chose; else, of an event, its date alone."""
        taken: list[Citation] = []
        mended = one.fact.corrected
        correction = self._chosen.get((one.field, mended.at)) if mended else None
        if correction and correction.words and one.field != "timeline":
            try:
                article, span = placed(correction.words, self._sources)
            except NoPlace:
                pass  # the fact has a place, or it would not stand there
            else:
                yield article, span
                taken = [citation for citation in one.citations if citation.article == article and span.meets(Span(citation.start, citation.end))]
        yield from _cited([citation for citation in one.citations if citation not in taken], dates=one.field == "timeline")

    def _position(self, field: str, name: str, position: Position, stated: Sequence[Stated]) -> str:
        """The id of the fact that a position is, or its own: what was superseded is marked by its position alone."""
        for one in stated:
            if one.field == field and (one.fact.value, one.fact.normalized) == (position.value, position.normalized):
                return one.id
        fact: Fact[Any] = Fact(
            value=position.value,
            normalized=position.normalized,
            guarantee="inferred" if field in CLOSED else "copied",
            confidence=1.0,
            independent_sources=1,
            citations=position.citations,
        )
        self._mark(field, name, fact, list(_cited(position.citations, dates=field == "timeline")), sure=False)
        return name

    def _mark(self, field: str, name: str, fact: Fact[Any], places: Sequence[tuple[str, Span]], *, sure: bool) -> None:
        label = label_of(field, name, fact)
        for article, sent in places:
            source = self._sources.source(article)
            span = _within_a_line(source.view, sent)
            if label is None or span is None:
                self.unwritten += 1
                continue
            self.by_article[article].add(Sign(span.start, span.end, label, sure))
            if (speaker := speaker_of(fact)) and (named := _named(speaker, span, source)):
                self.by_article[article].add(Sign(named.start, named.end, "speaker", sure))


def label_of(field: str, name: str, fact: Fact[Any]) -> str | None:
    """What stands before a fact's words in a marked text; ``None`` where the form of marked cases needs what the fact does not tell."""
    members, member, form, value = MEMBERS[field], choice_of(fact), fact.normalized, ""
    if members and member not in members:
        if "other" not in members:
            return None
        member = "other"
    if field in ("filed_on", "timeline"):
        value = f"={form.date}" if isinstance(form, Date) else "=?"
    elif field == "figures":
        if not isinstance(form, Figure) or re.search(r"[|\]\[!]", form.unit):
            return None
        value = f"={form.quantity:.15g} {form.unit}" if "e" not in f"{form.quantity:.15g}" else f"={form.quantity:f} {form.unit}"
    elif isinstance(form, Court) and form.court_id:
        value = f"={form.court_id}"
    shared = "" if field in CLOSED else f"#{name}"
    return f"{field}{f'.{member}' if members else ''}{shared}{value}"


def view_span(view: Seen, sent: Span) -> Span | None:
    """The place in the view of a span of the text as it was sent."""
    return trimmed(view.text, bisect_left(view.starts, sent.start), bisect_right(view.ends, sent.end))


def _within_a_line(view: Seen, sent: Span) -> Span | None:
    """The same, as far as its first line goes: no mark runs over the end of one."""
    span = view_span(view, sent)
    end = view.text.find("\n", span.start, span.end) if span else -1
    return trimmed(view.text, span.start, end) if span and end >= 0 else span


def _cited(citations: Sequence[Citation], *, dates: bool) -> Iterator[tuple[str, Span]]:
    """The places of citations; of events those that hold no other: their dates."""
    for one in citations:
        holds = any(other is not one and other.article == one.article and one.start <= other.start and other.end <= one.end for other in citations)
        if not dates or not holds:
            yield one.article, Span(one.start, one.end)


def _named(speaker: str, words: Span, source: Source) -> Span | None:
    """Where the speaker is named nearest to some words, in their paragraph."""
    text = source.view.text
    line = next((line for line in lines(text) if line.holds(words)), None)
    found = [Span(match.start(), match.end()) for match in re.finditer(re.escape(speaker), text)] if line else []
    return min((span for span in found if line and line.holds(span)), key=lambda span: max(words.start - span.end, span.start - words.end), default=None)


# ---------------------------------------------------------------------- an article


def _article(report: ArticleReport, response: SummaryResponse, signs: _Signs, source: Source) -> tuple[str, list[Sign]]:
    """An article as it is written, and the marks in it."""
    kept = _nested(signs.by_article[report.id])
    status = response.summary.status
    told = status.value if status and any(citation.article == report.id for citation in status.citations) else NOBODY_SAID
    outcome = next(line.outcome for line in response.ledger if line.article == report.id)
    if outcome == "not_about_the_case" and not kept:
        told = UNRELATED
    earlier = [one.id for one in response.articles[: list(signs.by_article).index(report.id)]]
    copy = f" | copy_of={report.copy_of}" if report.copy_of in earlier else ""
    publisher = (report.publisher or "").translate(_SLASH).strip() or NOBODY_SAID
    head = f"=== {report.id} | {publisher} | {report.published_on or NOBODY_SAID} | {told}{copy}"
    return "\n".join([head, *_rows(source, report, kept)]), kept


def _nested(signs: Iterable[Sign]) -> list[Sign]:
    """Marks that nest, as the form of marked cases needs it: of two that cross the one goes that no person chose, else the shorter. One fact is marked once."""
    kept: list[Sign] = []
    for sign in sorted(signs, key=lambda sign: (not sign.sure, sign.start - sign.end, sign)):
        crosses = any(one.start < sign.start < one.end < sign.end or sign.start < one.start < sign.end < one.end for one in kept)
        again = any((one.start, one.end, one.label) == (sign.start, sign.end, sign.label) for one in kept)
        if not crosses and not again:
            kept.append(sign)
    return kept


def _rows(source: Source, report: ArticleReport, signs: Sequence[Sign]) -> Iterator[str]:
    """The lines of an article's view with their marks; what lies outside of its story is page furniture."""
    text = source.view.text
    used = [span for start, end in report.used if (span := view_span(source.view, Span(start, end)))]
    start = 0
    for row in text.split("\n"):
        whole = Span(start, start + len(row))
        inside = [replace(sign, start=sign.start - start, end=sign.end - start) for sign in signs if whole.holds(Span(sign.start, sign.end))]
        written = _written(row.replace("\r", " "), inside)
        is_story = inside or not row.strip() or any(span.meets(whole) for span in used) or (report.title and report.title in row)
        yield written if is_story else f"~ {written}"
        start = whole.end + 1


def _written(row: str, signs: Sequence[Sign]) -> str:
    if signs or _LIKE_A_MARK.search(row):
        row = row.translate(_SIGNS)
    if row.startswith(("===", "~")):
        row = "-" * (len(row) - len(row.lstrip("=~"))) + row.lstrip("=~")
    opens = sorted(signs, key=lambda sign: (sign.start, -sign.end))
    parts: list[str] = []
    for place in range(len(row) + 1):
        parts += ["]" for sign in signs if sign.end == place]
        parts += [f"[{sign.label}|" for sign in opens if sign.start == place]
        parts += [row[place]] if place < len(row) else []
    return "".join(parts)
