"""Reading: from one article to evidence. A part that can be exchanged: by rules, by the model, by both.

A reader gives evidence and says what it could not read; it never drops an article in silence. What the model reads
must be grounded: its words are looked up in the article, and a rule must be able to make the typed form of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from casebrief.models.engine import Engine, Heard, Stop, Usage, never, unheard
from casebrief.models.errors import Cancelled
from casebrief.prompts.loader import ReadingPrompt
from casebrief.service.domain.article import View
from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.revisions import quantity
from casebrief.service.pipeline.articles import Dossier, Submitted, assemble
from casebrief.service.pipeline.asking import Listened, listen
from casebrief.service.pipeline.forms import evidence_of
from casebrief.service.pipeline.rules import read_by_rules

ReaderName = Literal["rules", "model", "prompts", "labels"]

SINGLE = frozenset({"caption", "docket_number", "court", "judge", "filed_on", "proceeding", "status", "class_definition"})


@dataclass(frozen=True)
class Read:
    """What was read of one article; ``gaps`` says in words what was not, ``failure`` why nothing was."""

    evidence: tuple[Evidence, ...]
    gaps: tuple[str, ...] = ()
    failure: str = ""


Alike = Callable[[Evidence, Evidence], float]


@dataclass(frozen=True)
class Gathered:
    """What a reader makes of a request: its articles, what was read of each view in their order, what it took, and, of one that was taught, how likely evidence states the same."""

    dossier: Dossier
    reads: list[Read]
    usage: Usage
    alike: Alike | None = None


class Reader(Protocol):
    """Reads the articles of a request."""

    @property
    def name(self) -> ReaderName:
        """What reads: goes into the provenance."""

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard) -> Gathered:
        """All evidence of each article. Raises `casebrief.models.errors.EngineError` when the model fails, or the reader was stopped."""


class ViewReader(Protocol):
    """Reads views: stories that rules have found."""

    @property
    def name(self) -> ReaderName:
        """See `Reader`."""

    def read(self, views: Sequence[View], stop: Stop = never, heard: Heard = unheard) -> tuple[list[Read], Usage]:
        """All evidence of each view."""


@dataclass(frozen=True)
class StoryReader:
    """Rules find the stories and the case, then ``inner`` reads them."""

    inner: ViewReader

    @property
    def name(self) -> ReaderName:
        return self.inner.name

    def read(self, submitted: Sequence[Submitted], stop: Stop = never, heard: Heard = unheard) -> Gathered:
        """See `Reader`."""
        dossier = assemble(submitted)
        reads, usage = self.inner.read(dossier.views, stop, heard)
        return Gathered(dossier, reads, usage)


@dataclass(frozen=True)
class RuleReader:
    """What rules find surely; needs no model."""

    name: ReaderName = "rules"

    def read(self, views: Sequence[View], stop: Stop = never, heard: Heard = unheard) -> tuple[list[Read], Usage]:
        """See `ViewReader`."""
        reads = []
        for number, view in enumerate(views):
            if stop():
                raise Cancelled("the job was taken back")
            heard(number, len(views))
            reads.append(Read(tuple(read_by_rules(view))))
        return reads, Usage()


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

    def read(self, views: Sequence[View], stop: Stop = never, heard: Heard = unheard) -> tuple[list[Read], Usage]:
        """See `Reader`."""
        listened, usage = listen(views, self.engine, self.prompt, stop, heard)
        return [Read(tuple(self._believed(view, one)), one.gaps, one.failure) for view, one in zip(views, listened, strict=True)], usage

    def _believed(self, view: View, listened: Listened) -> Iterator[Evidence]:
        for told in listened.told:
            for item in evidence_of(view, told, self.prompt.labels, self.confidence):
                floor = self.floor(item.field)
                if floor is not None and item.confidence >= floor:
                    yield item


@dataclass(frozen=True)
class BothReader:
    """Rules first; the model adds what they leave open, and loses where it contradicts a sure rule."""

    rules: RuleReader
    model: ModelReader
    name: ReaderName = "prompts"

    def read(self, views: Sequence[View], stop: Stop = never, heard: Heard = unheard) -> tuple[list[Read], Usage]:
        """See `Reader`."""
        sure, _ = self.rules.read(views, stop)
        further, usage = self.model.read(views, stop, heard)
        return [_together(rules, model) for rules, model in zip(sure, further, strict=True)], usage


def _together(rules: Read, model: Read) -> Read:
    """Nothing of an article that the model could not read is kept: its ledger line says that it failed."""
    if model.failure:
        return model
    kept = tuple(item for item in model.evidence if not _contradicts(item, rules.evidence))
    return Read(rules.evidence + kept, model.gaps)


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
