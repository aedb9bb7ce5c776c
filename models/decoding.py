"""All forks advance together, by one call a step: each with the tokens it has said, and those drafted for it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import numpy as np
from casebrief.models.asking import DRAFT, Fork, Job
from casebrief.models.calls import Calls
from casebrief.models.cells import Cells
from casebrief.models.drafts import draft
from casebrief.models.errors import Cancelled, ConstraintRefused
from casebrief.models.machine import CHUNK, OUTPUTS
from casebrief.models.native import Entry
from casebrief.models.sampling import Sampler
from numpy.typing import NDArray

WIDTH = 64
"""Tokens with logits a step, drafts included, where drafts are added."""


class Decoding:
    """The forks' steps. ``drafts`` changes the speed and, but for rounding, no answer."""

    def __init__(self, cells: Cells, calls: Calls, sampler: Sampler, *, drafts: bool = True) -> None:
        self._cells, self._calls, self._sampler = cells, calls, sampler
        self.drafts = drafts

    def advance(self) -> None:
        """One step: evaluate every fork's pending and drafted tokens, then let each say what it says."""
        for fork in list(self._cells.forks):
            self._shorten(fork)
        for group in self._groups():
            shares = _shares(group)
            try:
                logits = self._calls.evaluate([entry for fork in group for entry in _entries(fork)], shares)
            except Cancelled:
                continue
            for job in shares:
                job.counts["decode_steps"] += 1
            row = 0
            for fork in group:
                rows = 1 + len(fork.draft)
                if fork in self._cells.forks:
                    self._hear(fork, logits[row : row + rows])
                row += rows

    def _shorten(self, fork: Fork) -> None:
        """Evaluate what a fork has pending beyond the tokens of one call."""
        while len(fork.pending) > CHUNK:
            first, fork.pending = fork.pending[:CHUNK], fork.pending[CHUNK:]
            prompt = min(fork.prompted, CHUNK)
            entries = [(token, fork.position + n, fork.sequence, False) for n, token in enumerate(first)]
            with contextlib.suppress(Cancelled):
                self._calls.evaluate(entries, {fork.document.job: (prompt, CHUNK - prompt)})
            fork.position, fork.prompted = fork.position + CHUNK, fork.prompted - prompt

    def _groups(self) -> Iterator[list[Fork]]:
        """The forks in calls that hold as many tokens and logits as a call may; drafts only where there is room for them."""
        spare = max(0, WIDTH - len(self._cells.forks))
        group: list[Fork] = []
        tokens = rows = 0
        for fork in list(self._cells.forks):
            fork.draft = fork.draft[: min(spare, CHUNK - len(fork.pending))]
            spare -= len(fork.draft)
            size = len(fork.pending) + len(fork.draft)
            if group and (tokens + size > CHUNK or rows + 1 + len(fork.draft) > OUTPUTS):
                yield group
                group, tokens, rows = [], 0, 0
            group.append(fork)
            tokens, rows = tokens + size, rows + 1 + len(fork.draft)
        if group:
            yield group

    def _hear(self, fork: Fork, logits: NDArray[np.float32]) -> None:
        """Choose a fork's next tokens from the logits behind its last pending token and behind each drafted one."""
        began = time.perf_counter()
        counts, forced = fork.document.job.counts, fork.forced
        fork.position += len(fork.pending)
        try:
            self._keep(fork, self._said(fork, logits))
        except ConstraintRefused as error:
            self._cells.fail(fork.document, error)
            return
        counts["forced_tokens"] += fork.forced - forced
        if fork.finish:
            self._finish(fork)
        elif self.drafts:
            fork.draft = draft(fork, self._sampler.guide.decode_bytes)
        counts["constraints_s"] += time.perf_counter() - began

    def _said(self, fork: Fork, logits: NDArray[np.float32]) -> int:
        """Say tokens as long as they are the drafted ones, whose logits are known; how many of them were. The rest is pending."""
        right = 0
        fork.pending, fork.prompted = [], 0
        while not fork.finish and not fork.pending:
            said = self._sampler.choose(fork, logits[right])
            known = 0
            while known < len(said) and right < len(fork.draft) and said[known] == fork.draft[right]:
                known, right = known + 1, right + 1
            fork.pending = said[known:]
        return right

    def _keep(self, fork: Fork, right: int) -> None:
        """Keep the cells of the drafted tokens that were said, cut the others off."""
        drafted, fork.draft = len(fork.draft), []
        fork.position += right
        if right < drafted:
            self._cells.native.cut(fork.sequence, fork.position)
        if drafted:
            # A model that does not copy as drafted is soon no longer drafted for.
            fork.trust = DRAFT if right else fork.trust // 2
        counts = fork.document.job.counts
        counts["drafted_tokens"] += drafted
        counts["drafted_right"] += right

    def _finish(self, fork: Fork) -> None:
        document = fork.document
        document.job.counts["output_tokens"] += len(fork.tokens)
        document.answers[fork.index] = self._sampler.answer(fork)
        self._cells.release(fork)
        if document.done:
            self._cells.leave(document)


def _entries(fork: Fork) -> Iterator[Entry]:
    """A fork's pending and drafted tokens; logits are wanted from the last pending one on."""
    last = len(fork.pending) - 1
    for offset, token in enumerate(fork.pending + fork.draft):
        yield token, fork.position + offset, fork.sequence, offset >= last


def _shares(group: list[Fork]) -> dict[Job, tuple[int, int]]:
    """Each job's tokens of prompts and of answers in a call."""
    shares: dict[Job, tuple[int, int]] = {}
    for fork in group:
        prompt, answer = shares.get(fork.document.job, (0, 0))
        shares[fork.document.job] = (prompt + fork.prompted, answer + len(fork.pending) + len(fork.draft) - fork.prompted)
    return shares
