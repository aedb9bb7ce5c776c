"""Which articles are about one case: those that share a party by any form of its name, a person or a docket number, and what such articles lead to.

Pure functions of what each article tells, whatever their order, and however often one is sent. Where little is told nothing is decided: only a party that it
names makes another case of an article that shares nothing, and beside several that belong together only a defendant of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import TypeVar

from casebrief.service.domain.captions import Sides, same_sides
from casebrief.service.domain.dockets import same_docket
from casebrief.service.domain.names import has_form_of_name, initials, is_specific, key_words, names, same_name, telling_words
from casebrief.service.domain.spans import Span

T = TypeVar("T")

_WORD = re.compile(r"(?<![\w’'-])[a-zà-ÿ][\w’'-]*")


@dataclass(frozen=True)
class OneCase:
    """The articles of one case, in the order in which they were given; ``telling`` are those that name whom it is about."""

    articles: tuple[str, ...]
    telling: frozenset[str]


@dataclass(frozen=True)
class Telling:
    """What one article tells of its case: the words of its story, whom it names as parties, people who speak, act and judge in it, its captions and docket numbers."""

    article: str
    story: str
    plaintiffs: frozenset[str] = frozenset()
    defendants: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    captions: frozenset[Sides] = frozenset()
    dockets: frozenset[str] = frozenset()

    @property
    def parties(self) -> frozenset[str]:
        return self.plaintiffs | self.defendants

    @cached_property
    def everybody(self) -> frozenset[str]:
        """All names of the story."""
        return names_in(self.story) | self.parties

    @cached_property
    def naming(self) -> frozenset[str]:
        """The words and initials of which two names must share one to be forms of one."""
        return frozenset(word for name in self.everybody | self.people for word in (*key_words(name), *map(str.casefold, initials(name))))

    @cached_property
    def small(self) -> frozenset[str]:
        """The words of the story that begin with a small letter."""
        return frozenset(_WORD.findall(self.story))


def names_in(words: str) -> frozenset[str]:
    """The names that some words hold."""
    return frozenset(span.of(words) for span in names(words, Span(0, len(words))))


def with_form_of_name(marked: Iterable[str]) -> frozenset[str]:
    """Of marked words those that have the form of a name: a description ("the tenant", "Radio presenter") may mean anybody."""
    return frozenset(words for words in marked if is_specific(words) and has_form_of_name(words))


def which_cases(tellings: Sequence[Telling]) -> list[OneCase]:
    """The cases that articles tell of, in the order in which these were given; one where nothing tells cases apart."""
    common = frozenset[str]().union(*(one.small for one in tellings))
    groups = _connected(tellings)
    cases = [group for group in groups if any(_is_name(name, common) for one in group for name in one.parties)]
    if any(len(_stories(group)) > 1 for group in cases):
        cases = [group for group in cases if len(_stories(group)) > 1 or any(_is_name(name, common) for one in group for name in one.defendants)]
    cases = [group for group in cases if any(_differ(group, other, common) for other in cases if other is not group)]
    if len(cases) < 2:
        everything = tuple(one.article for one in tellings)
        return [OneCase(everything, frozenset(everything))] if everything else []
    members = [[*case] for case in cases]
    for group in groups:
        if group not in cases:
            members[max(range(len(cases)), key=lambda number: _nearness(group, cases[number]))] += group
    found = [OneCase(_in_order(group, tellings), frozenset(_in_order(case, tellings))) for group, case in zip(members, cases, strict=True)]
    order = [one.article for one in tellings]
    return sorted(found, key=lambda case: order.index(case.articles[0]))


def main_case(cases: Sequence[OneCase], copies: Collection[str] = ()) -> OneCase | None:
    """The case that a request is about, or ``None`` where it is about several: all but single strays must tell of one, and be more than the strays.

    ``copies``: articles that repeat another one; they do not count.
    """
    sizes = [max(1, len(case.telling - frozenset(copies))) for case in cases]
    place = max(range(len(cases)), key=lambda number: sizes[number], default=None)
    if place is None:
        return None
    strays = sizes[:place] + sizes[place + 1 :]
    return cases[place] if not strays or (max(strays) == 1 and sizes[place] > max(1, len(strays))) else None


def share(one: Telling, other: Telling) -> bool:
    """Whether two articles share a docket number, or a party or a person where captions and docket numbers do not tell two suits apart."""
    if one.story == other.story or _meet(one.dockets, other.dockets, same_docket):
        return True
    if one.dockets and other.dockets and one.captions and other.captions and not _meet(one.captions, other.captions, same_sides):
        return False
    if one.naming.isdisjoint(other.naming):
        return False
    common = one.small | other.small
    named = any(
        any(_is_one(party, name, common) for party in first.parties for name in second.everybody)
        or any(_is_one_person(person, name) for person in first.people for name in second.people | second.everybody)
        for first, second in ((one, other), (other, one))
    )
    return named and not _are_two_suits(one, other)


def _are_two_suits(one: Telling, other: Telling) -> bool:
    """Whether two articles both name who sues, and share no name but those of who is sued.

    Of pairs of suits of the training corpus against one company (given one name for it) 126 of 200 are told apart so, and none otherwise; of its 761
    cases of several articles one loses an article by it.
    """
    if (
        not one.plaintiffs
        or not other.plaintiffs
        or any(_meet(first.plaintiffs, second.everybody, same_name) for first, second in ((one, other), (other, one)))
    ):
        return False
    sued = one.defendants | other.defendants
    mine = [name for name in one.everybody | one.people if is_specific(name) and not _meet([name], sued, same_name)]
    return not _meet(mine, other.everybody | other.people, same_name)


def _connected(tellings: Sequence[Telling]) -> list[list[Telling]]:
    groups = [[place] for place in range(len(tellings))]
    of = list(groups)  # by place
    for one, other in combinations(range(len(tellings)), 2):
        first, second = of[one], of[other]
        if first is not second and share(tellings[one], tellings[other]):
            first += second
            for place in second:
                of[place] = first
            groups = [group for group in groups if group is not second]
    return [[tellings[place] for place in group] for group in groups]


def _in_order(group: Sequence[Telling], tellings: Sequence[Telling]) -> tuple[str, ...]:
    return tuple(one.article for one in tellings if one in group)


def _differ(group: Sequence[Telling], other: Sequence[Telling], common: frozenset[str]) -> bool:
    """Whether two groups, which share nobody, both name who sues, or both who is sued: one that names a side alone may tell of the other's case."""
    sides: tuple[Callable[[Telling], frozenset[str]], ...] = (lambda one: one.plaintiffs, lambda one: one.defendants)
    return any(all(any(_is_name(name, common) for one in several for name in of(one)) for several in (group, other)) for of in sides)


def _stories(group: Sequence[Telling]) -> set[str]:
    """The different stories of a group: an article that was sent twice is one."""
    return {one.story for one in group}


def _nearness(group: Sequence[Telling], case: Sequence[Telling]) -> tuple[float, int, list[str]]:
    """How near articles that name nobody are to a case: by the share of their words and names that it uses, then by its size, whatever the order."""
    words, theirs = (frozenset[str]().union(*(one.small | one.everybody for one in several)) for several in (group, case))
    return len(words & theirs) / (len(theirs) or 1) ** 0.5, len(_stories(case)), sorted(_stories(case))


def _meet(some: Iterable[T], others: Iterable[T], same: Callable[[T, T], bool]) -> bool:
    return any(same(one, other) for one, other in product(some, others))


def _is_one_person(one: str, other: str) -> bool:
    return same_name(one, other) and len(key_words(one) & key_words(other)) > 1


def _is_one(one: str, other: str, common: frozenset[str]) -> bool:
    """Whether two names are forms of one: a single word must be the one that tells the name from others, and no common noun of the articles."""
    if not same_name(one, other):
        return False
    short, long = sorted((one, other), key=lambda name: (len(key_words(name)), name))
    words = key_words(short)
    if len(words) > 1:
        return True
    return not words & common and (not words <= key_words(long) or bool(words & {word.casefold() for word in telling_words(long)}))


def _is_name(name: str, common: frozenset[str]) -> bool:
    """Whether a name is one: "Coach" is none where the articles also write "coach"."""
    return len(name.split()) > 1 or name.casefold() not in common
