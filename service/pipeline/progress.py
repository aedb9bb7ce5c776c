"""How far a case has come, by what all its articles tell in their order: a state follows some states more often than others.

Each article's classes are weighed by how often its state followed those of the last day before it that has articles (a forward pass over a Markov chain:
Rabiner, A Tutorial on Hidden Markov Models, 1989, section III A). An article that only recalls a filing, published after the verdict, takes nothing back.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Mapping, Sequence

States = Mapping[str, float]
"""The probabilities of the states that one article tells, by name."""

STATES = ("filed", "pending", "dismissed", "settled", "decided", "on_appeal")

_NEXT = (
    (44, 125, 31, 57, 119, 3),
    (1, 71, 13, 93, 150, 9),
    (2, 10, 10, 1, 4, 6),
    (0, 4, 0, 61, 5, 2),
    (0, 21, 6, 10, 265, 69),
    (0, 5, 2, 1, 27, 3),
)
"""By state, how often each state was told by the next article of its case; of the cases of the corpus that were trained on."""

UNSEEN = 1
"""What is added to each count: nothing is impossible for never having been seen."""


def followed(told: Sequence[tuple[datetime.date | None, States]]) -> list[States]:
    """The states of articles, each in the light of those of the last day before it; one without a day, or without states, stays as it is."""
    found = [states for _, states in told]
    dated = sorted((day, place) for place, (day, states) in enumerate(told) if day and states and set(states) <= set(STATES))
    before: States = {}
    for _, articles in itertools.groupby(dated, key=lambda one: one[0]):
        places = [place for _, place in articles]
        for place in places:
            found[place] = _after(before, found[place]) if before else found[place]
        before = {name: math.fsum(found[place].get(name, 0.0) for place in places) / len(places) for name in STATES}
    return found


_SHARES = {
    state: {after: (count + UNSEEN) / (sum(row) + UNSEEN * len(row)) for after, count in zip(STATES, row, strict=True)}
    for state, row in zip(STATES, _NEXT, strict=True)
}
"""The probability of each state after each."""


def _after(before: States, states: States) -> dict[str, float]:
    """What follows from the states before, and what one article tells, together."""
    weights = {name: sure * sum(was * _SHARES[state][name] for state, was in before.items()) for name, sure in states.items()}
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()} if whole else dict(states)
