"""How a summary is put into words, whatever it is written in: labels of fields, values as people read them, where all of it comes from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from casebrief.service.domain.dates import in_words
from casebrief.service.domain.schema import ArticleReport, CaseSummary, Citation, Date, Fact, LedgerLine, Money, Response, Speaker, SummaryResponse
from casebrief.service.domain.similarity import bare

SINGLE = (
    ("Status", "status"),
    ("Proceeding", "proceeding"),
    ("Court", "court"),
    ("Judge", "judge"),
    ("Docket number", "docket_number"),
    ("Filed on", "filed_on"),
    ("Class", "class_definition"),
)
LISTS = (
    ("Plaintiffs", "plaintiffs"),
    ("Defendants", "defendants"),
    ("Decided", "rulings"),
    ("Alleged", "allegations"),
    ("Asked for", "relief_sought"),
    ("Sued on", "causes_of_action"),
    ("The defendant's answer", "responses"),
    ("Figures", "figures"),
    ("Counsel", "counsel"),
)
"""In the order in which a reader needs them: how it stands and where, who and what, then the rest."""

IN_THEIR_WORDS, TIMELINE, DIFFER, SOURCES = "In their words", "Timeline", "Where the sources differ", "Sources"
UNPLACED = "Corrections that found no place"
LABELS = {"caption": "Case", "quotes": IN_THEIR_WORDS, "timeline": TIMELINE, "abstract": "In short"} | {field: label for label, field in (*SINGLE, *LISTS)}
"""By field: what it is called."""

DONE = {"accept": "accepted", "change": "changed", "add": "added"}
"""By action: what a person did with a fact."""

TO_COME = "still to come when it was written"

OUR_HEADING = "(our heading)"
"""Stands behind a name that no article gives."""

NOTHING = "No fact of a case was found in what was sent"

GUARANTEES = (
    "Every fact points at the words of an article that it rests on. A copied value is those words; a normalized one was computed from them by rule; "
    "an inferred one was picked by the model from a closed list. What no article states is left out. "
    "That the articles are right, and that the model found everything in them, is not guaranteed."
)
"""The sentence on guarantees that every export carries."""

_WORDS = {"class_action": "class action", "on_appeal": "on appeal"}


def shown(field: str, fact: Fact[Any]) -> str:
    """A fact's value as people read it."""
    if field == "court" and fact.normalized is not None:
        return fact.normalized.name if fact.normalized.court_id else fact.value
    if field == "counsel" and fact.normalized is not None:
        return f"{fact.value} (for the {fact.normalized.for_})" if fact.normalized.for_ else fact.value
    if field in ("relief_sought", "rulings") and isinstance(fact.normalized, Money):
        return f"{fact.value} ({fact.normalized.kind.replace('_', ' ')})" if fact.normalized.amount is not None else fact.value
    if field == "responses" and isinstance(fact.normalized, Response) and fact.normalized.stance != "other":
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


def speaker(fact: Fact[Any]) -> str:
    """Who said it, as far as that was told."""
    return (fact.normalized.speaker if isinstance(fact.normalized, Speaker) else None) or "speaker not named"


def dated(fact: Fact[Any]) -> str:
    """The date of an event, as far as it could be resolved; of one that was only planned, that it was."""
    date = in_words(fact.normalized) if isinstance(fact.normalized, Date) else "date open"
    return f"{date}, {TO_COME}" if fact.to_come else date


def headline(response: SummaryResponse) -> str:
    """What the summary is called: the case's caption, where an article states it, else its sides, marked as a heading of ours."""
    summary = response.summary
    if summary.caption:
        return summary.caption.value
    sides = [_first_of(parties) for parties in (summary.plaintiffs, summary.defendants)]
    if all(sides):
        return f"{sides[0]} v. {sides[1]} {OUR_HEADING}"
    if any(sides):
        return f"{'A case of' if sides[0] else 'A case against'} {sides[0] or sides[1]} {OUR_HEADING}"
    return "A case without a name in these articles" if has_facts(response) else NOTHING


def mended(fact: Fact[Any]) -> str:
    """Who corrected a fact, and on which day (in UTC), in a few words; nothing where nobody did."""
    if fact.corrected is None:
        return ""
    was = f", was “{fact.corrected.was}”" if fact.corrected.action == "change" else ""
    return f"{DONE[fact.corrected.action]} by {fact.corrected.by}, {day(fact.corrected.at.date())}{was}"


def behind(told: str, fact: Fact[Any]) -> str:
    """A fact's words, and in brackets behind them who corrected it."""
    by = mended(fact)
    return f"{told} ({by})" if by else told


def unplaced(response: SummaryResponse) -> list[tuple[str, str, str]]:
    """The corrections that the summary does not show: the field's label, what was wanted, and why it found no place."""
    found = response.corrections.unplaced if response.corrections else ()
    return [(LABELS[one.field], f"{one.action}: {one.value}", one.reason) for one in found]


VITAL = frozenset({"rulings", "relief_sought", "court", "judge", "filed_on", "status", "docket_number"})
"""Fields of which a reader in a hurry must know that the sources differ."""


def differing(summary: CaseSummary) -> str:
    """What a reader of the abstract alone must know: on which vital facts the sources contradict each other; nothing where they do not."""
    about = dict.fromkeys(conflict.about for conflict in summary.conflicts if conflict.field in VITAL and conflict.kind == "contradiction")
    return f"The sources differ on the {' and the '.join(about)}: see below." if about else ""


def _first_of(parties: Sequence[Fact[Any]]) -> str:
    """The first party of a side, with how many others there are."""
    others = len(parties) - 1
    return "".join(party.value for party in parties[:1]) + (" and another" if others == 1 else f" and {others} others" if others > 1 else "")


def has_facts(response: SummaryResponse) -> bool:
    """Whether a summary states a single fact."""
    return any(line.facts for line in response.ledger)


def read_of(line: LedgerLine) -> str:
    """What became of an article, in one line."""
    facts = "1 fact" if line.facts == 1 else f"{line.facts} facts"
    share = f", {line.share:.0%} of the text read as story" if line.share is not None and line.outcome.endswith("used") else ""
    return f"{line.outcome.replace('_', ' ')}, {facts}{share}"


def name_of(article: ArticleReport) -> str:
    """An article's publisher and title, or its id."""
    return " — ".join(part for part in (article.publisher, article.title) if part) or article.id


def day(date: datetime.date) -> str:
    """A day in words: 7 March 2025."""
    return f"{date.day} {date:%B %Y}"


def origin(response: SummaryResponse, on: datetime.date) -> Iterator[tuple[str, str]]:
    """Where a summary comes from, by name: the day ``on`` which it was written out, model, hashes and what is guaranteed."""
    provenance = response.provenance
    yield "Written on", day(on)
    yield "Summary", response.id
    yield "Read by", f"{provenance.model} ({provenance.reader}), casebrief {provenance.version}, {provenance.engine}"
    yield "SHA-256 of the model", provenance.model_sha256
    for adapter in provenance.adapters:
        yield "SHA-256 of its adapter", adapter
    yield "SHA-256 of the prompts", provenance.prompts_sha256
    yield "SHA-256 of the schema", provenance.schema_sha256
    for article in response.articles:
        yield f"SHA-256 of {article.id}", article.sha256
    yield "Guarantees", GUARANTEES
