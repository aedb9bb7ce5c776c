"""How a batch goes, in words: how many cases are done, how fast, and how long the rest takes at that pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from casebrief.service.batch.cases import Case
from casebrief.service.batch.out import Checkpoint


@dataclass
class Pace:
    """``size`` of the input and ``start``, where this run began in it, are in the input's own measure (see `casebrief.service.batch.cases.Cases`)."""

    size: int | None
    start: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def told(self, case: Case, now: Checkpoint) -> str:
        """A line on the batch when a case is done."""
        self.done += 1
        took = self.clock() - self.began
        failed = f" ({now.failed:,} failed)" if now.failed else ""
        pace = f", {rate(self.done / took)}" if took > 0 else ""
        left = f", about {duration(took * (self.size - case.ends) / gone)} left" if self.size and (gone := case.ends - self.start) > 0 else ""
        return f"{now.cases:,} cases done{failed}{pace}{left}"


def rate(a_second: float) -> str:
    """Cases in the unit that needs no small fraction.

    >>> rate(12.345), rate(0.5), rate(0.001)
    ('12.3 a second', '30.0 a minute', '3.6 an hour')
    """
    for seconds, unit in ((1, "a second"), (60, "a minute")):
        if a_second * seconds >= 1:
            return f"{a_second * seconds:,.1f} {unit}"
    return f"{a_second * 3600:,.1f} an hour"


def duration(seconds: float) -> str:
    """Seconds in their two largest units.

    >>> duration(0.4), duration(59), duration(125), duration(7260), duration(200_000)
    ('0 s', '59 s', '2 min 5 s', '2 h 1 min', '2 days 7 h')
    """
    whole = round(seconds)
    for size, unit, smaller, part in ((86400, "days", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {part}"
    return f"{whole} s"
