"""An engine without a model: queued answers, for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from casebrief.models.engine import Answer, Batch, EngineInfo, Heard, Reading, Readings, Stop, Usage, never, unheard
from casebrief.models.errors import Cancelled, ConstraintRefused, EngineError, PromptTooLong


class FakeEngine:
    """Answers each batch with the next of ``script``: a mapping from question id to text, or an error.

    Questions that a mapping does not name are answered with "none"; after the script's end all are.
    A token is a run of four characters.
    """

    def __init__(self, script: Iterable[Mapping[str, str] | EngineError] = (), context_tokens: int = 8192, confidence: float = -0.01) -> None:
        self._script = deque(script)
        self._context_tokens, self._confidence = context_tokens, confidence
        self.batches: list[Batch] = []

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("fake", "0" * 64, "fake", self._context_tokens, 1)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """One token for every four characters begun."""
        return [(len(text) + 3) // 4 for text in texts]

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard) -> Readings:
        """The next answers of the script."""
        if stop():
            raise Cancelled("the job was taken back")
        readings = tuple(self._read(batch) for batch in batches)
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
        return Reading(tuple(Answer(question.id, scripted.get(question.id, "none"), (self._confidence,), (0,), 1, 0, "stop") for question in batch.questions))

    def close(self) -> None:
        """Nothing to let go of."""
