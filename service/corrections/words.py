"""Words found again: in the same version of their article where they stood, in a new version by themselves and by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from casebrief.service.corrections.model import Words
from casebrief.service.domain.schema import ArticleReport, Citation, SummaryResponse
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import seen
from casebrief.service.verifying import Source

AROUND = 40
"""Characters on either side of words that tell one place of them from another."""

Place = tuple[str, Span]
"""An article, and a span of its text as it was sent."""


class NoPlace(ValueError):
    """Words that are not found again, or not in one place alone; the message says why."""


class Sources:
    """The articles of a summary, each looked at when it is wanted."""

    def __init__(self, response: SummaryResponse, texts: Mapping[str, str]) -> None:
        self.reports = {report.id: report for report in response.articles}
        self._texts = texts
        self._looked_at: dict[str, Source] = {}

    def text(self, article: str) -> str:
        """The text of an article as it was sent. Raises `NoPlace` where one of them is not here."""
        if article not in self.reports or article not in self._texts:
            raise NoPlace(f"the text of {article} is not here" if article in self.reports else f"there is no article {article}")
        return self._texts[article]

    def source(self, article: str) -> Source:
        """An article with the view of it that is read, which takes its time. Raises `NoPlace`."""
        if article not in self._looked_at:
            text = self.text(article)
            self._looked_at[article] = Source.of(self.reports[article], text)
        return self._looked_at[article]

    def newer(self, one: str, other: str) -> bool:
        """Whether an article is newer than another: by day where both have one, else by their order."""
        days = [self.reports[article].published_on for article in (one, other)]
        if days[0] and days[1]:
            return days[0] > days[1]
        order = list(self.reports)
        return order.index(one) > order.index(other)

    def version(self, words: Words) -> ArticleReport | None:
        """The article that words are from: the same version of it under any id, else another version under its own."""
        same = [report for report in self.reports.values() if report.sha256 == words.sha256]
        return next((report for report in same if report.id == words.article), same[0] if same else self.reports.get(words.article))


def words_at(source: Source, span: Span) -> Words:
    """Words of an article with what stands around them."""
    text = source.text
    around = {"before": text[max(0, span.start - AROUND) : span.start], "after": text[span.end : span.end + AROUND]}
    return Words(article=source.report.id, sha256=source.report.sha256, start=span.start, end=span.end, quote=span.of(text), **around)


def placed(words: Words, sources: Sources) -> Place:
    """Where words stand now. Raises `NoPlace`: one place or none, never one among equals."""
    report = sources.version(words)
    if report is None:
        raise NoPlace(f"their article {words.article} is not here any more")
    if report.sha256 == words.sha256 and sources.text(report.id)[words.start : words.end] == words.quote:
        return report.id, Span(words.start, words.end)
    source = sources.source(report.id)
    found = list(places_of(words.quote, source))
    if not found:
        raise NoPlace(f"“{words.quote}” stands in {report.id} no more")
    alike = [_alike_around(words, source.text, span) for span in found]
    if alike.count(max(alike)) > 1:
        raise NoPlace(f"“{words.quote}” stands in {report.id} {len(found)} times")
    return report.id, found[alike.index(max(alike))]


def places_of(quote: str, source: Source) -> Iterator[Span]:
    """Every place of some words in an article, as they are or as a person reads them."""
    exact = [Span(match.start(), match.start() + len(quote)) for match in re.finditer(f"(?={re.escape(quote)})", source.text)]
    if exact:
        yield from exact
        return
    words = seen(quote).text.strip()
    if words:
        yield from (source.view.sent(Span(match.start(), match.start() + len(words))) for match in re.finditer(f"(?={re.escape(words)})", source.view.text))


def _alike_around(words: Words, text: str, span: Span) -> int:
    """How many characters around a place are those that stood around the words."""
    before = zip(reversed(words.before), reversed(text[max(0, span.start - AROUND) : span.start]), strict=False)
    after = zip(words.after, text[span.end : span.end + AROUND], strict=False)
    return sum(_run(pairs) for pairs in (before, after))


def _run(pairs: Iterator[tuple[str, str]]) -> int:
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def cited(source: Source, span: Span) -> Citation:
    """The citation of a span of an article's text as it was sent."""
    quote = span.of(source.text)
    bare = Citation(article=source.report.id, start=span.start, end=span.end, quote=quote)
    return bare.model_copy(update={"folded": source.read(bare).of(source.view.text) != quote})
