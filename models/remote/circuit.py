"""A circuit that opens after failures in a row, so that a server which is down costs nobody more waiting (Nygard, Release It!, 2007)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from casebrief.models.errors import ServerUnavailable


class Trouble(Exception):
    """What may be tried again. ``after_s``: when the server wants to be asked again; ``counts``: whether it speaks for a server that is down."""

    def __init__(self, told: str, after_s: float | None = None, *, counts: bool = True) -> None:
        super().__init__(told)
        self.after_s, self.counts = after_s, counts


class Circuit:
    """Refuses calls for ``rest_s`` seconds after ``most`` troubles in a row, then lets one try. Threads share it."""

    def __init__(self, most: int = 5, rest_s: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rest_s, self._clock = most, rest_s, clock
        self._lock = threading.Lock()
        self._troubles, self._since, self._trying, self._last = 0, 0.0, False, ""

    @contextmanager
    def call(self, *, proves: bool = True) -> Iterator[None]:
        """Around one call: a `Trouble` that counts is a failure, what else ends it is an answer, but for a call that is taken back.

        An answer to a call that ``proves`` nothing of the model closes no circuit. Raises `ServerUnavailable` at once while it is open.
        """
        self._admit()
        try:
            yield
        except Trouble as trouble:
            with self._lock:
                self._trying = False
            if trouble.counts:
                self.failed(str(trouble))
            raise
        except Exception:
            self._answered(proves=proves)
            raise
        except BaseException:
            self._trying = False
            raise
        self._answered(proves=proves)

    def _admit(self) -> None:
        with self._lock:
            if self._troubles < self._most:
                return
            left = self._since + self._rest_s - self._clock()
            if left > 0 or self._trying:
                after = max(left, 1.0)
                raise ServerUnavailable(f"{self._last}; it failed {self._troubles} times in a row and is asked again in {after:.0f} s", after)
            self._trying = True

    def failed(self, told: str) -> None:
        """Count a failure."""
        with self._lock:
            self._troubles, self._since, self._last = self._troubles + 1, self._clock(), told

    def _answered(self, *, proves: bool) -> None:
        with self._lock:
            self._trying = False
            if proves:
                self._troubles = 0
