"""What changed between two summaries of one case, each change with the words that show it. Pure: of two summaries the same always follows.

Facts are matched within their field: by what they state, else by the words that they cite, else by a typed form that tells the fact by itself. Words of an article
whose text is the same in both are told by their place, those of an edited one by what they say. What merging merely put together in another way is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from casebrief.service.domain.schema import CaseSummary, Citation, Conflict, Fact, Frozen, Position, SummaryResponse
from casebrief.service.domain.similarity import bare
from pydantic import Field

Kind = Literal["contradicted", "superseded", "changed", "new", "confirmed", "gone"]
KINDS: tuple[Kind, ...] = ("contradicted", "superseded", "changed", "new", "confirmed", "gone")
"""In the order in which they are told."""

FIELDS = tuple(name for name in CaseSummary.model_fields if name not in ("conflicts", "abstract"))
"""The abstract is made of other facts' words: what changes in it is told there."""

TOLD_BY_FORM = frozenset({"docket_number", "court", "filed_on", "relief_sought", "rulings", "figures"})
"""Fields in which an equal typed form is an equal fact, whatever the words."""


class Change(Frozen):
    """One change. ``fact``: as it stands now, of what is gone as it stood; null where a conflict came or went, which ``conflict`` tells.

    ``was``: as it stood before, of what changed. ``citations``: the words that show the change, those that are new first; of what is gone the old ones, which
    count the article's text as it was.
    """

    kind: Kind
    field: str
    fact: Annotated[Fact[Any] | None, Field(exclude_if=lambda fact: fact is None)] = None
    was: Annotated[Fact[Any] | None, Field(exclude_if=lambda fact: fact is None)] = None
    conflict: Annotated[Conflict | None, Field(exclude_if=lambda conflict: conflict is None)] = None
    citations: Annotated[list[Citation], Field(min_length=1)]


Key = tuple[object, ...]
KeyOf = Callable[[Citation], Key]
Cited = frozenset[Key]


def changes(before: SummaryResponse | None, after: SummaryResponse) -> list[Change]:
    """The changes from one summary of a case to a later one, by kind, then by field; ``None``: there was none."""
    known = {article.id: article.sha256 for article in before.articles} if before else {}
    same_text = {article.id for article in after.articles if known.get(article.id) == article.sha256}
    copies = {article.id for article in after.articles if article.copy_of}

    def key_of(citation: Citation) -> Key:
        return (citation.article, citation.start, citation.end) if citation.article in same_text else (citation.article, bare(citation.quote) or citation.quote)

    old = before.summary if before else CaseSummary()
    comparison = _Comparison(key_of, frozenset(copies))
    conflicts = list(comparison.conflicts(old, after.summary))
    found = [change for field in FIELDS for change in comparison.facts(field, old, after.summary, conflicts)]
    return sorted([*conflicts, *found], key=lambda change: KINDS.index(change.kind))


@dataclass(frozen=True)
class _Comparison:
    """``key_of`` tells the same words of both summaries by one key; words of ``copies`` confirm nothing."""

    key_of: KeyOf
    copies: frozenset[str]

    def cited(self, *told: Fact[Any] | Conflict) -> Cited:
        return frozenset(self.key_of(citation) for one in told for citation in _citations(one))

    def facts(self, field: str, before: CaseSummary, after: CaseSummary, conflicts: Sequence[Change]) -> Iterator[Change]:
        """The changes of one field, without those that a change of its conflicts tells."""
        old, new = _facts(before, field), _facts(after, field)
        pairs = self._pairs(field, old, new)
        taken = set(pairs.values())
        here = [conflict for summary in (before, after) for conflict in summary.conflicts if conflict.field == field]
        known, standing = self.cited(*old, *here), self.cited(*new, *here)
        told = self.cited(*(change.conflict for change in conflicts if change.conflict and change.field == field))
        for place, fact in enumerate(new):
            if self.cited(fact) <= told:
                continue
            if place in pairs:
                yield from self._matched(field, old[pairs[place]], fact)
            elif not self.cited(fact) <= known:
                yield Change(kind="new", field=field, fact=fact, citations=self._fresh_first(fact, known))
        for place, fact in enumerate(old):
            if place not in taken and not self.cited(fact) & standing:
                yield Change(kind="gone", field=field, fact=fact, citations=fact.citations)

    def _matched(self, field: str, was: Fact[Any], fact: Fact[Any]) -> Iterator[Change]:
        fresh = [one for one in fact.citations if self.key_of(one) not in self.cited(was)]
        if self._differs(was, fact):
            yield Change(kind="changed", field=field, fact=fact, was=was, citations=self._fresh_first(fact, self.cited(was)))
        elif fact.independent_sources > was.independent_sources and (own := [one for one in fresh if one.article not in self.copies]):
            yield Change(kind="confirmed", field=field, fact=fact, citations=own)

    def _differs(self, was: Fact[Any], fact: Fact[Any]) -> bool:
        """Whether something else is stated: other words of what states the same are merging's choice."""
        if was.normalized != fact.normalized:
            return True
        if fact.guarantee == "inferred":
            return was.value != fact.value
        return was.normalized is None and bare(was.value) != bare(fact.value) and not self._shared(was, fact)

    def _fresh_first(self, told: Fact[Any] | Conflict, known: Cited) -> list[Citation]:
        return sorted(_citations(told), key=lambda citation: self.key_of(citation) in known)

    def _pairs(self, field: str, old: Sequence[Fact[Any]], new: Sequence[Fact[Any]]) -> dict[int, int]:
        """By place of a fact now, the place of the one that it was, each taken once; of a field that holds one fact, the two that it holds."""
        if field not in LISTS and old and new:
            return {0: 0}
        pairs: dict[int, int] = {}
        for likeness in (_states_the_same, self._shared, _same_form if field in TOLD_BY_FORM else _nothing):
            weighed = [(likeness(was, fact), there, here) for here, fact in enumerate(new) if here not in pairs for there, was in enumerate(old)]
            for weight, there, here in sorted(weighed, key=lambda one: (-one[0], one[1], one[2])):
                if weight and here not in pairs and there not in pairs.values():
                    pairs[here] = there
        return pairs

    def _shared(self, was: Fact[Any], fact: Fact[Any]) -> int:
        return len(self.cited(was) & self.cited(fact))

    def conflicts(self, before: CaseSummary, after: CaseSummary) -> Iterator[Change]:
        """Conflicts that came, took another side or another kind, and that went."""
        known = self.cited(*before.conflicts, *(fact for field in FIELDS for fact in _facts(before, field)))
        waiting = list(before.conflicts)
        for conflict in after.conflicts:
            was = max(waiting, key=lambda one: self._likeness(one, conflict), default=None)
            if was is not None and self._likeness(was, conflict):
                waiting.remove(was)
                if was.kind == conflict.kind and all(self._held(position, was) for position in conflict.positions):
                    continue
            kind: Kind = "contradicted" if conflict.kind == "contradiction" else "superseded"
            yield Change(kind=kind, field=conflict.field, conflict=conflict, citations=self._fresh_first(conflict, known))
        for conflict in waiting:
            yield Change(kind="gone", field=conflict.field, conflict=conflict, citations=_citations(conflict))

    def _held(self, position: Position, conflict: Conflict) -> bool:
        """Whether a side of a conflict is one that the other had: by its words, or by its typed form."""
        keys = {self.key_of(citation) for citation in position.citations}
        return bool(keys & self.cited(conflict)) or any(position.normalized is not None and position.normalized == one.normalized for one in conflict.positions)

    def _likeness(self, one: Conflict, other: Conflict) -> int:
        return len(self.cited(one) & self.cited(other)) if one.field == other.field else 0


LISTS = frozenset(name for name, field in CaseSummary.model_fields.items() if field.default == [])


def _facts(summary: CaseSummary, field: str) -> list[Fact[Any]]:
    value = getattr(summary, field)
    return list(value) if isinstance(value, list) else [value] if value is not None else []


def _citations(told: Fact[Any] | Conflict) -> list[Citation]:
    return told.citations if isinstance(told, Fact) else [citation for position in told.positions for citation in position.citations]


def _states_the_same(was: Fact[Any], fact: Fact[Any]) -> int:
    return int(was.normalized == fact.normalized and bare(was.value) == bare(fact.value))


def _same_form(was: Fact[Any], fact: Fact[Any]) -> int:
    return int(was.normalized is not None and was.normalized == fact.normalized)


def _nothing(was: Fact[Any], fact: Fact[Any]) -> int:
    return 0
