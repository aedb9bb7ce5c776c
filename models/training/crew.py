"""Several processes that teach one network: each works through its parts of a step on one core, for the products of a step are too small to gain by threads.

The weights lie in shared memory, and so do the gradients of each process; who computes which part follows from the parts alone, so a run is repeatable.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import torch
from casebrief.models.training.feeding import Part
from torch import Tensor, nn

Losses = dict[str, float]
Backward = Callable[[Sequence[Part], int], Losses]
"""Adds the gradients of some parts, weighed by all tokens of the step, to the parameters; returns the losses, weighed alike."""


def shared_out(parts: Sequence[Part], workers: int) -> list[list[Part]]:
    """The parts of each worker: the longest first, each to who has the fewest tokens."""
    lots: list[list[Part]] = [[] for _ in range(workers)]
    for part in sorted(parts, key=lambda part: -part.tokens):
        min(lots, key=lambda lot: sum(one.tokens for one in lot)).append(part)
    return lots


class Crew:
    """So many processes, forked from this one; they end with it."""

    def __init__(self, parameters: Sequence[nn.Parameter], backward: Backward, workers: int) -> None:
        self._parameters = parameters
        for parameter in parameters:
            parameter.share_memory_()
        self._gradients = [[torch.zeros_like(parameter).share_memory_() for parameter in parameters] for _ in range(workers)]
        context = multiprocessing.get_context("fork")
        self._lines: list[Connection] = []
        for gradients in self._gradients:
            ours, theirs = context.Pipe()
            context.Process(target=_work, args=(theirs, parameters, gradients, backward), daemon=True).start()
            self._lines.append(ours)

    def backward(self, parts: Sequence[Part], tokens: int) -> Losses:
        """As `Backward`, by all processes. Raises `EOFError` when one of them died."""
        for line, lot in zip(self._lines, shared_out(parts, len(self._lines)), strict=True):
            line.send((lot, tokens))
        told = [line.recv() for line in self._lines]
        with torch.no_grad():
            for parameter, *gradients in zip(self._parameters, *self._gradients, strict=True):
                parameter.grad = torch.stack(gradients).sum(0)
        for gradients in self._gradients:
            for gradient in gradients:
                gradient.zero_()
        return added(told)


def _work(line: Connection, parameters: Sequence[nn.Parameter], gradients: Sequence[Tensor], backward: Backward) -> None:
    torch.set_num_threads(1)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    while True:
        line.send(backward(*line.recv()))


def added(told: Sequence[Losses]) -> Losses:
    """Losses of several parts, already weighed."""
    total: Losses = {}
    for losses in told:
        for name, value in losses.items():
            total[name] = total.get(name, 0.0) + value
    return total
