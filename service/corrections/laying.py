"""Corrections laid over a summary: each finds its fact again by its words, or is told to have found no place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casebrief.service.corrections.model import FIELDS, SINGLE, Correction, CorrectionFault, document_of, fact_of
from casebrief.service.corrections.stating import choice_of, stated
from casebrief.service.corrections.words import NoPlace, Place, Sources, cited, placed
from casebrief.service.domain.schema import Citation, Conflict, Corrected, Corrections, Date, Fact, Figure, Position, SummaryResponse, Unplaced
from casebrief.service.domain.spans import Span
from casebrief.service.exports.facts import facts

ALIKE = 0.5
"""The share of their common extent that words of one fact have in common at least."""


def applied(response: SummaryResponse, corrections: Iterable[Correction], texts: Mapping[str, str]) -> SummaryResponse:
    """The summary as people corrected it, in the order in which they did; ``texts`` are its articles' by id.

    A correction that the response tells of already is not made again, so that to apply twice is to apply once. What finds no place stands in it with its reason.
    """
    before = response.corrections or Corrections(placed=[], unplaced=[])
    done, unplaced = list(before.placed), list(before.unplaced)
    known = {*done, *(one.id for one in unplaced)}
    new = sorted({one.id: one for one in corrections if one.id not in known}.values(), key=lambda one: (one.at, one.id))
    if not new:
        return response
    sources, board = Sources(response, texts), _Board.of(response)
    for one in new:
        try:
            _STEPS[one.action](board, one, sources)
            done.append(one.id)
        except (NoPlace, CorrectionFault) as why:
            unplaced.append(Unplaced(id=one.id, field=one.field, action=one.action, value=one.told, reason=str(why)))
    told = response.model_copy(update={"summary": board.laid_over(response, sources), "corrections": Corrections(placed=done, unplaced=unplaced)})
    return told.model_copy(update={"ledger": _counted(told)})


@dataclass
class _Entry:
    """A fact; ``added`` where no fact stood before."""

    fact: Fact[Any]
    added: bool = False


@dataclass
class _Board:
    """The facts of a summary by field, and its conflicts, while corrections are laid over them."""

    entries: dict[str, list[_Entry]]
    conflicts: list[Conflict]

    @classmethod
    def of(cls, response: SummaryResponse) -> _Board:
        entries: dict[str, list[_Entry]] = {field: [] for field in FIELDS}
        for one in facts(response):
            entries[one.field].append(_Entry(one.fact))
        return cls(entries, list(response.summary.conflicts))

    def put(self, field: str, fact: Fact[Any], sources: Sources) -> None:
        """A fact where none stood for it; of what there is one of, in place of the other. Raises `NoPlace` where that is from a newer article."""
        entries = self.entries[field]
        if field in SINGLE and entries:
            newer = [citation.article for citation in entries[0].fact.citations if sources.newer(citation.article, fact.citations[0].article)]
            if newer:
                raise NoPlace(f"{field} rests on {newer[0]} now, which is newer")
            self.settle(field, entries.pop().fact, fact)
        entries.append(_Entry(fact, added=True))

    def settle(self, field: str, old: Fact[Any], new: Fact[Any] | None) -> None:
        """Let conflicts follow: the position of a fact goes with it, or becomes what it became."""
        self.conflicts = [_settled(one, old, new) if one.field == field else one for one in self.conflicts]

    def laid_over(self, response: SummaryResponse, sources: Sources) -> Any:
        """The summary with the facts and conflicts of this board."""
        update: dict[str, Any] = {"conflicts": [one for one in self.conflicts if _differ(one)]}
        for field, entries in self.entries.items():
            ordered = [entry.fact for entry in entries if not entry.added] + sorted(
                (entry.fact for entry in entries if entry.added), key=lambda fact: _place_of(fact, sources)
            )
            if field == "timeline":
                ordered = sorted((_foreseen(fact, sources) for fact in ordered), key=_day)
            update[field] = next(iter(ordered), None) if field in SINGLE else ordered
        return response.summary.model_copy(update=update)


def _accept(board: _Board, one: Correction, sources: Sources) -> None:
    entries = board.entries[one.field]
    places = _places(one, sources)
    at = _found(entries, one, places)
    if at is None:
        board.put(one.field, _marked(_restored(one, sources), one), sources)
        return
    here = entries[at].fact
    fact = here if _says_same(here, _was(one)) else _restored(one, sources)
    board.settle(one.field, here, fact)
    entries[at].fact = _marked(fact, one)


def _delete(board: _Board, one: Correction, sources: Sources) -> None:
    entries = board.entries[one.field]
    places = _places(one, sources)
    at = _found(entries, one, places)
    if at is not None and _of_one_kind(entries[at].fact, _was(one)):
        board.settle(one.field, entries.pop(at).fact, None)
    elif any(_share(entry.fact.citations, places) for entry in entries):
        raise NoPlace(f"another fact of {one.field} rests on its words now")


def _change(board: _Board, one: Correction, sources: Sources) -> None:
    entries = board.entries[one.field]
    fact = _marked(_stated(one, sources), one)
    at = _found(entries, one, _places(one, sources, needed=False))
    if at is None:
        _state(board, one, fact, sources)
        return
    entry = entries.pop(at)
    board.settle(one.field, entry.fact, fact)
    same = _same(entries, fact)
    if same is not None:
        fact = _joined(fact, entries.pop(same).fact)
        at -= same < at
    entries.insert(at, _Entry(_joined(fact, entry.fact), entry.added))


def _add(board: _Board, one: Correction, sources: Sources) -> None:
    _state(board, one, _marked(_stated(one, sources), one), sources)


_STEPS = {"accept": _accept, "delete": _delete, "change": _change, "add": _add}


def _state(board: _Board, one: Correction, fact: Fact[Any], sources: Sources) -> None:
    """Put a person's fact in place of the one that says the same, or beside the others."""
    entries = board.entries[one.field]
    same = _same(entries, fact)
    if same is None:
        board.put(one.field, fact, sources)
    else:
        board.settle(one.field, entries[same].fact, fact)
        entries[same].fact = _joined(fact, entries[same].fact)


# ---------------------------------------------------------------------- finding


def _places(one: Correction, sources: Sources, *, needed: bool = True) -> list[Place]:
    """Where the words stand now that the fact rested on. Raises `NoPlace` where they are needed and none is found."""
    places, why = [], None
    for words in one.stood:
        try:
            places.append(placed(words, sources))
        except NoPlace as error:
            why = why or error
    if needed and not places and why:
        raise why
    return places


def _found(entries: Sequence[_Entry], one: Correction, places: Sequence[Place]) -> int | None:
    """The fact that a correction is about: the one that rests on its words, else the one that says the same. Raises `NoPlace` where several do."""
    was = _was(one)
    likely = [(_says_same(entry.fact, was), _share(entry.fact.citations, places), at) for at, entry in enumerate(entries) if not _other_day(entry.fact, was)]
    on_words = [scored for scored in likely if scored[1] > ALIKE]
    best = [scored for scored in on_words if scored[:2] == max(on_words)[:2]] or [scored for scored in likely if scored[0]]
    if len(best) > 1:
        raise NoPlace(f"{len(best)} facts of {one.field} rest on its words")
    return best[0][2] if best else None


def _same(entries: Sequence[_Entry], fact: Fact[Any]) -> int | None:
    """The fact that says what a person's fact says: the same of the same words, or of most of them."""
    places = [(citation.article, Span(citation.start, citation.end)) for citation in fact.citations]
    shares = [(_share(entry.fact.citations, places), -at) for at, entry in enumerate(entries) if _of_one_kind(entry.fact, fact)]
    share, at = max(shares, default=(0.0, 0))
    return -at if share > ALIKE else None


def _share(citations: Sequence[Citation], places: Sequence[Place]) -> float:
    """The most that a citation has in common with a place: of what the two extend over together."""
    shares = [0.0]
    for citation in citations:
        for article, span in places:
            common = min(citation.end, span.end) - max(citation.start, span.start)
            if article == citation.article and common > 0:
                shares.append(common / (max(citation.end, span.end) - min(citation.start, span.start)))
    return max(shares)


def _says_same(one: Fact[Any], other: Fact[Any]) -> bool:
    return (one.value, one.normalized) == (other.value, other.normalized)


def _other_day(one: Fact[Any], other: Fact[Any]) -> bool:
    """Whether two events are of different days: a sentence may tell of several."""
    return isinstance(one.normalized, Date) and isinstance(other.normalized, Date) and one.guarantee == "copied" and one.normalized != other.normalized


def _of_one_kind(one: Fact[Any], other: Fact[Any]) -> bool:
    """Whether two facts on the same words may be one: of one kind, side or stance, and of one day."""
    return choice_of(one) == choice_of(other) and not _other_day(one, other)


# ---------------------------------------------------------------------- making


def _was(one: Correction) -> Fact[Any]:
    """The fact before; what was added has none."""
    was = one.before
    assert was is not None
    return was


def _stated(one: Correction, sources: Sources) -> Fact[Any]:
    """What a person said, of the article's words as they stand now. Raises `NoPlace` or `CorrectionFault`."""
    assert one.words is not None
    article, span = placed(one.words, sources)
    fact = stated(one.field, sources.source(article), span, one.choice, one.speaker)
    return fact_of(one.field, document_of(fact))


def _restored(one: Correction, sources: Sources) -> Fact[Any]:
    """The fact that was, its citations where their words stand now; the first must be found. Raises `NoPlace`."""
    was = _was(one)
    found: list[Citation] = []
    for citation, words in zip(was.citations, one.stood, strict=True):
        try:
            article, span = placed(words, sources)
        except NoPlace:
            if not found:
                raise
            continue
        stands = (article, span) == (citation.article, Span(citation.start, citation.end))
        found.append(citation if stands else cited(sources.source(article), span))
    return was.model_copy(update={"citations": found})


def _marked(fact: Fact[Any], one: Correction) -> Fact[Any]:
    was = str(one.was["value"]) if one.was else None
    return fact.model_copy(update={"corrected": Corrected(action=one.action, by=one.by, at=one.at, was=was)})  # type: ignore[arg-type]


def _joined(fact: Fact[Any], other: Fact[Any]) -> Fact[Any]:
    """A person's fact with the citations of one that says the same in the same words."""
    if fact.value != other.value:
        return fact
    citations = list(dict.fromkeys([*fact.citations, *other.citations]))
    return fact.model_copy(update={"citations": citations, "independent_sources": other.independent_sources})


def _settled(conflict: Conflict, old: Fact[Any], new: Fact[Any] | None) -> Conflict:
    mine = [
        at
        for at, one in enumerate(conflict.positions)
        if (one.value, one.normalized) == (old.value, old.normalized) and set(one.citations) & set(old.citations)
    ]
    positions = list(conflict.positions)
    for at in reversed(mine[:1]):
        positions[at : at + 1] = [Position(value=new.value, normalized=new.normalized, citations=new.citations)] if new and _comparable(old, new) else []
    return conflict.model_copy(update={"positions": positions})


def _comparable(old: Fact[Any], new: Fact[Any]) -> bool:
    """Whether what a fact became can still be held against what it was: of one type, and figures of one unit."""
    units = [fact.normalized.unit if isinstance(fact.normalized, Figure) else "" for fact in (old, new)]
    return type(old.normalized) is type(new.normalized) and units[0] == units[1]


def _differ(conflict: Conflict) -> bool:
    """Whether two positions are left that say something else."""
    first = conflict.positions[:1]
    return any((one.value, one.normalized) != (first[0].value, first[0].normalized) for one in conflict.positions)


def _place_of(fact: Fact[Any], sources: Sources) -> tuple[int, int, int, str]:
    first = fact.citations[0]
    return list(sources.reports).index(first.article), first.start, first.end, fact.value


def _day(event: Fact[Any]) -> tuple[bool, str]:
    return (event.normalized is None, event.normalized.date if event.normalized else "")


def _foreseen(event: Fact[Any], sources: Sources) -> Fact[Any]:
    """An event that a person changed or added, marked where its day lay ahead when every article that tells of it appeared."""
    if event.corrected is None or event.corrected.action == "accept":
        return event
    days = [sources.reports[citation.article].published_on for citation in event.citations]
    date = event.normalized.date if event.normalized else ""
    return event.model_copy(update={"to_come": bool(date) and all(day and date > day.isoformat()[: len(date)] for day in days)})


def _counted(response: SummaryResponse) -> list[Any]:
    """The ledger, the facts counted anew."""
    cited_in = [{citation.article for citation in one.citations} for one in facts(response)]
    return [line.model_copy(update={"facts": sum(line.article in articles for articles in cited_in)}) for line in response.ledger]
