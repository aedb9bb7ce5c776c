"""Reading: from one article to evidence. A part that can be exchanged: by rules, by the model, by both.

A reader gives evidence and says what it could not read; it never drops an article in silence. What the model reads
must be grounded: its words are looked up in the article, and a rule must be able to make the typed form of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from casebrief.models.engine import Engine, Stop, Usage, never
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.revisions import quantity
from casebrief.service.pipeline.asking import listen
from casebrief.service.pipeline.forms import evidence_of
from casebrief.service.pipeline.rules import read_by_rules

ReaderName = Literal["rules", "model", "both"]

SINGLE = frozenset({"caption", "docket_number", "court", "judge", "filed_on", "proceeding", "status", "class_definition"})


@dataclass(frozen=True)
class Read:
    """What was read of one article; ``gaps`` says in words what was not."""

    evidence: tuple[Evidence, ...]
    usage: Usage = field(default_factory=Usage)
    gaps: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads one article of a case."""

    @property
    def name(self) -> ReaderName:
        """What reads: goes into the provenance."""

    def read(self, view: View, stop: Stop = never) -> Read:
        """All evidence of one article. Raises `casebrief.models.errors.EngineError` when the model fails."""


@dataclass(frozen=True)
class RuleReader:
    """What rules find surely; needs no model."""

    name: ReaderName = "rules"

    def read(self, view: View, stop: Stop = never) -> Read:
        """See `Reader`."""
        del stop
        return Read(tuple(read_by_rules(view)))


@dataclass(frozen=True)
class ModelReader:
    """What the model reads, sentence by sentence.

    ``floor`` gives the confidence from which what it says of a field counts (``None``: it is not believed there),
    ``confidence`` makes one of the probability of a line.
    """

    engine: Engine
    prompt: ReadingPrompt
    floor: Callable[[str], float | None]
    confidence: Callable[[str, float], float]
    name: ReaderName = "model"

    def read(self, view: View, stop: Stop = never) -> Read:
        """See `Reader`."""
        heard = listen(view, self.engine, self.prompt, stop)
        found = [item for told in heard.told for item in evidence_of(view, told, self.prompt.labels, self.confidence)]
        floors = {item.field: self.floor(item.field) for item in found}
        kept = tuple(item for item in found if (floor := floors[item.field]) is not None and item.confidence >= floor)
        return Read(kept, heard.usage, heard.gaps)


@dataclass(frozen=True)
class BothReader:
    """Rules first; the model adds what they leave open, and loses where it contradicts a sure rule."""

    rules: RuleReader
    model: ModelReader
    name: ReaderName = "both"

    def read(self, view: View, stop: Stop = never) -> Read:
        """See `Reader`."""
        sure = self.rules.read(view, stop)
        further = self.model.read(view, stop)
        kept = tuple(item for item in further.evidence if not _contradicts(item, sure.evidence))
        return Read(sure.evidence + kept, further.usage, further.gaps)


SUMS = frozenset({"relief_sought", "rulings", "figures"})
APART = frozenset({"allegations", "rulings", "responses"})


def _contradicts(item: Evidence, sure: Sequence[Evidence]) -> bool:
    """Whether a rule says otherwise of the same article.

    It found another value of a single-valued field; it took the same sum for something else; or it took the sentence for what
    somebody answers or decides where the model sees an act.
    """
    same_field = [other for other in sure if other.field == item.field]
    if item.field in SINGLE:
        return bool(same_field) and not any(other.normalized == item.normalized and (item.normalized or other.value == item.value) for other in same_field)
    if any(other.span.meets(item.span) for other in same_field):
        return False
    if item.field in SUMS and quantity(item) is not None:
        return any(other.field in SUMS and other.span.meets(item.span) and quantity(other) == quantity(item) for other in sure)
    return item.field in APART and any(other.field in APART and other.span.holds(item.span) for other in sure)
