"""What the in-process engines have in common: a job while it is worked on, step by step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from casebrief.models.engine import Labellings, Readings, Stop
from casebrief.models.errors import EngineError


@dataclass(eq=False)
class Work(ABC):
    """One caller's job while it is worked on. ``counts`` are the fields of its `Usage`; ``error`` ends it as a whole."""

    stop: Stop
    counts: defaultdict[str, Any] = field(default_factory=lambda: defaultdict(int))
    error: EngineError | None = None
    halted: bool = False

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
