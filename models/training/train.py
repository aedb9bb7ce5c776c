"""Teach the reader: ``python -m casebrief.models.training.train --out ADAPTER.gguf HEADS.gguf``.

Needs the dependency group "training". Data, order, changes and weights at the start are seeded by the step, so a run that was stopped goes on from its
state as if it had not been, on this machine or another. The learning rate rises, stays, and falls over the last quarter of the tokens. What is
exported are the weights averaged over the last steps.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from casebrief.evals.marked import MarkedCase, load_folder
from casebrief.models.catalog import load as load_catalog
from casebrief.models.training import CORPUS
from casebrief.models.training.crew import Crew, Losses, added
from casebrief.models.training.examples import Tokenizer
from casebrief.models.training.exporting import begin_from, export
from casebrief.models.training.feeding import SEED, Part, part_of, split, steps
from casebrief.models.training.network import Network
from casebrief.models.training.teaching import TaughtHeads, loss_of
from casebrief.models.training.weights import load_base
from torch import nn

HERE = Path(__file__).parent
START = (HERE / "start.gguf", HERE / "start-heads.gguf")
"""What an earlier trial taught on a part of this corpus: an adapter, and its heads."""

TOKENS = 8_000_000
RANK, ALPHA = 32, 64.0
RATE, RATE_HEADS = 4e-4, 1e-3
WARM_UP = 40
"""Steps in which the learning rate rises."""

FALL = 0.25
"""The last share of the tokens, over which it falls to nought."""

AVERAGE = 0.995
"""Decay of the averaged weights, a step."""

SAVE_S = 240.0
TELL = 10
"""Steps between two lines of progress."""


@dataclass(frozen=True)
class Run:
    """What a run is told: all its tokens, where its state lies, what it begins from (adapter and heads) where there is no state, on which device, and in
    how many processes.
    """

    tokens: int
    state: Path
    start: tuple[Path, Path] | None
    device: str
    workers: int
    share: float = 1.0


def rate_at(step: int, share: float) -> float:
    """The learning rate's factor at a step, with this share of the tokens done.

    >>> [round(rate_at(step, share), 2) for step, share in ((0, 0.0), (39, 0.1), (900, 0.75), (1100, 0.9), (1200, 1.0))]
    [0.03, 1.0, 1.0, 0.4, 0.01]
    """
    return min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.01, (1 - share) / FALL))


class Trainer:
    """Everything that a run changes, and how it is kept."""

    def __init__(self, network: Network, heads: TaughtHeads, device: str, workers: int = 1) -> None:
        self.network, self.heads, self.device = network, heads, device
        self.parts = nn.ModuleDict({"network": network, "heads": heads}).to(device)
        groups = [{"params": list(network.parameters()), "base": RATE}, {"params": list(heads.parameters()), "base": RATE_HEADS}]
        self.optimizer = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
        self.average = {name: value.detach().clone() for name, value in self.parts.state_dict().items()}
        self.step = self.tokens = 0
        self.log: list[dict[str, float]] = []
        self._crew = Crew(list(self.parts.parameters()), self._backward, workers) if workers > 1 else None

    def learn(self, parts: Sequence[Part], share: float) -> dict[str, float]:
        """One step: its parts one after the other, then one change of the weights. What it tells is logged."""
        factor = rate_at(self.step, share)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        tokens = sum(part.tokens for part in parts)
        told = self._crew.backward(parts, tokens) if self._crew else self._backward(parts, tokens)
        nn.utils.clip_grad_norm_(self.parts.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step, self.tokens = self.step + 1, self.tokens + tokens
        self._average()
        self.log.append({"step": self.step, "tokens": self.tokens, "rate": factor, **{name: round(value, 4) for name, value in told.items()}})
        return self.log[-1]

    def _backward(self, parts: Sequence[Part], tokens: int) -> Losses:
        """See `crew.Backward`."""
        told = []
        for part in parts:
            ids = torch.tensor([token for one in part.examples for token in one.ids], device=self.device)
            hidden = self.network(ids, [len(one.ids) for one in part.examples])
            loss, losses = loss_of(hidden, self.heads, part)
            (loss * (part.tokens / tokens)).backward()
            told.append({name: value * part.tokens / tokens for name, value in losses.items()})
        return added(told)

    def _average(self) -> None:
        """The first steps count less: the average would else stay near what the run began with."""
        decay = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.parts.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)

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
        kept = torch.load(path, weights_only=True, map_location=self.device)
        self.parts.load_state_dict(kept["parts"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.average, self.step, self.tokens, self.log = kept["average"], kept["step"], kept["tokens"], kept["log"]


def begun(weights: Path, run: Run) -> Trainer:
    """A run as it stands: from its state, or from its start, or from nothing."""
    torch.manual_seed(SEED)
    base = load_base(weights)
    network, heads = Network(base, RANK, ALPHA), TaughtHeads(base.embedding.shape[1])
    if run.start and not run.state.exists():
        begin_from(network, heads, *run.start)
    trainer = Trainer(network, heads, run.device, run.workers)
    if run.state.exists():
        trainer.load(run.state)
    return trainer


def train(cases: Sequence[MarkedCase], weights: Path, run: Run, also: Sequence[MarkedCase] = ()) -> Trainer:
    """Train on all cases but those held out, and on ``also``, until so many tokens are done; the state is kept every few minutes and at the end."""
    trainer = begun(weights, run)
    if trainer.tokens >= run.tokens:
        return trainer
    source = steps([*part_of(split(cases)[0], run.share), *also], Tokenizer(weights))
    for _ in range(trainer.step):
        next(source)
    first, began, saved = trainer.tokens, time.monotonic(), time.monotonic()
    while trainer.tokens < run.tokens:
        line = trainer.learn(next(source), trainer.tokens / run.tokens)
        if trainer.step % TELL == 0:
            speed = (trainer.tokens - first) / (time.monotonic() - began)
            print(json.dumps({**line, "tokens_per_s": round(speed), "minutes_left": round((run.tokens - trainer.tokens) / speed / 60)}), flush=True)
        if time.monotonic() - saved > SAVE_S:
            trainer.save(run.state)
            saved = time.monotonic()
    trainer.save(run.state)
    return trainer


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, nargs=2, required=True, metavar=("ADAPTER", "HEADS"), help="the files to write")
    parser.add_argument("--state", type=Path, default=HERE / "state.pt", help="what a run keeps, and goes on from")
    parser.add_argument(
        "--tokens", type=int, default=TOKENS, help="how many tokens the reader is taught on, all epochs together; a run that has done them is exported"
    )
    parser.add_argument("--share", type=float, default=1.0, metavar="PART", help="teach on this part of the corpus alone, for a learning curve")
    parser.add_argument("--also", type=Path, metavar="DIR", help="marked cases that are taught beside the corpus (casebrief eval import-corrections)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1 if torch.cuda.is_available() else os.cpu_count(), help="processes, one a core")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--start", type=Path, nargs=2, metavar=("ADAPTER", "HEADS"), help="what to begin from; else the start beside this file, where it is")
    begin.add_argument("--scratch", action="store_true", help="begin from the base alone")
    given = parser.parse_args()
    beside = START if all(path.exists() for path in START) else None
    start = None if given.scratch else tuple(given.start) if given.start else beside
    catalog = load_catalog(Path())
    also = load_folder(given.also) if given.also else []
    trainer = train(load_folder(CORPUS), catalog.path(catalog.default), Run(given.tokens, given.state, start, given.device, given.workers, given.share), also)
    trainer.parts.load_state_dict(trainer.average)
    export(trainer.network, trainer.heads, *given.out)


if __name__ == "__main__":
    main()
