"""From the evidence of all articles to facts: group what states the same, count independent sources, keep what differs.

Grouping is by field: names by their words, dates by what they have in common, sums by amount and currency, free text by
content words. A fact's first citation is the wording it shows. What cannot both hold becomes a conflict; where the
articles' dates show that one report is newer, the newer value stands in the field.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.dockets import same_docket
from casebrief.service.domain.evidence import UNCONFIRMED, Evidence
from casebrief.service.domain.money import Worth, conversions
from casebrief.service.domain.names import mentions, same_name
from casebrief.service.domain.revisions import moved_from, quantity, revised, says_now, told_before
from casebrief.service.domain.sameness import (
    PEOPLE_UNITS,
    court,
    distinct,
    docket,
    figure,
    fineness,
    formality,
    is_filing,
    money,
    most_telling,
    one_date,
    per,
    rival_figures,
    same_court_name,
    same_figure,
    same_law,
    same_relief,
    same_ruling,
    stance,
)
from casebrief.service.domain.schema import (
    CaseSummary,
    Citation,
    Conflict,
    Counsel,
    Fact,
    Money,
    Position,
    Response,
    Speaker,
)
from casebrief.service.domain.similarity import bare, overlap
from casebrief.service.domain.spans import Span

SILENT = ("no_response", "declined_to_comment")
SAME_EVENT = 0.12
"""Share of content words that makes two reports of one day the same event."""

MOST_CONFIDENT = 0.98
PER_SOURCE = 0.02
"""What each further independent source adds to the confidence of the best one."""

Group = list[Evidence]
Same = Callable[[Evidence, Evidence], bool]


def _per(item: Evidence) -> str | None:
    return per(item.normalized) if isinstance(item.normalized, Money) else None


def _kind(item: Evidence) -> str | None:
    return item.normalized.kind if isinstance(item.normalized, Money) else None


def _undated(item: Evidence) -> str:
    """An event without the words of its date: those two events of one day share anyway."""
    return item.value.replace(item.about, " ") if item.about else item.value


BROKEN = 160
"""Characters of an attribution between the two halves of a quotation at most."""


def _near(one: Evidence, other: Evidence) -> bool:
    return max(one.span.start, other.span.start) - min(one.span.end, other.span.end) <= BROKEN


def _has_speaker(item: Evidence) -> bool:
    return isinstance(item.normalized, Speaker) and item.normalized.speaker is not None


@dataclass(frozen=True)
class Sources:
    """What merging needs to know of the articles: their texts, order, days of publication, which are copies.

    ``alike`` says which evidence states the same, where a reader that was taught marked it: such evidence is not weighed again by rules.
    """

    texts: dict[str, str]
    published: dict[str, datetime.date | None]
    copies: dict[str, str]
    stories: dict[str, Sequence[tuple[int, int]]]
    alike: Same | None = None

    def same(self, one: Evidence, other: Evidence) -> bool:
        """Whether the reader thinks that two pieces of evidence state the same fact."""
        return self.alike is not None and self.alike(one, other)

    def order(self, article: str) -> int:
        """The place of an article in the request."""
        return list(self.texts).index(article)

    def independent(self, evidence: Iterable[Evidence]) -> int:
        """How many articles stand behind some evidence, copies of one story counted once."""
        return len({self.copies.get(item.article, item.article) for item in evidence})

    def newest(self, group: Group) -> datetime.date | None:
        """The latest known day of publication among a group's articles."""
        return max((day for item in group if (day := self.published[item.article])), default=None)

    def newer(self, one: Group, other: Group) -> bool:
        """Whether one group's reports are known to be later than all of another's."""
        first = [self.published[item.article] for item in one]
        second = [self.published[item.article] for item in other]
        if None in first or None in second:
            return False
        return min(day for day in first if day) > max(day for day in second if day)


def merge(evidence: Sequence[Evidence], sources: Sources, case: CaseIdentity) -> CaseSummary:
    """All fields of the summary but the abstract."""
    merger = _Merger(evidence, sources, case)
    return merger.summary()


class _Merger:
    def __init__(self, evidence: Sequence[Evidence], sources: Sources, case: CaseIdentity) -> None:
        self.sources, self.case = sources, case
        self.fields: dict[str, Group] = {}
        for item in evidence:
            self.fields.setdefault(item.field, []).append(item)
        self.conflicts: list[Conflict] = []
        pairs = [pair for text in sources.texts.values() for pair in conversions(text)]
        self._original = {converted: original for original, converted in pairs}

    # ------------------------------------------------------------------ tools

    def of(self, field: str) -> Group:
        return self.fields.get(field, [])

    def groups(self, field: str, same: Same) -> list[Group]:
        """Evidence that states the same, together; the best-supported group first."""
        found: list[Group] = []
        known: dict[tuple[str, object, str], Group] = {}
        for item in self.of(field):
            # The same words with the same typed form need no comparison: long articles repeat themselves.
            key = (item.value, item.normalized, item.about)
            group = known.get(key) or next((group for group in found if any(same(item, other) for other in distinct(group))), None)
            if group is None:
                group = []
                found.append(group)
            group.append(item)
            known[key] = group
        return sorted(found, key=self.rank)

    def believe_rules(self, field: str) -> None:
        """Where a rule found a field in any article, what the model alone found of it does not count."""
        sure = [item for item in self.of(field) if item.found_by == "rule"]
        if sure:
            self.fields[field] = sure

    def rank(self, group: Group) -> tuple[float, float, int, int]:
        best = self.head(group)
        return (-self.sources.independent(group), -best.confidence, self.sources.order(best.article), best.span.start)

    def head(self, group: Group) -> Evidence:
        return max(group, key=lambda item: (item.confidence, -self.sources.order(item.article), -item.span.start))

    def fact(self, group: Group, head: Evidence | None = None) -> Fact[Any]:
        """The fact that a group states, in the words of its head."""
        head = head or self.head(group)
        rest = sorted(group, key=lambda item: (self.sources.order(item.article), item.span))
        citations = list(dict.fromkeys(self.cite(item.article, span) for item in [head, *rest] for span in (item.span, item.basis) if span))
        found_by = {item.found_by for item in group}
        sources = self.sources.independent(group)
        return Fact(
            value=head.value,
            normalized=head.normalized,
            guarantee=head.guarantee,
            confidence=round(min(MOST_CONFIDENT, head.confidence + PER_SOURCE * (sources - 1)), 4),
            independent_sources=sources,
            citations=citations,
            found_by=head.found_by if len(found_by) == 1 else "both",
        )

    def cite(self, article: str, span: Span) -> Citation:
        return Citation(article=article, start=span.start, end=span.end, quote=span.of(self.sources.texts[article]))

    def position(self, group: Group) -> Position:
        fact = self.fact(group)
        return Position(value=fact.value, normalized=fact.normalized, citations=fact.citations)

    def conflict(self, field: str, about: str, groups: Sequence[Group], *, superseded: bool | None = None) -> None:
        """Set groups side by side, oldest first; superseded when their dates show an order, or as it is said to be."""
        ordered = sorted(groups, key=lambda group: (self.sources.newest(group) or datetime.date.max, self.rank(group)))
        later = all(self.sources.newer(after, before) for before, after in itertools.pairwise(ordered)) if superseded is None else superseded
        self.conflicts.append(
            Conflict(
                field=field,
                about=about,
                kind="superseded" if later else "contradiction",
                positions=[self.position(group) for group in ordered],
            )
        )

    @staticmethod
    def rivals(groups: list[Group]) -> list[Group]:
        """The best group and those that other articles tell: one article's two values are no disagreement of sources."""
        best = {item.article for item in groups[0]} if groups else set()
        return groups[:1] + [group for group in groups[1:] if not best & {item.article for item in group}]

    def latest(self, groups: list[Group]) -> Group:
        """Of groups that differ, the one that is known to be newer than all others, else the best supported."""
        for group in groups:
            if all(other is group or self.sources.newer(group, other) for other in groups):
                return group
        return groups[0]

    # ------------------------------------------------------------------ fields

    def summary(self) -> CaseSummary:
        return CaseSummary(
            caption=self.caption(),
            docket_number=self.docket_number(),
            court=self.court(),
            judge=self.judge(),
            filed_on=self.filed_on(),
            proceeding=self.proceeding(),
            status=self.status(),
            class_definition=self.class_definition(),
            plaintiffs=self.parties("plaintiffs"),
            defendants=self.parties("defendants"),
            counsel=self.counsel(),
            causes_of_action=self.causes(),
            allegations=self.texts("allegations", 0.55),
            relief_sought=self.relief(),
            rulings=self.rulings(),
            responses=self.responses(),
            quotes=self.quotes(),
            timeline=self.timeline(),
            figures=self.figures(),
            conflicts=self.conflicts,
        )

    def caption(self) -> Fact[Any] | None:
        group = self.of("caption")
        return self.fact(group, max(group, key=lambda item: (item.value == self.case.caption, len(item.value)))) if group else None

    def docket_number(self) -> Fact[Any] | None:
        self.believe_rules("docket_number")
        groups = self.groups("docket_number", lambda a, b: same_docket(docket(a), docket(b)))
        if len(self.rivals(groups)) > 1 and not self.case.dockets:
            self.conflict("docket_number", "docket number", self.rivals(groups))
        return self.fact(groups[0], max(groups[0], key=lambda item: (item.confidence, len(docket(item))))) if groups else None

    def court(self) -> Fact[Any] | None:
        if self.sources.alike:
            return self._court_of_now()
        self.believe_rules("court")
        trial = [item for item in self.of("court") if item.about != "appellate"] or self.of("court")
        known = [item for item in trial if court(item).court_id]
        self.fields["court"] = known or most_telling(trial)
        groups = self.groups("court", lambda a, b: court(a).court_id == court(b).court_id and same_court_name(a, b))
        if len(self.rivals(groups)) > 1 and known:
            self.conflict("court", "court", self.rivals(groups))
        if not groups:
            return None
        group = self.latest(groups)
        return self.fact(group, max(group, key=lambda item: (item.confidence, len(item.value))))

    def _court_of_now(self) -> Fact[Any] | None:
        """The court that the newest article marks; those before it are superseded."""
        groups = self.groups("court", lambda a, b: (court(a).court_id == court(b).court_id and same_court_name(a, b)) or self.sources.same(a, b))
        if not groups:
            return None
        final = max(groups, key=lambda group: (self.sources.newest(group) or datetime.date.min, sum(item.confidence for item in group)))
        older = [group for group in groups if group is not final and self.sources.newer(final, group)]
        if older:
            self.conflict("court", "court", [*older, final])
        return self.fact(final, max(final, key=lambda item: (court(item).court_id is not None, item.confidence)))

    def judge(self) -> Fact[Any] | None:
        self.believe_rules("judge")
        groups = self.groups("judge", lambda a, b: same_name(a.value, b.value))
        if not groups:
            return None
        best = min(groups, key=lambda group: (-self.head(group).confidence, *self.rank(group)))
        return self.fact(best, max(best, key=lambda item: (len(item.value), item.confidence)))

    def filed_on(self) -> Fact[Any] | None:
        self.believe_rules("filed_on")
        resolved = [item for item in self.of("filed_on") if item.normalized]
        self.fields["filed_on"] = resolved or self.of("filed_on")[:1]
        groups = self.groups("filed_on", lambda a, b: one_date(a.normalized, b.normalized))
        if not groups:
            return None
        if len(self.rivals(groups)) > 1:
            self.conflict("filed_on", "day of filing", self.rivals(groups))
        return self.fact(groups[0], max(groups[0], key=lambda item: (fineness(item.normalized), item.confidence)))

    def proceeding(self) -> Fact[Any] | None:
        groups = self.groups("proceeding", lambda a, b: a.value == b.value)
        by_kind = {group[0].value: group for group in groups}
        if not self.sources.alike and "class_action" in by_kind and "civil" in by_kind:
            del by_kind["civil"]
        if not by_kind:
            return None
        return self.fact(max(by_kind.values(), key=lambda group: sum(item.confidence for item in group)))

    def status(self) -> Fact[Any] | None:
        """The state that the newest article tells; of several of one day, or of unknown days, the furthest."""
        rank = {"filed": 0, "pending": 1, "dismissed": 2, "settled": 2, "decided": 2, "on_appeal": 3}
        groups = self.groups("status", lambda a, b: a.value == b.value)
        if not groups:
            return None
        dated = [day for item in self.of("status") if (day := self.sources.published[item.article])]
        newest = [item for item in self.of("status") if self.sources.published[item.article] == max(dated)] if len(dated) == len(self.of("status")) else []
        furthest = max(rank[item.value] for item in newest or self.of("status"))
        told = {item.value for item in newest or self.of("status") if rank[item.value] == furthest}
        best = [group for group in groups if group[0].value in told]
        final = self.latest(best)
        if len(best) > 1 and not newest:
            self.conflict("status", "state of the case", best)
        else:
            self._superseded_status(groups, final, rank)
        return self.fact(final)

    def _superseded_status(self, groups: list[Group], final: Group, rank: dict[str, int]) -> None:
        """Report the state that earlier articles ended with, where all of them are older."""
        told = {item.article for item in final}
        tops: dict[str, str] = {}
        for group in groups:
            for item in group:
                if item.article not in told and rank[item.value] >= rank.get(tops.get(item.article, ""), -1):
                    tops[item.article] = item.value
        older = [
            group
            for value in sorted(set(tops.values()), key=lambda value: rank[value])
            if (group := [item for candidate in groups for item in candidate if item.value == value and tops.get(item.article) == value])
            and self.sources.newer(final, group)
        ]
        if older and rank[final[0].value] > 1:
            self.conflict("status", "state of the case", [*older, final])

    def class_definition(self) -> Fact[Any] | None:
        groups = self.groups("class_definition", lambda a, b: overlap(a.value, b.value) >= 0.7)
        if not groups:
            return None
        best = max(groups, key=lambda group: (self.head(group).confidence, self.sources.independent(group), len(self.head(group).value)))
        return self.fact(best, max(best, key=lambda item: (item.confidence, len(item.value))))

    def parties(self, field: str) -> list[Fact[Any]]:
        others = self.case.plaintiffs if field == "defendants" else self.case.defendants
        self.fields[field] = [item for item in self.of(field) if item.found_by == "rule" or not any(same_name(item.value, name) for name in others)]

        def same(a: Evidence, b: Evidence) -> bool:
            # Two names that share no word are two parties, whatever a reader thinks; a description may be of either.
            described = a.value[0].islower() or b.value[0].islower()
            return same_name(a.value, b.value) or (described and self.sources.same(a, b))

        groups = self.groups(field, same)
        if self.sources.alike:
            # A name is told before a description ("the tenant"), the longest form before the others.
            return [self.fact(group, max(group, key=lambda item: (item.value[0].isupper(), len(item.value), item.confidence))) for group in groups]
        sure = [group for group in groups if self.head(group).confidence >= 0.9 or len(group) > 1 or len(groups) == 1]
        return [self.fact(group, max(group, key=formality)) for group in sorted(sure, key=lambda g: (-self.head(g).confidence, self.rank(g)))]

    def counsel(self) -> list[Fact[Any]]:
        facts = []
        for group in self.groups("counsel", lambda a, b: same_name(a.value, b.value)):
            sides = {item.normalized.for_ for item in group if isinstance(item.normalized, Counsel)}
            head = max(group, key=lambda item: (len(item.value), item.confidence))
            if len(sides) == 1:
                facts.append(self.fact(group, head))
        return facts

    def causes(self) -> list[Fact[Any]]:
        groups = self.groups("causes_of_action", same_law)
        self.charges()
        return [self.fact(group) for group in groups]

    def texts(self, field: str, alike: float) -> list[Fact[Any]]:
        """Free text: wordings that share most of their content words are one fact, told by its surest wording."""
        groups = self.groups(field, lambda a, b: overlap(a.value, b.value) >= alike or self.sources.same(a, b))
        return [self.fact(group, max(group, key=lambda item: (item.confidence, -abs(len(item.value) - 120)))) for group in groups]

    def worth(self, item: Evidence) -> Worth | None:
        """What a sum comes to, in the currency in which it was told first where articles convert it."""
        found = item.normalized
        if isinstance(found, Money) and found.amount is not None and found.currency:
            return self._original.get((found.amount, found.currency), (found.amount, found.currency))
        return None

    def once(self, same: Same) -> Same:
        """Sameness that also sees through conversions: a sum told in two currencies is one."""

        def told_once(a: Evidence, b: Evidence) -> bool:
            return not (money(a) or money(b)) and self.sources.same(a, b)

        return lambda a, b: (
            same(a, b) or told_once(a, b) or (self.worth(a) is not None and self.worth(a) == self.worth(b) and _per(a) == _per(b) and _kind(a) == _kind(b))
        )

    def relief(self) -> list[Fact[Any]]:
        groups = self.groups("relief_sought", self.once(same_relief))

        def plainest(item: Evidence) -> tuple[float, int]:
            # A sum reads best in its shortest form, damages without one in their fullest ("unspecified damages").
            return (item.confidence, -len(item.value) if money(item) else len(item.value))

        return [self.fact(group, max(group, key=plainest)) for group in groups]

    def rulings(self) -> list[Fact[Any]]:
        groups = self.groups("rulings", self.once(same_ruling))
        settled = [group for group in groups if money(group[0]) and group[0].normalized.kind == "settlement"]  # type: ignore[union-attr]
        whole = [group for group in settled if group[0].normalized.per is None]  # type: ignore[union-attr]
        self.revisions("rulings", groups)
        if len({group[0].normalized.currency for group in whole}) == 1 and len(whole) > 1:  # type: ignore[union-attr]
            self.conflict("rulings", "size of the settlement", whole)
            stays = self.latest(whole)
            groups = [group for group in groups if group not in whole or group is stays]
        return [self.fact(group) for group in groups]

    def responses(self) -> list[Fact[Any]]:
        self.fields["responses"] = [item for item in self.of("responses") if item.about != UNCONFIRMED or self._is_of_the_defence(item)]

        def same(a: Evidence, b: Evidence) -> bool:
            one_sentence = a.article == b.article and a.span == b.span
            return stance(a) == stance(b) and (one_sentence or self._speaker(a) == self._speaker(b))

        groups = self.groups("responses", same)
        kept = [group for group in groups if stance(group[0]) not in SILENT or not self._answered_later(group, groups)]
        return [self.fact(group, max(group, key=lambda item: (item.confidence, -len(item.value)))) for group in kept]

    def _answered_later(self, silent: Group, groups: Sequence[Group]) -> bool:
        """Whether a side that said nothing spoke in a newer article: then its silence is superseded by all that it said there."""
        side = self._side(silent[0])
        spoken = [item for group in groups if stance(group[0]) not in SILENT for item in group if self._side(item) == side]
        later = [item for item in spoken if any(self.sources.newer([item], [other]) for other in silent)]
        earlier = [item for item in silent if any(self.sources.newer([other], [item]) for other in later)]
        if not later:
            return False
        about = f"response of {side}"
        if not any(conflict.field == "responses" and conflict.about == about for conflict in self.conflicts):
            self.conflict("responses", about, [earlier, later], superseded=True)
        return True

    def _is_of_the_defence(self, item: Evidence) -> bool:
        """Whether a speaker is one whom any reading of any article makes a defendant or a defendant's lawyer."""
        speaker = self._speaker(item)
        lawyers = [other.value for other in self.of("counsel") if isinstance(other.normalized, Counsel) and other.normalized.for_ == "defendant"]
        plaintiffs = [other.value for other in self.of("plaintiffs")]
        if any(same_name(speaker, name) for name in plaintiffs):
            return False
        return any(same_name(speaker, name) or mentions(speaker, name) for name in [*(other.value for other in self.of("defendants")), *lawyers])

    def _speaker(self, item: Evidence) -> str:
        speaker = item.normalized.speaker if isinstance(item.normalized, Response) else None
        return next((name for name in self.case.defendants if speaker and mentions(speaker, name)), speaker or "")

    def _side(self, item: Evidence) -> str:
        """The defendant that somebody answers for: the one they name, or the first, for its people are seldom named with it."""
        named = [name for name in self.case.defendants if mentions(self._speaker(item), name) or mentions(item.value, name)]
        return (named or [*self.case.defendants, self._speaker(item)])[0]

    def quotes(self) -> list[Fact[Any]]:
        def same(a: Evidence, b: Evidence) -> bool:
            if a.article == b.article and ((a.about and a.about == b.about) or (_near(a, b) and self.sources.same(a, b))):
                return True
            return bare(a.value) in bare(b.value) or bare(b.value) in bare(a.value)

        groups = self.groups("quotes", same)
        return [self.fact(group, max(group, key=lambda item: (len(bare(item.value)), _has_speaker(item), item.confidence))) for group in groups]

    def timeline(self) -> list[Fact[Any]]:
        def same(a: Evidence, b: Evidence) -> bool:
            if a.normalized is None or b.normalized is None:
                return a.value == b.value
            return a.normalized == b.normalized and (
                overlap(_undated(a), _undated(b)) >= SAME_EVENT or (is_filing(a) and is_filing(b)) or self.sources.same(a, b)
            )

        groups = self.groups("timeline", same)
        gone = self._moved_days(groups)
        groups = [group for group in groups if group[0].normalized is None or group[0].normalized not in gone]
        facts = [self.fact(group, max(group, key=lambda item: (item.confidence, -len(item.value)))) for group in groups]
        return sorted(facts, key=lambda fact: (fact.normalized is None, fact.normalized.date if fact.normalized else "", fact.citations[0].start))

    def figures(self) -> list[Fact[Any]]:
        # A sum that is asked for or was decided is told there.
        told = {self.worth(item) for name in ("relief_sought", "rulings") for item in self.of(name)} - {None}
        open_ = [item for item in self.of("figures") if item.normalized is None]
        self.fields["figures"] = [item for item in self.of("figures") if item.normalized and (self.sources.alike or self._worth_of_figure(item) not in told)]
        groups = self.groups("figures", same_figure)
        taken: list[Group] = []
        if self.sources.alike:
            taken = self._lone_counts(groups)
        for group in groups:
            rivals = [other for other in groups if other is not group and other not in taken and rival_figures(group[0], other[0])]
            rivals = [other for other in rivals if not {item.article for item in other} & {item.article for item in group}]
            if group not in taken and rivals:
                about = f"{figure(group[0]).unit} {'in all' if group[0].about == 'in all' else f'({group[0].about})'}"
                self.conflict("figures", about, [group, *rivals], superseded=self._is_update([group, *rivals]))
                taken += [group, *rivals]
        self.revisions("figures", [group for group in groups if group not in taken])
        self.fields["figures"] = open_
        return [self.fact(group) for group in (*groups, *self.groups("figures", lambda a, b: a.value == b.value))]

    def _lone_counts(self, groups: Sequence[Group]) -> list[Group]:
        """Report counts of one unit that articles tell differently, where each of them counts such people once: other units are of many things."""
        taken: list[Group] = []
        units = {figure(group[0]).unit for group in groups}
        for unit in sorted(units & PEOPLE_UNITS):
            rivals = [group for group in groups if figure(group[0]).unit == unit]
            articles = [article for group in rivals for article in {item.article for item in group}]
            if len(rivals) == 2 and len(set(articles)) == len(articles):
                self.conflict("figures", unit, rivals, superseded=self._is_update(rivals))
                taken += rivals
        return taken

    def _worth_of_figure(self, item: Evidence) -> Worth | None:
        found = figure(item)
        return self._original.get((found.quantity, found.unit), (found.quantity, found.unit)) if found.unit.isupper() else None

    def _is_update(self, groups: Sequence[Group]) -> bool:
        """Whether the newest of some numbers says that it has changed; a number that only differs contradicts."""
        ordered = sorted(groups, key=lambda group: self.sources.newest(group) or datetime.date.min)
        newer = all(self.sources.newer(after, before) for before, after in itertools.pairwise(ordered))
        return newer and any(says_now(self.sources.texts[item.article], item) for item in ordered[-1])

    def revisions(self, field: str, groups: Sequence[Group]) -> None:
        """Report numbers of which a report says that they replace another article's."""
        told = [item for name in ("figures", "rulings", "relief_sought") for item in self.of(name)]
        for group in groups:
            for item in group:
                for old in revised(self.sources.texts[item.article], item) if quantity(item) else ():
                    before = [other for other in told if other.article != item.article and quantity(other) == old]
                    before = before or [
                        other
                        for id_ in self.sources.texts
                        if id_ != item.article and (other := told_before(id_, self.sources.texts[id_], self.sources.stories.get(id_, ()), old, item))
                    ]
                    if before and not any(conflict.field == field and conflict.about == item.value for conflict in self.conflicts):
                        self.conflict(field, item.value, [before, group], superseded=True)

    def _moved_days(self, groups: Sequence[Group]) -> list[Any]:
        """Report events of which a newer article says that they were moved to another day; the days that no longer stand."""
        gone = []
        for group in groups:
            for item in group:
                older = [other for other in self.of("timeline") if self.sources.newer([item], [other])]
                if before := moved_from(self.sources.texts[item.article], item, older):
                    self.conflict("timeline", item.value, [[before], group], superseded=True)
                    gone.append(before.normalized)
                    break
        return gone

    def charges(self) -> None:
        """Articles that count the charges of one kind differently contradict each other."""
        groups = self.groups("charges", lambda a, b: a.about == b.about)
        for group in groups:
            numbers: dict[str, Group] = {}
            for item in group:
                numbers.setdefault(item.value.split()[0].casefold(), []).append(item)
            alone = [items for items in numbers.values() if not {i.article for i in items} & {i.article for o in numbers.values() if o is not items for i in o}]
            if len(alone) > 1:
                self.conflict("causes_of_action", f"counts of {group[0].about}", alone, superseded=False)
