"""Teach the reader: ``python -m casebrief.models.training.train --state STATE.pt --tokens 6000000``.

Needs the dependency group "training". Data, order, changes and weights at the start are seeded by the step, so a run that was stopped goes on from its
state as if it had not been, on this machine or another. The learning rate rises, stays, and falls over the last quarter of the tokens.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from casebrief.evals.marked import MarkedCase, load_folder
from casebrief.models.catalog import load as load_catalog
from casebrief.models.training.changes import changed, stock
from casebrief.models.training.examples import KINDS, LABELS, WHO, Example, Tokenizer, example
from casebrief.models.training.network import Network
from casebrief.models.training.weights import load_base
from torch import Tensor, nn
from torch.nn import functional

RANK, ALPHA, SEED = 32, 64.0, 20261128
RATE, RATE_HEADS = 4e-4, 1e-3
WARM_UP = 40
"""Steps in which the learning rate rises."""

FALL = 0.25
"""The last share of the tokens, over which it falls to nought."""

STEP_TOKENS, PASS_TOKENS = 4096, 1024
"""Tokens of a step, and of one pass: what a pass computes in stays near the processor."""

AS_WRITTEN = 0.25
"""How often a case is learnt as it stands; else it is changed."""

HELD_OUT = 20
"""Every so many-th case is never trained on: confidences are calibrated there."""

AVERAGE = 0.995
"""Decay of the averaged weights, a step."""

VECTOR = 64
WEIGHTS = {"who": 0.15, "kinds": 0.15, "same": 0.1}
SAVE_S = 240.0


class Heads(nn.Module):
    """What is read off a token's vector, a span's, an article's."""

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
            self.labels.bias.zero_()
            self.labels.bias.view(-1, 3)[:, 0] = 4.0

    def article(self, name: str, hidden: Tensor) -> Tensor:
        """(tokens, width) of one article → the scores of one of `KINDS`."""
        share = torch.softmax(hidden @ self.pools[name], 0)
        scores: Tensor = self.kinds[name](share @ hidden)
        return scores


@dataclass(frozen=True)
class Part:
    """What one pass reads: whole cases, so that places of the same fact in several articles meet."""

    examples: tuple[Example, ...]
    cases: tuple[int, ...]

    @property
    def tokens(self) -> int:
        return sum(len(one.ids) for one in self.examples)


def split(cases: Sequence[MarkedCase]) -> tuple[list[MarkedCase], list[MarkedCase]]:
    """Those to learn from, and those held out."""
    return [case for n, case in enumerate(cases) if n % HELD_OUT], [case for n, case in enumerate(cases) if not n % HELD_OUT]


def steps(cases: Sequence[MarkedCase], tokenizer: Tokenizer) -> Iterator[list[Part]]:
    """The parts of each training step, without end; the same for the same seed."""
    waiting: list[Part] = []
    for part in _parts(cases, tokenizer):
        waiting.append(part)
        if sum(one.tokens for one in waiting) >= STEP_TOKENS:
            yield waiting
            waiting = []


def _parts(cases: Sequence[MarkedCase], tokenizer: Tokenizer) -> Iterator[Part]:
    lent = stock(cases)
    for epoch in itertools.count():
        order = list(range(len(cases)))
        Random(f"{SEED} {epoch}").shuffle(order)  # noqa: S311 - data, no secrets
        part = Part((), ())
        for number in order:
            chance = Random(f"{SEED} {epoch} {number}")  # noqa: S311 - data, no secrets
            case = cases[number]
            articles = case.articles if chance.random() < AS_WRITTEN else changed(case, lent, chance)
            fresh = Part(tuple(example(article, case, tokenizer) for article in articles), (number,) * len(articles))
            if part.examples and part.tokens + fresh.tokens > PASS_TOKENS:
                yield part
                part = fresh
            else:
                part = Part(part.examples + fresh.examples, part.cases + fresh.cases)
        yield part


def loss_of(hidden: Tensor, heads: Heads, part: Part) -> tuple[Tensor, dict[str, float]]:
    """The loss of one pass, a token, and its parts."""
    targets = torch.cat([one.targets for one in part.examples]).to(hidden.device)
    losses = {
        "labels": functional.cross_entropy(heads.labels(hidden).view(-1, 3), targets.view(-1), reduction="sum") / len(hidden),
        "who": _who_loss(hidden, heads, part),
        "kinds": _kinds_loss(hidden, heads, part),
        "same": _same_loss(hidden, heads, part),
    }
    total = sum((WEIGHTS.get(name, 1.0) * loss for name, loss in losses.items()), torch.zeros((), device=hidden.device))
    return total, {name: loss.item() for name, loss in losses.items()}


def _begins(part: Part) -> list[int]:
    found = [0]
    for one in part.examples:
        found.append(found[-1] + len(one.ids))
    return found


_FIELD_OF = torch.tensor([sorted({who.split(".")[0] for who in WHO}).index(who.split(".")[0]) for who in WHO])


def _who_loss(hidden: Tensor, heads: Heads, part: Part) -> Tensor:
    at, wanted = [], []
    for begin, one in zip(_begins(part), part.examples, strict=False):
        for spot in one.spots:
            if spot.who is not None:
                at += range(begin + spot.start, begin + spot.end)
                wanted += [spot.who] * (spot.end - spot.start)
    if not at:
        return hidden.sum() * 0
    target = torch.tensor(wanted, device=hidden.device)
    fields = _FIELD_OF.to(hidden.device)
    scores = heads.who(hidden[at]).masked_fill(fields[None] != fields[target][:, None], float("-inf"))
    return functional.cross_entropy(scores, target)


def _kinds_loss(hidden: Tensor, heads: Heads, part: Part) -> Tensor:
    begins = _begins(part)
    total = hidden.sum() * 0
    for place, name in enumerate(KINDS):
        rows, wanted = [], []
        for begin, end, one in zip(begins, begins[1:], part.examples, strict=False):
            if one.kinds[place] >= 0:
                rows.append(heads.article(name, hidden[begin:end]))
                wanted.append(one.kinds[place])
        if rows:
            total = total + functional.cross_entropy(torch.stack(rows), torch.tensor(wanted, device=hidden.device))
    return total


def _same_loss(hidden: Tensor, heads: Heads, part: Part) -> Tensor:
    """Pairs of places of one field in one case: do they state the same fact? A place without an id is a fact of its own."""
    vectors, keys, own = [], [], []
    for number, (begin, one, case) in enumerate(zip(_begins(part), part.examples, part.cases, strict=False)):
        for place, spot in enumerate(one.spots):
            if LABELS[spot.label] in SAME_FIELDS:
                vectors.append(hidden[begin + spot.start : begin + spot.end].mean(0))
                keys.append(case * len(LABELS) + spot.label)
                own.append((case, *spot.fact) if spot.fact else (number, place))
    if len(vectors) < 2:
        return hidden.sum() * 0
    unit = functional.normalize(heads.same(torch.stack(vectors)), dim=1)
    group = torch.tensor(keys, device=hidden.device)
    names = {key: n for n, key in enumerate(dict.fromkeys(own))}
    fact = torch.tensor([names[key] for key in own], device=hidden.device)
    pairs = (group[:, None] == group[None]).triu(1)
    if not pairs.any():
        return hidden.sum() * 0
    scores = (unit @ unit.T)[pairs] * heads.same_scale[0] + heads.same_scale[1]
    return functional.binary_cross_entropy_with_logits(scores, (fact[:, None] == fact[None])[pairs].float())


SAME_FIELDS = frozenset(
    {"allegations", "relief_sought", "rulings", "timeline", "figures", "quotes", "responses", "plaintiffs", "defendants", "causes_of_action"}
)


def rate_at(step: int, share: float) -> float:
    """The learning rate's factor at a step, with this share of the tokens done."""
    return min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.01, (1 - share) / FALL))


class Trainer:
    """Everything that a run changes, and how it is kept."""

    def __init__(self, network: Network, heads: Heads) -> None:
        self.network, self.heads = network, heads
        self.parts = nn.ModuleDict({"network": network, "heads": heads})
        groups = [{"params": list(network.parameters()), "base": RATE}, {"params": list(heads.parameters()), "base": RATE_HEADS}]
        self.optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
        self.average = {name: value.detach().clone() for name, value in self.parts.state_dict().items()}
        self.step = self.tokens = 0
        self.log: list[dict[str, float]] = []

    def learn(self, parts: Sequence[Part], share: float, device: str) -> dict[str, float]:
        """One step: its parts one after the other, then one change of the weights."""
        factor = rate_at(self.step, share)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        tokens = sum(part.tokens for part in parts)
        told: dict[str, float] = {}
        for part in parts:
            ids = torch.tensor([token for one in part.examples for token in one.ids], device=device)
            hidden = self.network(ids, [len(one.ids) for one in part.examples])
            loss, losses = loss_of(hidden, self.heads, part)
            (loss * (part.tokens / tokens)).backward()
            told = {name: told.get(name, 0.0) + value * part.tokens / tokens for name, value in losses.items()}
        nn.utils.clip_grad_norm_(self.parts.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step, self.tokens = self.step + 1, self.tokens + tokens
        decay = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.parts.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        return {"step": self.step, "tokens": self.tokens, "rate": factor, **{name: round(value, 4) for name, value in told.items()}}

    def save(self, path: Path) -> None:
        """Write the state; the file appears whole or not at all."""
        fresh = path.with_suffix(".part")
        kept = {
            "parts": self.parts.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "tokens": self.tokens,
            "log": self.log,
        }
        torch.save(kept, fresh)
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a state."""
        kept = torch.load(path, weights_only=True)
        self.parts.load_state_dict(kept["parts"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.average, self.step, self.tokens, self.log = kept["average"], kept["step"], kept["tokens"], kept["log"]


def train(cases: Sequence[MarkedCase], state: Path, tokens: int, device: str, start: Path | None) -> Trainer:
    """Train until so many tokens are done, from the state if it is there."""
    catalog = load_catalog(Path())
    weights = catalog.path(catalog.default)
    torch.manual_seed(SEED)
    base = load_base(weights)
    trainer = Trainer(Network(base, RANK, ALPHA).to(device), Heads(base.embedding.shape[1]).to(device))
    if state.exists():
        trainer.load(state)
    elif start:
        trainer.load_start(start)
    learnt, _ = split(cases)
    source = steps(learnt, Tokenizer(weights))
    for _ in range(trainer.step):
        next(source)
    begun, saved, first = time.time(), time.time(), trainer.tokens
    while trainer.tokens < tokens:
        line = trainer.learn(next(source), trainer.tokens / tokens, device)
        trainer.log.append(line)
        if trainer.step % 10 == 0:
            speed = (trainer.tokens - first) / (time.time() - begun)
            print(json.dumps({**line, "tokens_per_s": round(speed), "minutes_left": round((tokens - trainer.tokens) / speed / 60)}), flush=True)
        if time.time() - saved > SAVE_S:
            trainer.save(state)
            saved = time.time()
    trainer.save(state)
    return trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parent / "corpus")
    parser.add_argument("--tokens", type=int, default=8_000_000, help="how many tokens the reader is taught on, all epochs together")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--state", type=Path, required=True, help="what a run keeps, and goes on from")
    given = parser.parse_args()
    train(load_folder(given.corpus), given.state, given.tokens, given.device, None)


if __name__ == "__main__":
    main()
