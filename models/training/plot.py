"""The curves of a training run as a picture: ``python -m casebrief.models.training.plot LOG.json OUT.svg``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

SMOOTH = 20
"""Steps whose losses are averaged for the line."""


def plot(log: Path, out: Path) -> None:
    """Training loss (a point a step, a line of their means), held-out loss and held-out token recall over minutes."""
    mpl.rcParams["svg.hashsalt"] = "casebrief"
    lines = json.loads(log.read_text(encoding="utf-8"))
    minutes, losses = [line["minutes"] for line in lines], [line["loss"] for line in lines]
    means = [sum(losses[max(0, i - SMOOTH + 1) : i + 1]) / len(losses[max(0, i - SMOOTH + 1) : i + 1]) for i in range(len(losses))]
    tests = [line for line in lines if "held_out_loss" in line]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    left.plot(minutes, losses, ".", markersize=2, color="#bbbbbb", label="loss of a step")
    left.plot(minutes, means, color="#1f4e79", label=f"mean of {SMOOTH} steps")
    left.plot([line["minutes"] for line in tests], [line["held_out_loss"] for line in tests], "o-", color="#b5482a", label="held-out templates")
    left.set(xlabel="minutes", ylabel="loss of an answer's token", ylim=(0, 1.2))
    left.legend(frameon=False)
    right.plot([line["minutes"] for line in tests], [line["held_out_right"] for line in tests], "o-", color="#b5482a")
    right.set(xlabel="minutes", ylabel="held-out templates: tokens chosen rightly", ylim=(0.8, 1))
    figure.savefig(out, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    plot(Path(sys.argv[1]), Path(sys.argv[2]))
