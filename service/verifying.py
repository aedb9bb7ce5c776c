"""Proving a summary without a model: every citation slices back, every value follows from its quote by the rules that made it, every hash fits.

What a model alone can tell (that a sum is a fine, that an answer denies, for whom a lawyer speaks) is taken from the summary and not proved; the words,
days, sums, names, courts, laws and counts that rules make of a quote are made again. A speaker must stand in the article that is cited.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from casebrief.service.domain.article import Article
from casebrief.service.domain.dates import day_first, in_words
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.schema import (
    ArticleReport,
    Citation,
    Counsel,
    Date,
    Money,
    Proceeding,
    Relief,
    Response,
    Speaker,
    Status,
    SummaryResponse,
    schema_sha256,
)
from casebrief.service.domain.spans import Span, lines, sentences
from casebrief.service.domain.story import Story
from casebrief.service.domain.view import Seen, seen
from casebrief.service.exports.facts import Said, Stated, abstract_of, facts, positions
from casebrief.service.pipeline.typed import Tag, evidence_of
from pydantic import BaseModel

CLOSED: dict[str, frozenset[str]] = {"proceeding": frozenset(get_args(Proceeding)), "status": frozenset(get_args(Status))}
"""By field: the list that an inferred value is picked from."""


@dataclass(frozen=True)
class Verdict:
    """What was proved, in numbers, and a line for each thing that does not hold."""

    articles: int
    citations: int
    values: int
    faults: tuple[str, ...]

    @property
    def told(self) -> str:
        """What was proved, in one line."""
        return f"{self.articles} articles, {self.citations} citations and {self.values} values looked at: {f'{len(self.faults)} faults' if self.faults else 'all of it holds'}"


@dataclass(frozen=True)
class Source:
    """An article of the summary whose text is here."""

    report: ArticleReport
    text: str
    view: Seen
    sentences: tuple[tuple[Span, Span], ...]
    """Of the view, each with its paragraph."""

    @classmethod
    def of(cls, report: ArticleReport, text: str) -> Source:
        view = seen(text)
        return cls(report, text, view, tuple((sentence, paragraph) for paragraph in lines(view.text) for sentence in sentences(view.text, paragraph)))

    @property
    def article(self) -> Article:
        """The article as the rules of typed forms see it."""
        about, text = self.report, self.view.text
        day = about.published_on
        return Article(about.id, text, about.title, about.publisher, about.url, day, about.published_on_from, Story(None, (), day), day_first(text), "und")

    def read(self, citation: Citation) -> Span:
        """The place of a citation in the view."""
        return Span(bisect_left(self.view.starts, citation.start), bisect_right(self.view.ends, citation.end))

    def words(self, citation: Citation) -> str:
        """What is told of a citation: what is read of it, with its capitals as they were sent."""
        return self.view.words(Span(citation.start, citation.end))


def verify(response: SummaryResponse, texts: Sequence[str], version: str) -> Verdict:
    """Hold a summary against the texts of its articles, told by their hashes; ``version`` is that of the program that looks."""
    by_hash = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
    sources = {report.id: Source.of(report, by_hash[report.sha256]) for report in response.articles if report.sha256 in by_hash}
    cited: list[Stated | Said] = [*facts(response), *abstract_of(response), *(said for sides in positions(response) for said in sides)]
    faults = [
        *_of_hashes(response, by_hash, version),
        *(fault for report in response.articles if report.id in sources for fault in _of_article(report, sources[report.id].text)),
        *(fault for one in cited for fault in _of_cited(one, response, sources)),
    ]
    return Verdict(len(response.articles), sum(len(one.citations) for one in cited), len(cited), tuple(faults))


def _of_hashes(response: SummaryResponse, by_hash: Mapping[str, str], version: str) -> Iterator[str]:
    for report in response.articles:
        if report.sha256 not in by_hash:
            yield f"article {report.id}: no text with its SHA-256 {report.sha256[:12]}… was given"
    wanted = {report.sha256 for report in response.articles}
    for place, digest in enumerate(by_hash, 1):
        if digest not in wanted:
            yield f"text {place}: its SHA-256 {digest[:12]}… is none of the summary's articles"
    # Another version has another schema, whose hash cannot be made here.
    if response.provenance.version == version and response.provenance.schema_sha256 != schema_sha256():
        yield f"provenance: the schema of casebrief {version} has the SHA-256 {schema_sha256()[:12]}…, not {response.provenance.schema_sha256[:12]}…"


def _of_article(report: ArticleReport, text: str) -> Iterator[str]:
    if report.characters != len(text):
        yield f"article {report.id}: it has {len(text)} characters, not {report.characters}"
    if report.text is not None and report.text != text:
        yield f"article {report.id}: the text in the summary is another than its SHA-256 stands for"
    for start, end in report.used:
        if not 0 <= start < end <= len(text):
            yield f"article {report.id}: what was read of it, {start} to {end}, is not within its {len(text)} characters"


def _of_cited(one: Stated | Said, response: SummaryResponse, sources: Mapping[str, Source]) -> Iterator[str]:
    """What does not hold of one fact or position; where its article is not here, nothing can be said of it but that."""
    field, value, normalized = (
        (one.field, one.fact.value, one.fact.normalized) if isinstance(one, Stated) else (one.conflict.field, one.position.value, one.position.normalized)
    )
    name = f"{field} {value!r}" if isinstance(one, Stated) else f"conflict on {field}, {value!r}"
    known = {report.id for report in response.articles}
    whole = True
    for citation in one.citations:
        if citation.article not in known:
            yield f"{name}: it cites the article {citation.article!r}, which the summary does not have"
        elif citation.article in sources and (text := sources[citation.article].text)[citation.start : citation.end] != citation.quote:
            yield f"{name}: at {citation.start} to {citation.end} of {citation.article} stands {text[citation.start : citation.end]!r}, not {citation.quote!r}"
        elif citation.article in sources:
            continue
        whole = False
    if not whole:
        return
    guarantee = one.fact.guarantee if isinstance(one, Stated) else None
    yield from (f"{name}: {fault}" for fault in _of_value(field, value, normalized, guarantee, one.citations, sources))


def _of_value(
    field: str, value: str, normalized: BaseModel | None, guarantee: str | None, citations: list[Citation], sources: Mapping[str, Source]
) -> Iterator[str]:
    first = citations[0]
    read = sources[first.article].words(first) if first.folded else first.quote
    computed = isinstance(normalized, Date) and value == in_words(normalized)
    if guarantee == "copied" and value != read:
        yield f"it is not the quote of its first citation, {first.quote!r}"
    if guarantee == "normalized" and not computed:
        yield "no rule makes it of its typed form"
    if guarantee == "inferred" and value not in CLOSED.get(field, frozenset()):
        yield "it is none of the values of its closed list"
    if guarantee is None and value != read and not computed and value not in CLOSED.get(field, frozenset()):
        yield f"it is neither the quote of its first citation, {first.quote!r}, nor computed"
    if normalized is not None and not any(_follows(field, normalized, sources[citation.article], citation) for citation in citations):
        yield f"its typed form {normalized.model_dump_json(by_alias=True)} does not follow from its quotes"


def _follows(field: str, normalized: BaseModel, source: Source, citation: Citation) -> bool:
    """Whether the rules make this typed form of a citation's words."""
    if isinstance(normalized, Response | Speaker):
        return normalized.speaker is None or normalized.speaker in source.view.text
    return any(_same(item.normalized, normalized) for item in reread(field, _told_by_model(normalized), source, source.read(citation)))


def _same(made: BaseModel | None, told: BaseModel) -> bool:
    """Whether two typed forms agree in all that rules make: what kind of sum it is, the model tells."""
    if isinstance(made, Money) and isinstance(told, Money):
        return made.model_copy(update={"kind": told.kind}) == told
    return made == told


def reread(field: str, member: str, source: Source, span: Span) -> list[Evidence]:
    """What the rules make of words of an article's view that are marked as a field, ``member`` told beside them: a kind of sum, a side, a stance."""
    around = [pair for pair in source.sentences if pair[0].meets(span)]
    if not around:
        return []
    within = Span(around[0][0].start, around[-1][0].end)
    tag = Tag(field, span, within, around[0][1], 1.0, member, 1.0, ())
    return [item for item in evidence_of(source.article, [tag]) if item.field == field]


def _told_by_model(normalized: BaseModel) -> str:
    """What the model tells of a typed form beside its words."""
    if isinstance(normalized, Money | Relief):
        return normalized.kind
    if isinstance(normalized, Counsel):
        return normalized.for_ or ""
    return ""
