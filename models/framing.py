"""A batch in tokens: the model's own scaffold with control tokens, a client's text without any."""

from __future__ import annotations

from casebrief.models.chat import Scaffold, scaffold
from casebrief.models.engine import Batch, Question
from casebrief.models.native import Native


class Framing:
    """Tokenizes batches for one model; the scaffold of the newest instructions is kept."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._scaffolds: dict[str, Scaffold] = {}

    def prompt(self, batch: Batch) -> tuple[tuple[int, ...], list[list[int]], list[list[int]]]:
        """What stands before the batch's document, each passage of it, and what stands behind it for each question."""
        frame = self.scaffold(batch.instructions)
        passages = [self._native.tokenize(passage, special=False) for passage in batch.document]
        return tuple(self._opening(frame)), passages, [self._tail(frame, question) for question in batch.questions]

    def scaffold(self, instructions: str) -> Scaffold:
        """The model's chat template around instructions; see `chat`."""
        if instructions not in self._scaffolds:
            template = None if self._native.config.chat_format == "plain" else self._native.template()
            self._scaffolds = {instructions: scaffold(template, instructions, *self._native.edges())}
        return self._scaffolds[instructions]

    def _opening(self, frame: Scaffold) -> list[int]:
        tokens = self._native.tokenize(frame.before, special=True)
        begin = self._native.begin_token()
        return tokens if begin is None or tokens[:1] == [begin] else [begin, *tokens]

    def _tail(self, frame: Scaffold, question: Question) -> list[int]:
        return [
            *self._native.tokenize(frame.between, special=True),
            *self._native.tokenize(question.text, special=False),
            *self._native.tokenize(frame.after, special=True),
        ]
