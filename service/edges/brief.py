"""A summary as a brief for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from casebrief.service.domain.schema import CaseSummary, Citation, SummaryResponse
from casebrief.service.domain.view import harmless
from casebrief.service.exports.wording import (
    DIFFER,
    IN_THEIR_WORDS,
    LABELS,
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
    quoted,
    read_of,
    shown,
    sources,
    speaker,
    unplaced,
)
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


def terminal(response: SummaryResponse) -> RenderableType:
    """The brief for a terminal."""
    summary = response.summary
    parts: list[RenderableType] = [Panel(_text(headline(response), style="bold"), subtitle="casebrief", expand=True)]
    if summary.abstract:
        told = Text()
        for sentence in summary.abstract.sentences:
            told.append(f"{harmless(sentence.value)} ").append(f"[{sources(sentence.citations)}] ", style="dim")
        parts.append(Padding(told, (1, 1, 0, 1)))
    if differing(summary):
        parts.append(Padding(_text(differing(summary), style="bold yellow"), (0, 1, 0, 1)))
    if summary.caption and (by := mended(summary.caption)):
        parts.append(Padding(_text(f"{LABELS['caption']}: {by}", style="dim"), (0, 1, 0, 1)))
    parts += [*_terminal_facts(summary), *_terminal_told(summary), *_terminal_conflicts(summary), *_terminal_unplaced(response), _terminal_sources(response)]
    return Group(*parts)


def _text(words: str, style: str = "") -> Text:
    """Words of somebody else for a terminal: characters that would command it are left out."""
    return Text(harmless(words), style=style)


def _section(title: str, body: RenderableType) -> RenderableType:
    return Padding(Group(Text(title, style="bold cyan"), Padding(body, (0, 0, 0, 2))), (1, 1, 0, 1))


def _line(text: str, citations: list[Citation], quote: str | None = None) -> Text:
    line = _text(text)
    line.append(f"  [{sources(citations)}]", style="dim")
    if quote:
        line.append(f"\n“{' '.join(harmless(quote).split())}”", style="dim italic")
    return line


def _terminal_facts(summary: CaseSummary) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for label, field in SINGLE:
        if (fact := getattr(summary, field)) is not None:
            quote = fact.citations[0].quote
            told = _line(behind(shown(field, fact), fact), fact.citations, quote if quote != shown(field, fact) else None)
            table.add_row(label, told)
    for label, field in LISTS:
        for index, fact in enumerate(getattr(summary, field)):
            table.add_row(label if index == 0 else "", _line(behind(shown(field, fact), fact), fact.citations))
    if table.row_count:
        yield _section("The case", table)


def _terminal_told(summary: CaseSummary) -> Iterator[RenderableType]:
    if summary.quotes:
        yield _section(IN_THEIR_WORDS, Group(*(_line(f"{quoted(fact)} — {behind(speaker(fact), fact)}", fact.citations) for fact in summary.quotes)))
    if summary.timeline:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column()
        for fact in summary.timeline:
            table.add_row(dated(fact), _line(behind(fact.value, fact), fact.citations))
        yield _section(TIMELINE, table)


def _terminal_conflicts(summary: CaseSummary) -> Iterator[RenderableType]:
    if not summary.conflicts:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold yellow")
    table.add_column()
    for conflict in summary.conflicts:
        for index, position in enumerate(conflict.positions):
            table.add_row(_text(f"{conflict.about}, {conflict.kind}" if index == 0 else ""), _line(position.value, position.citations))
    yield _section(DIFFER, table)


def _terminal_unplaced(response: SummaryResponse) -> Iterator[RenderableType]:
    told = [_text(f"{label}, {what}: {why}") for label, what, why in unplaced(response)]
    if told:
        yield _section(UNPLACED, Group(*told))


def _terminal_sources(response: SummaryResponse) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column()
    by_id = {article.id: article for article in response.articles}
    for line in response.ledger:
        article = by_id[line.article]
        name = ", ".join(str(part) for part in (article.publisher, article.title, article.published_on) if part)
        outcome = read_of(line) + (f": {line.reason}" if line.reason else "")
        table.add_row(Text(line.article, style="bold"), _text(name), _text(outcome, style="dim"))
    provenance, timings = response.provenance, response.timings
    foot = Text(
        f"read by {provenance.reader} ({provenance.model}) in {timings.total_s:.1f} s; every word above is copied or computed from the sources", style="dim"
    )
    return Group(_section(SOURCES, table), Padding(foot, (1, 1, 0, 1)))
