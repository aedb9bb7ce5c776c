"""A summary as a brief that people read: Markdown for pasting, and the same content for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casebrief.service.domain.dates import in_words
from casebrief.service.domain.schema import CaseSummary, Citation, Date, Fact, LedgerLine, Money, Response, Speaker, SummaryResponse
from casebrief.service.domain.similarity import bare
from casebrief.service.domain.view import harmless
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_SINGLE = (
    ("Court", "court"),
    ("Docket number", "docket_number"),
    ("Judge", "judge"),
    ("Filed on", "filed_on"),
    ("Proceeding", "proceeding"),
    ("Status", "status"),
    ("Class", "class_definition"),
)
_LISTS = (
    ("Plaintiffs", "plaintiffs"),
    ("Defendants", "defendants"),
    ("Counsel", "counsel"),
    ("Sued on", "causes_of_action"),
    ("Asked for", "relief_sought"),
    ("Decided", "rulings"),
    ("Alleged", "allegations"),
    ("The defendant's answer", "responses"),
    ("Figures", "figures"),
)
_WORDS = {"class_action": "class action", "on_appeal": "on appeal"}


def shown(field: str, fact: Fact[Any]) -> str:
    """A fact's value as the brief shows it."""
    if field == "court" and fact.normalized is not None:
        return fact.normalized.name if fact.normalized.court_id else fact.value
    if field == "counsel" and fact.normalized is not None:
        return f"{fact.value} (for the {fact.normalized.for_})" if fact.normalized.for_ else fact.value
    if field in ("relief_sought", "rulings") and isinstance(fact.normalized, Money):
        return f"{fact.value} ({fact.normalized.kind.replace('_', ' ')})" if fact.normalized.amount is not None else fact.value
    if field == "responses" and isinstance(fact.normalized, Response):
        return f"{fact.value} [{fact.normalized.stance.replace('_', ' ')}]"
    return _WORDS.get(fact.value, fact.value)


def sources(citations: list[Citation]) -> str:
    """The ids of the articles cited, each once."""
    return ", ".join(dict.fromkeys(citation.article for citation in citations))


def quoted(fact: Fact[Any]) -> str:
    """A quotation in its marks; one that its attribution broke off is shown with all its parts, in the order of the article."""
    first = fact.citations[0].article
    parts: list[str] = []
    for citation in sorted(fact.citations, key=lambda citation: citation.start):
        if citation.article == first and not any(bare(citation.quote) in bare(part) for part in parts):
            parts.append(citation.quote)
    return " … ".join(f"“{part}”" for part in parts)


def dated(fact: Fact[Any]) -> str:
    """The date of an event, or a dash where it could not be resolved."""
    return in_words(fact.normalized) if isinstance(fact.normalized, Date) else "date open"


def _headline(response: SummaryResponse) -> str:
    if response.summary.caption:
        return response.summary.caption.value
    return "A case without a name in these articles" if has_facts(response) else NOTHING


NOTHING = "No fact of a case was found in what was sent"


def has_facts(response: SummaryResponse) -> bool:
    """Whether a summary states a single fact."""
    return any(line.facts for line in response.ledger)


def read_of(line: LedgerLine) -> str:
    """What became of an article, in one line."""
    share = f", {line.share:.0%} of the text read as story" if line.share is not None and line.outcome.endswith("used") else ""
    return f"{line.outcome.replace('_', ' ')}, {line.facts} facts{share}"


def markdown(response: SummaryResponse) -> str:
    """The brief as Markdown; every fact has a footnote with the words it came from."""
    return "\n".join(_Markdown(response).lines()) + "\n"


class _Markdown:
    def __init__(self, response: SummaryResponse) -> None:
        self._response = response
        self._notes: list[str] = []

    def lines(self) -> Iterator[str]:
        summary = self._response.summary
        yield f"# {_plain(_headline(self._response))}"
        if summary.abstract:
            yield ""
            yield " ".join(f"{_plain(sentence.value)}{self._note(sentence.citations)}" for sentence in summary.abstract.sentences)
        yield from self._facts(summary)
        yield from self._told(summary)
        yield from self._conflicts(summary)
        yield from self._ledger()
        yield ""
        yield from self._notes

    def _facts(self, summary: CaseSummary) -> Iterator[str]:
        rows = [(label, field, fact) for label, field in _SINGLE if (fact := getattr(summary, field)) is not None]
        if rows:
            yield from ("", "## The case", "", "| | |", "| --- | --- |")
        for label, field, fact in rows:
            yield f"| {label} | {_plain(shown(field, fact)).replace('|', '&#124;')}{self._note(fact.citations)} |"
        for label, field in _LISTS:
            facts = getattr(summary, field)
            if facts:
                yield from ("", f"## {label}", "")
                yield from (f"- {_plain(shown(field, fact))}{self._note(fact.citations)}" for fact in facts)

    def _told(self, summary: CaseSummary) -> Iterator[str]:
        if summary.quotes:
            yield from ("", "## In their words", "")
        for fact in summary.quotes:
            yield f"> {_plain(quoted(fact))} — {_plain(_speaker(fact))}{self._note(fact.citations)}"
            yield ""
        if summary.timeline:
            yield from ("", "## Timeline", "")
        for event in summary.timeline:
            yield f"- **{dated(event)}**: {_plain(event.value)}{self._note(event.citations)}"

    def _conflicts(self, summary: CaseSummary) -> Iterator[str]:
        if summary.conflicts:
            yield from ("", "## Where the sources differ", "")
        for conflict in summary.conflicts:
            told = "; ".join(f"{_plain(position.value)}{self._note(position.citations)}" for position in conflict.positions)
            yield f"- {_plain(conflict.about)} ({conflict.kind}): {told}"

    def _ledger(self) -> Iterator[str]:
        yield from ("", "## Sources", "")
        titles = {article.id: article for article in self._response.articles}
        for line in self._response.ledger:
            article = titles[line.article]
            name = " — ".join(_plain(part) for part in (article.publisher, article.title) if part) or line.article
            day = f", {article.published_on}" if article.published_on else ""
            why = f" ({_plain(line.reason)})" if line.reason else ""
            yield f"- **{line.article}** {name}{day}: {read_of(line)}{why}"

    def _note(self, citations: list[Citation]) -> str:
        number = len(self._notes) + 1
        quoted = "; ".join(f"{c.article} {c.start}–{c.end}: “{_plain(c.quote)}”" for c in citations)
        self._notes.append(f"[^{number}]: {quoted}")
        return f"[^{number}]"


def _plain(text: str) -> str:
    """Words of an article in Markdown: one line, and none of its characters a mark."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#" else c for c in " ".join(harmless(text).split()))


def _speaker(fact: Fact[Any]) -> str:
    return (fact.normalized.speaker if isinstance(fact.normalized, Speaker) else None) or "speaker not named"


def terminal(response: SummaryResponse) -> RenderableType:
    """The brief for a terminal."""
    summary = response.summary
    parts: list[RenderableType] = [Panel(_text(_headline(response), style="bold"), subtitle="casebrief", expand=True)]
    if summary.abstract:
        told = Text()
        for sentence in summary.abstract.sentences:
            told.append(f"{harmless(sentence.value)} ").append(f"[{sources(sentence.citations)}] ", style="dim")
        parts.append(Padding(told, (1, 1, 0, 1)))
    parts += [*_terminal_facts(summary), *_terminal_told(summary), *_terminal_conflicts(summary), _terminal_sources(response)]
    return Group(*parts)


def _text(words: str, style: str = "") -> Text:
    """Words of somebody else for a terminal: characters that would command it are left out."""
    return Text(harmless(words), style=style)


def _section(title: str, body: RenderableType) -> RenderableType:
    return Padding(Group(Text(title, style="bold cyan"), Padding(body, (0, 0, 0, 2))), (1, 1, 0, 1))


def _line(text: str, citations: list[Citation], quote: str | None = None) -> Text:
    line = _text(text)
    line.append(f"  [{sources(citations)}]", style="dim")
    if quote and quote != text:
        line.append(f"\n“{' '.join(harmless(quote).split())}”", style="dim italic")
    return line


def _terminal_facts(summary: CaseSummary) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for label, field in _SINGLE:
        if (fact := getattr(summary, field)) is not None:
            table.add_row(label, _line(shown(field, fact), fact.citations, fact.citations[0].quote))
    for label, field in _LISTS:
        for index, fact in enumerate(getattr(summary, field)):
            table.add_row(label if index == 0 else "", _line(shown(field, fact), fact.citations))
    if table.row_count:
        yield _section("The case", table)


def _terminal_told(summary: CaseSummary) -> Iterator[RenderableType]:
    if summary.quotes:
        yield _section("In their words", Group(*(_line(f"{quoted(fact)} — {_speaker(fact)}", fact.citations) for fact in summary.quotes)))
    if summary.timeline:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column()
        for fact in summary.timeline:
            table.add_row(dated(fact), _line(fact.value, fact.citations))
        yield _section("Timeline", table)


def _terminal_conflicts(summary: CaseSummary) -> Iterator[RenderableType]:
    if not summary.conflicts:
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold yellow")
    table.add_column()
    for conflict in summary.conflicts:
        for index, position in enumerate(conflict.positions):
            table.add_row(_text(f"{conflict.about}, {conflict.kind}" if index == 0 else ""), _line(position.value, position.citations))
    yield _section("Where the sources differ", table)


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
    return Group(_section("Sources", table), Padding(foot, (1, 1, 0, 1)))
