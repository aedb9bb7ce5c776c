"""Calls of the native library for jobs that share them: each pays its part of the time, and what nobody wants any more is aborted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from casebrief.models.asking import Job
from casebrief.models.errors import Cancelled
from casebrief.models.native import Entry, Native
from numpy.typing import NDArray


class Calls:
    """Evaluates tokens. Not safe for threads, but for `abort_unwanted`."""

    def __init__(self, native: Native, beat: Callable[[], None]) -> None:
        """``beat`` is called after every call."""
        self._native, self._beat = native, beat
        self._calling: frozenset[Job] = frozenset()

    def abort_unwanted(self) -> None:
        """Abort the call that is on, where no job in it has anything more to read; may come from another thread."""
        if all(job.left for job in self._calling):
            self._native.abort()

    def evaluate(self, entries: Sequence[Entry], shares: Mapping[Job, tuple[int, int]]) -> NDArray[np.float32]:
        """One call; its time goes to the jobs by their tokens of prompts and of answers (``shares``).

        The logits of the entries that want them, a row each. Raises `Cancelled` when all jobs were ended, and what `Native.evaluate` raises.
        """
        while True:
            self._calling = frozenset(shares)
            began = time.perf_counter()
            logits = self._native.evaluate(entries)
            took = (time.perf_counter() - began) / len(entries)
            self._calling = frozenset()
            self._beat()
            for job, (prompt, answer) in shares.items():
                job.counts["prefill_s"] += took * prompt
                job.counts["decode_s"] += took * answer
            if logits is not None:
                return logits
            if all(job.left for job in shares):
                raise Cancelled("the job was taken back")
