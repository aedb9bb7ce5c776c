"""How fast articles are read on this machine, as the last ones were, and what cannot be done in time: told before a word is read."""

from __future__ import annotations

import math
import threading
from collections import deque

from casebrief.service.domain.schema import Timings
from casebrief.service.edges.problems import Problem
from casebrief.service.edges.wiring import Casebrief, tried

RECENT = 9
"""Jobs whose pace is remembered."""

CHARACTERS_A_TOKEN = 4.4
"""Of press articles, as the embedded model cuts them: what a trial of its weights tells in tokens."""


class Speed:
    """What is read in a second of the model's own time: characters, or questions where it answers prompts. Threads may share it."""

    def __init__(self, first: float | None = None) -> None:
        """``first``: what a trial of this machine told, for as long as nothing has been read."""
        self._first, self._recent, self._lock = first, deque[tuple[int, float]](maxlen=RECENT), threading.Lock()

    def measured(self, read: int, timings: Timings) -> None:
        """So much was read in a job; what was kept of earlier ones is not counted."""
        seconds = timings.prefill_s + timings.decode_s
        if read > 0 and seconds > 0:
            with self._lock:
                self._recent.append((read, seconds))

    def seconds(self, size: int) -> float | None:
        """How long reading so much takes, at the pace of the last jobs; ``None`` where nothing tells."""
        with self._lock:
            read, took = (sum(part) for part in zip(*self._recent, strict=True)) if self._recent else (self._first, 1.0)
        return size * took / read if read else None

    def check(self, size: int, deadline_s: float) -> None:
        """Raises `Problem` 422 where so much could not be read within the deadline even at the best pace of the last jobs."""
        with self._lock:
            best = max((read / took for read, took in self._recent), default=self._first)
        if best and size / best > deadline_s:
            raise too_much(math.ceil(self.seconds(size) or size / best), deadline_s)


def of_trial(product: Casebrief) -> Speed:
    """The speed as the trial of the model's weights told it, where there was one."""
    trial = tried(product.settings, product.catalog, product.model)
    labels = product.catalog.entry(product.model).reader == "labels"
    return Speed(max(trial.tokens_per_s.values()) * CHARACTERS_A_TOKEN if trial and labels else None)


def too_much(seconds: int, deadline_s: float) -> Problem:
    """The problem of a request that this machine cannot do within its deadline."""
    detail = (
        f"reading the articles takes about {seconds} s on this machine, and the deadline is {deadline_s:g} s: send fewer, or send a job with a later deadline"
    )
    return Problem(422, "cannot-be-done-in-time", "It cannot be done in time", detail, extra={"seconds_needed": seconds})
