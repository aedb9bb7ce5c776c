"""Joining groups by a heap gives what joining them by looking at all pairs gave, whatever they are."""

import math
from itertools import combinations

from casebrief.service.domain.merging.likeness import _joined
from hypothesis import given
from hypothesis import strategies as st

SUMS = st.one_of(st.just(-math.inf), st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0]), st.floats(-9, 9))


def by_all_pairs(groups: list[list[int]], sums: dict[frozenset[int], float]) -> list[list[int]]:
    """The two groups that are most alike on average, the first ones of several, again and again, as long as they are alike."""

    def average(pair: frozenset[int]) -> tuple[float, list[int]]:
        return (sums[pair] / math.prod(len(groups[number]) for number in pair), [-number for number in sorted(pair)])

    while likely := [pair for pair, total in sums.items() if total > 0]:
        into, out = sorted(max(likely, key=average))
        del sums[frozenset((into, out))]
        for other in {number for pair in sums for number in pair} - {into, out}:
            sums[frozenset((into, other))] += sums.pop(frozenset((out, other)))
        groups[into] = groups[into] + groups[out]
        groups[out] = []
    return [group for group in groups if group]


@st.composite
def told(draw: st.DrawFn) -> tuple[list[list[int]], dict[tuple[int, int], float]]:
    sizes = draw(st.lists(st.integers(1, 3), max_size=9))
    groups = [[10 * number + place for place in range(size)] for number, size in enumerate(sizes)]
    return groups, {pair: draw(SUMS) for pair in combinations(range(len(sizes)), 2)}


@given(told())
def test_groups_are_joined_as_by_looking_at_all_pairs(case):
    groups, sums = case
    expected = by_all_pairs([*groups], {frozenset(pair): total for pair, total in sums.items()})
    assert _joined([*groups], dict(sums)) == expected
