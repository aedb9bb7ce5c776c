"""What the in-process engines have in common: a job while it is worked on, step by step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from casebrief.models.engine import Labellings, Readings, Stop, never
from casebrief.models.errors import EngineError


@dataclass(eq=False)
class Work(ABC):
    """One caller's job while it is worked on. ``counts`` are the fields of its `Usage`; ``error`` ends it as a whole.

    ``halted``: nobody wants it any more. ``closed``: what is read by now is wanted, and nothing more is read.
    """

    stop: Stop
    enough: Stop = never
    counts: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(int))
    error: EngineError | None = None
    halted: bool = False
    closed: bool = False

    @property
    def left(self) -> bool:
        """Whether nothing more is to be read for it."""
        return self.halted or self.closed

    def end(self, *, kept: bool) -> None:
        """Read nothing more: what was read is wanted where it is ``kept``."""
        self.closed, self.halted = self.closed or kept, self.halted or not kept

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether there is nothing more to do for it."""

    @property
    @abstractmethod
    def progress(self) -> tuple[int, int]:
        """How much of it is done, and how much there is (see `Heard`)."""

    @abstractmethod
    def outcome(self) -> Readings | Labellings:
        """What came of it. Raises the error that ended it."""
