"""What is read off the vectors of tokens, spans and articles, and what it costs to read it wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from casebrief.models.training.examples import KINDS, LABELS, WHO, Example
from casebrief.models.training.feeding import Part
from torch import Tensor, nn
from torch.nn import functional

VECTOR = 64
"""Numbers of a span's vector."""

WEIGHTS = {"labels": 1.0, "who": 0.15, "kinds": 0.15, "same": 0.1}
"""What each part of the loss counts."""

SAME_FIELDS = frozenset(
    {"allegations", "relief_sought", "rulings", "timeline", "figures", "quotes", "responses", "plaintiffs", "defendants", "causes_of_action"}
)
"""Fields whose places are told alike or apart: an article states several facts of them, and articles state the same ones."""

_LABEL_OF = torch.tensor([LABELS.index(who.partition(".")[0]) for who in WHO])
"""The label of each member."""


class TaughtHeads(nn.Module):
    """The heads of `models.heads` while they are learnt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.labels = nn.Linear(width, 3 * len(LABELS))
        self.who = nn.Linear(width, len(WHO))
        self.pools = nn.ParameterDict({name: nn.Parameter(torch.zeros(width)) for name in KINDS})
        self.kinds = nn.ModuleDict({name: nn.Linear(width, len(classes)) for name, classes in KINDS.items()})
        self.same = nn.Linear(width, VECTOR, bias=False)
        self.same_scale = nn.Parameter(torch.tensor([8.0, -4.0]))
        nn.init.normal_(self.labels.weight, std=0.02)
        with torch.no_grad():
            # Most tokens carry no label: to begin from there spares the first steps.
            self.labels.bias.zero_()
            self.labels.bias.view(-1, 3)[:, 0] = 4.0

    def article(self, name: str, hidden: Tensor) -> Tensor:
        """(tokens, width) of one article → the scores of one of `KINDS`."""
        share = torch.softmax(hidden @ self.pools[name], 0)
        return self.kinds[name](share @ hidden)


def loss_of(hidden: Tensor, heads: TaughtHeads, part: Part) -> tuple[Tensor, dict[str, float]]:
    """The loss of one pass, a scalar, and its parts before they are weighed; ``hidden`` is (tokens, width)."""
    losses = {
        "labels": _labels_loss(hidden, heads, part),
        "who": _who_loss(hidden, heads, part),
        "kinds": _kinds_loss(hidden, heads, part),
        "same": _same_loss(hidden, heads, part),
    }
    total = torch.stack([WEIGHTS[name] * loss for name, loss in losses.items()]).sum()
    return total, {name: loss.item() for name, loss in losses.items()}


def _placed(part: Part) -> Iterator[tuple[int, int, Example]]:
    """Each article with its first token in the pass, and the one behind its last."""
    ends = list(itertools.accumulate(len(one.ids) for one in part.examples))
    return zip([0, *ends], ends, part.examples, strict=False)


def _labels_loss(hidden: Tensor, heads: TaughtHeads, part: Part) -> Tensor:
    """Summed over the labels, which are independent, and averaged over the tokens."""
    targets = torch.from_numpy(np.concatenate([one.targets for one in part.examples])).to(hidden.device)
    return functional.cross_entropy(heads.labels(hidden).view(-1, 3), targets.view(-1), reduction="sum") / len(hidden)


def _who_loss(hidden: Tensor, heads: TaughtHeads, part: Part) -> Tensor:
    """At the tokens of a span its member, among those of its label."""
    spots = [(begin, spot) for begin, _, one in _placed(part) for spot in one.spots if spot.who is not None]
    at = [token for begin, spot in spots for token in range(begin + spot.start, begin + spot.end)]
    if not at:
        return _nothing(hidden)
    target = torch.tensor([spot.who for _, spot in spots for _ in range(spot.start, spot.end)], device=hidden.device)
    label_of = _LABEL_OF.to(hidden.device)
    scores = heads.who(hidden[at]).masked_fill(label_of[None] != label_of[target][:, None], float("-inf"))
    return functional.cross_entropy(scores, target)


def _kinds_loss(hidden: Tensor, heads: TaughtHeads, part: Part) -> Tensor:
    """Summed over the heads, each averaged over the articles that it says something of."""
    total = _nothing(hidden)
    for place, name in enumerate(KINDS):
        told = [(begin, end, one.kinds[place]) for begin, end, one in _placed(part) if one.kinds[place] >= 0]
        if told:
            scores = torch.stack([heads.article(name, hidden[begin:end]) for begin, end, _ in told])
            total = total + functional.cross_entropy(scores, torch.tensor([kind for *_, kind in told], device=hidden.device))
    return total


def _same_loss(hidden: Tensor, heads: TaughtHeads, part: Part) -> Tensor:
    """Pairs of places of one field in one case: do they state the same fact? A place without an id is a fact of its own."""
    vectors: list[Tensor] = []
    groups: list[int] = []
    facts: list[tuple[object, ...]] = []
    for (begin, _, one), case in zip(_placed(part), part.cases, strict=True):
        for spot in one.spots:
            if LABELS[spot.label] in SAME_FIELDS:
                facts.append((case, *spot.fact) if spot.fact else (len(facts),))
                groups.append(case * len(LABELS) + spot.label)
                vectors.append(hidden[begin + spot.start : begin + spot.end].mean(0))
    if not vectors:
        return _nothing(hidden)
    group, fact = (torch.tensor(numbers, device=hidden.device) for numbers in (groups, _numbered(facts)))
    pairs = (group[:, None] == group[None]).triu(1)
    if not pairs.any():
        return _nothing(hidden)
    unit = functional.normalize(heads.same(torch.stack(vectors)), dim=1)
    scores = (unit @ unit.T)[pairs] * heads.same_scale[0] + heads.same_scale[1]
    return functional.binary_cross_entropy_with_logits(scores, (fact[:, None] == fact[None])[pairs].float())


def _numbered(keys: list[tuple[object, ...]]) -> list[int]:
    """Equal keys by equal numbers."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    return [numbers[key] for key in keys]


def _nothing(hidden: Tensor) -> Tensor:
    return hidden.sum() * 0
