"""The brief as Markdown: every fact with a footnote of the words it came from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from casebrief.service.domain.schema import CaseSummary, Citation, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.exports.wording import (
    DIFFER,
    IN_THEIR_WORDS,
    LISTS,
    SINGLE,
    SOURCES,
    TIMELINE,
    UNPLACED,
    behind,
    dated,
    differing,
    headline,
    mended,
    name_of,
    origin,
    quoted,
    read_of,
    shown,
    speaker,
    unplaced,
)


def markdown(response: SummaryResponse, on: datetime.date) -> str:
    """The brief, written on a day."""
    return "\n".join(_Markdown(response, on).lines()) + "\n"


class _Markdown:
    def __init__(self, response: SummaryResponse, on: datetime.date) -> None:
        self._response, self._on = response, on
        self._notes: list[str] = []

    def lines(self) -> Iterator[str]:
        summary = self._response.summary
        yield f"# {_plain(headline(self._response))}"
        if summary.caption and (by := mended(summary.caption)):
            yield from ("", f"*{_plain(by)}*")
        if summary.abstract:
            yield ""
            yield " ".join(f"{_plain(sentence.value)}{self._note(sentence.citations)}" for sentence in summary.abstract.sentences)
        if told := differing(summary):
            yield from ("", f"*{_plain(told)}*")
        yield from self._facts(summary)
        yield from self._told(summary)
        yield from self._conflicts(summary)
        yield from self._unplaced()
        yield from self._ledger()
        yield from ("", "## About this summary", "")
        yield from (f"- {name}: {_plain(told)}" for name, told in origin(self._response, self._on))
        yield ""
        yield from self._notes

    def _facts(self, summary: CaseSummary) -> Iterator[str]:
        rows = [(label, field, fact) for label, field in SINGLE if (fact := getattr(summary, field)) is not None]
        if rows:
            yield from ("", "## The case", "", "| | |", "| --- | --- |")
        for label, field, fact in rows:
            yield f"| {label} | {_plain(behind(shown(field, fact), fact)).replace('|', '&#124;')}{self._note(fact.citations)} |"
        for label, field in LISTS:
            facts = getattr(summary, field)
            if facts:
                yield from ("", f"## {label}", "")
                yield from (f"- {_plain(behind(shown(field, fact), fact))}{self._note(fact.citations)}" for fact in facts)

    def _told(self, summary: CaseSummary) -> Iterator[str]:
        if summary.quotes:
            yield from ("", f"## {IN_THEIR_WORDS}", "")
        for fact in summary.quotes:
            yield f"> {_plain(quoted(fact))} — {_plain(behind(speaker(fact), fact))}{self._note(fact.citations)}"
            yield ""
        if summary.timeline:
            yield from ("", f"## {TIMELINE}", "")
        for event in summary.timeline:
            yield f"- **{dated(event)}**: {_plain(behind(event.value, event))}{self._note(event.citations)}"

    def _conflicts(self, summary: CaseSummary) -> Iterator[str]:
        if summary.conflicts:
            yield from ("", f"## {DIFFER}", "")
        for conflict in summary.conflicts:
            told = "; ".join(f"{_plain(position.value)}{self._note(position.citations)}" for position in conflict.positions)
            yield f"- {_plain(conflict.about)} ({conflict.kind}): {told}"

    def _unplaced(self) -> Iterator[str]:
        if told := unplaced(self._response):
            yield from ("", f"## {UNPLACED}", "")
            yield from (f"- {label}, {_plain(what)}: {_plain(why)}" for label, what, why in told)

    def _ledger(self) -> Iterator[str]:
        yield from ("", f"## {SOURCES}", "")
        articles = {article.id: article for article in self._response.articles}
        for line in self._response.ledger:
            article = articles[line.article]
            day = f", {article.published_on}" if article.published_on else ""
            why = f" ({_plain(line.reason)})" if line.reason else ""
            yield f"- **{line.article}** {_plain(name_of(article))}{day}: {read_of(line)}{why}"

    def _note(self, citations: list[Citation]) -> str:
        number = len(self._notes) + 1
        quoted = "; ".join(f"{c.article} {c.start}–{c.end}: “{_plain(c.quote)}”" for c in citations)
        self._notes.append(f"[^{number}]: {quoted}")
        return f"[^{number}]"


def _plain(text: str) -> str:
    """Words of an article in Markdown: one line, and none of its characters a mark."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#" else c for c in " ".join(harmless(text).split()))
