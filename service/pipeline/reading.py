"""Reading: from the articles of a request to evidence. A part that can be exchanged: a model labels, or answers prompts, or one does each.

A reader gives evidence and says what it could not read; it never drops an article in silence. What it reads must be grounded: its words stand in the
article, and rules make the typed forms of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from casebrief.models.engine import Heard, Stop, Usage, never, unheard
from casebrief.models.errors import Cancelled, OutOfTime
from casebrief.service.domain.evidence import Evidence
from casebrief.service.pipeline.articles import Dossier, Submitted

T = TypeVar("T")

ReaderName = Literal["labels", "prompts", "labels+prompts"]

LATE = str(OutOfTime())
"""Why an article was not read that more time would have been enough for."""


def one_by_one(items: Iterable[T], stop: Stop) -> Iterator[T]:
    """The items, as long as ``stop`` does not say that nobody wants them any more. Raises `Cancelled`."""
    for item in items:
        if stop():
            raise Cancelled("the job was taken back")
        yield item


@dataclass(frozen=True)
class Read:
    """What was read of one article; ``gaps`` says in words what was not, ``failure`` why nothing was."""

    evidence: tuple[Evidence, ...]
    gaps: tuple[str, ...] = ()
    failure: str = ""


Alike = Callable[[Evidence, Evidence], float]


@dataclass(frozen=True)
class CaseRead:
    """One case of a request: the articles, and what was read of each view in their order."""

    dossier: Dossier
    reads: list[Read]


@dataclass(frozen=True)
class Gathered:
    """What a reader makes of a request: its cases, mostly one, what it took, and, of a reader that was taught, how likely evidence states the same.

    ``main`` is the case that the articles are about, ``None`` where they are about several.
    """

    cases: list[CaseRead]
    main: CaseRead | None
    usage: Usage
    alike: Alike | None = None


class Reader(Protocol):
    """Reads the articles of a request."""

    @property
    def name(self) -> ReaderName:
        """What reads: goes into the provenance."""

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Gathered:
        """All evidence of each article.

        An article that is not read when ``enough`` says that the time is over has the failure `LATE`. Raises `casebrief.models.errors.EngineError` when
        the model fails, or the reader was stopped.
        """
