"""From what a person asks for to a correction of the summary before them: which fact, which words, what of a closed list."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from casebrief.service.corrections.model import FIELDS, LONGEST_NAME, SINGLE, Action, Correction, CorrectionFault, document_of
from casebrief.service.corrections.stating import choice_of, speaker_of, stated
from casebrief.service.corrections.words import NoPlace, Sources, places_of, words_at
from casebrief.service.domain.schema import Fact, Frozen, SummaryResponse
from casebrief.service.domain.spans import Span
from casebrief.service.domain.view import harmless
from casebrief.service.exports.facts import facts
from casebrief.service.verifying import Source
from pydantic import Field

MOST_PLACES = 8
"""Places of words that stand several times that a message names."""


class Selected(Frozen):
    """Words of an article: by their place, half-open in code points of its text as it was sent; or by themselves, from ``start`` on where they stand several times."""

    article: str
    quote: str | None = None
    start: Annotated[int | None, Field(ge=0)] = None
    end: Annotated[int | None, Field(ge=1)] = None


class Wanted(Frozen):
    """A correction as it is asked for.

    ``value`` names the fact that is meant, and ``place`` a place that it cites where two have the same value; of what there is one of, ``field`` suffices.
    ``words`` are those that a changed or added fact rests on, ``choice`` is what it has of its field's closed list, ``speaker`` who said it.
    """

    action: Action
    field: str
    value: str | None = None
    place: Selected | None = None
    words: Selected | None = None
    choice: str | None = None
    speaker: str | None = None


def corrections_of(wanted: list[Wanted], response: SummaryResponse, sources: Sources, by: str, at: datetime.datetime) -> list[Correction]:
    """What was asked for as corrections of a summary, a microsecond apart. Raises `CorrectionFault`, the place in the list before its message where there are several."""
    made = []
    for number, one in enumerate(wanted):
        try:
            made.append(_correction(one, response, sources, _name(by), at + datetime.timedelta(microseconds=number)))
        except (CorrectionFault, NoPlace) as fault:
            raise CorrectionFault(f"/{number}: {fault}" if len(wanted) > 1 else str(fault)) from None
    return made


def _correction(wanted: Wanted, response: SummaryResponse, sources: Sources, by: str, at: datetime.datetime) -> Correction:
    if wanted.field not in FIELDS:
        raise CorrectionFault(f"{wanted.field!r} is no field that can be corrected: they are {', '.join(FIELDS)}")
    if wanted.action == "add":
        return _addition(wanted, response, sources, by, at)
    was = _meant(wanted, response)
    stood = [words_at(sources.source(one.article), Span(one.start, one.end)) for one in was.citations]
    kept: dict[str, Any] = {"field": wanted.field, "was": document_of(was), "stood": stood, "by": by, "at": at}
    if wanted.action != "change":
        _without(wanted, "words", "choice", "speaker")
        return Correction(action=wanted.action, now=kept["was"] if wanted.action == "accept" else None, **kept)
    selected = _words(wanted.words, sources) if wanted.words else stood[0]
    choice, speaker = wanted.choice or choice_of(was), wanted.speaker or _kept_speaker(was, selected.article, sources)
    now = stated(wanted.field, sources.source(selected.article), Span(selected.start, selected.end), choice, speaker)
    if (now.value, now.normalized, now.citations[0]) == (was.value, was.normalized, was.citations[0]):
        raise CorrectionFault("nothing would change: accept the fact instead")
    return Correction(action="change", now=document_of(now), words=selected, choice=choice, speaker=speaker, **kept)


def _addition(wanted: Wanted, response: SummaryResponse, sources: Sources, by: str, at: datetime.datetime) -> Correction:
    _without(wanted, "value", "place")
    if wanted.words is None:
        raise CorrectionFault("a fact rests on words: select some of an article")
    if wanted.field in SINGLE and getattr(response.summary, wanted.field) is not None:
        raise CorrectionFault(f"there is one {wanted.field}: change it")
    words = _words(wanted.words, sources)
    now = stated(wanted.field, sources.source(words.article), Span(words.start, words.end), wanted.choice, wanted.speaker)
    return Correction(action="add", field=wanted.field, now=document_of(now), words=words, choice=wanted.choice, speaker=wanted.speaker, by=by, at=at)


def _meant(wanted: Wanted, response: SummaryResponse) -> Fact[Any]:
    """The one fact that is meant. Raises `CorrectionFault`."""
    of_field = [one.fact for one in facts(response) if one.field == wanted.field]
    found = [fact for fact in of_field if wanted.value in (None, fact.value) and _cites(fact, wanted.place)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise CorrectionFault(f"no fact of {wanted.field} {f'says {wanted.value!r}' if wanted.value else 'is meant'}: it has {_listed(of_field)}")
    raise CorrectionFault(f"{len(found)} facts of {wanted.field} may be meant: name one by its value and a place that it cites: {_listed(found)}")


def _cites(fact: Fact[Any], place: Selected | None) -> bool:
    return place is None or any(one.article == place.article and place.start in (None, one.start) for one in fact.citations)


def _listed(found: list[Fact[Any]]) -> str:
    return "; ".join(f"{one.value!r} at {one.citations[0].article}:{one.citations[0].start}" for one in found[:MOST_PLACES]) or "none"


def _words(selected: Selected, sources: Sources) -> Any:
    source = sources.source(selected.article)
    return words_at(source, _span(selected, source))


def _span(selected: Selected, source: Source) -> Span:
    """The one place that is selected. Raises `CorrectionFault`."""
    article, length = source.report.id, len(source.text)
    if selected.quote is None:
        if selected.start is None or selected.end is None or not selected.start < selected.end <= length:
            raise CorrectionFault(f"words are selected by a quote, or by start and end within the {length} characters of {article}")
        return Span(selected.start, selected.end)
    found = [span for span in places_of(selected.quote, source) if selected.quote.strip() and selected.start in (None, span.start)]
    if len(found) != 1:
        at = f": at {', '.join(str(span.start) for span in found[:MOST_PLACES])}; give more of them, or where they start" if found else ""
        raise CorrectionFault(f"“{selected.quote}” stands in {article} {len(found)} times{at}")
    return found[0]


def _kept_speaker(was: Fact[Any], article: str, sources: Sources) -> str | None:
    """The speaker that a changed fact keeps, where the article of its words names them so."""
    speaker = speaker_of(was)
    return speaker if speaker and speaker in sources.source(article).view.text else None


def _without(wanted: Wanted, *names: str) -> None:
    for name in names:
        if getattr(wanted, name) is not None:
            raise CorrectionFault(f"to {wanted.action} a fact takes no {name}")


def _name(by: str) -> str:
    name = " ".join(harmless(by).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise CorrectionFault(f"say who corrects, in 1 to {LONGEST_NAME} characters")
    return name
