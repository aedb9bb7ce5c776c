"""An engine without a model: queued answers and labellings, for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from casebrief.models.constraints import NOTHING, Facts
from casebrief.models.engine import (
    Answer,
    Batch,
    Document,
    EngineInfo,
    Heard,
    Labelling,
    Labellings,
    Reading,
    Readings,
    Sameness,
    Stop,
    Usage,
    never,
    unheard,
)
from casebrief.models.errors import Cancelled, ConstraintRefused, EngineError, NotOffered, OutOfTime, PromptTooLong

NO_FACTS = '{"facts": []}'


class FakeEngine:
    """Answers each batch with the next of ``script``: a mapping from question id to text, or an error.

    Questions that a mapping does not name are answered with nothing, as their constraint has it; after the script's end all are. With ``labellings`` it labels instead:
    each document takes the next of them, or the error; after their end nothing is marked. A token is a run of four characters.
    """

    def __init__(
        self,
        script: Iterable[Mapping[str, str] | EngineError] = (),
        context_tokens: int = 8192,
        confidence: float = -0.01,
        labellings: Iterable[Labelling | EngineError] | None = None,
        sameness: Sameness | None = None,
    ) -> None:
        self._script, self._labellings = deque(script), None if labellings is None else deque(labellings)
        self._context_tokens, self._confidence, self._sameness = context_tokens, confidence, sameness
        self.batches: list[Batch] = []
        self.documents: list[Document] = []

    @property
    def info(self) -> EngineInfo:
        heads = "" if self._labellings is None else "0" * 64
        return EngineInfo("fake", "0" * 64, "fake", self._context_tokens, 1, heads=heads, sameness=self._sameness)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """One token for every four characters begun."""
        return [(len(text) + 3) // 4 for text in texts]

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """The next answers of the script."""
        if self._labellings is not None:
            raise NotOffered.answers()
        if stop():
            raise Cancelled("the job was taken back")
        late = OutOfTime()
        readings = tuple(Reading((), type(late).__name__, str(late)) if enough() else self._read(batch) for batch in batches)
        answered = sum(len(reading.answers) for reading in readings)
        heard(answered, sum(len(batch.questions) for batch in batches))
        tokens = sum(sum(self.count_tokens(batch.document)) for batch in batches)
        return Readings(readings, Usage(prompt_tokens=tokens, output_tokens=answered))

    def _read(self, batch: Batch) -> Reading:
        self.batches.append(batch)
        scripted = self._script.popleft() if self._script else {}
        if isinstance(scripted, PromptTooLong | ConstraintRefused):
            return Reading((), type(scripted).__name__, str(scripted))
        if isinstance(scripted, EngineError):
            raise scripted
        told = {question.id: scripted.get(question.id, NO_FACTS if isinstance(question.constraint, Facts) else NOTHING) for question in batch.questions}
        return Reading(tuple(Answer(name, text, (self._confidence,), (0,), 1, 0, "stop") for name, text in told.items()))

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """The next labellings."""
        if self._labellings is None:
            raise NotOffered.labels()
        if stop():
            raise Cancelled("the job was taken back")
        late = OutOfTime()
        made = tuple(Labelling((), {}, 0, type(late).__name__, str(late)) if enough() else self._marked(document, self._labellings) for document in documents)
        characters = sum(len(passage) for document in documents for passage in document)
        heard(characters, characters)
        return Labellings(made, Usage(prompt_tokens=sum(labelling.tokens for labelling in made)))

    def _marked(self, document: Document, queued: deque[Labelling | EngineError]) -> Labelling:
        self.documents.append(document)
        scripted = queued.popleft() if queued else Labelling((), {}, sum(self.count_tokens(document)))
        if isinstance(scripted, EngineError):
            raise scripted
        return scripted

    def close(self) -> None:
        """Nothing to let go of."""
