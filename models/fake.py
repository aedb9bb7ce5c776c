"""An engine without a model: queued answers, for tests and for rules-only runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from casebrief.models.engine import Answer, Batch, EngineInfo, Reading, Stop, Usage, never
from casebrief.models.errors import Cancelled, EngineError


class FakeEngine:
    """Answers each batch with the next of ``script``: a mapping from question id to text, or an error to raise.

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

    def ask(self, batch: Batch, stop: Stop = never) -> Reading:
        """The next answers of the script."""
        if stop():
            raise Cancelled("the job was taken back")
        self.batches.append(batch)
        scripted = self._script.popleft() if self._script else {}
        if isinstance(scripted, EngineError):
            raise scripted
        answers = tuple(Answer(question.id, scripted.get(question.id, "none"), (self._confidence,), (0,), 1, 0, "stop") for question in batch.questions)
        return Reading(answers, Usage(prompt_tokens=sum(self.count_tokens(batch.document)), output_tokens=len(answers)))

    def close(self) -> None:
        """Nothing to let go of."""
