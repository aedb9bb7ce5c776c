"""What the answering engine works on: a caller's job, its documents, and the questions that are being answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from casebrief.models.engine import Answer, Batch, Finish, Question, Reading, Readings, Usage
from casebrief.models.errors import EngineError
from casebrief.models.work import Work
from llguidance import LLMatcher

DRAFT = 6
"""Tokens drafted for a fork at most."""


@dataclass(eq=False)
class Job(Work):
    """One caller's batches while they are answered."""

    documents: list[Asked] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return self.error is not None or all(document.done for document in self.documents)

    @property
    def progress(self) -> tuple[int, int]:
        """Questions that are answered, and how many there are."""
        return sum(len(document.answers) for document in self.documents), sum(len(document.batch.questions) for document in self.documents)

    def outcome(self) -> Readings:
        if self.error:
            raise self.error
        return Readings(tuple(document.reading() for document in self.documents), Usage(**self.counts))


@dataclass(eq=False)
class Asked:
    """A batch while it is answered: its tokens, where they lie, and what is still to be asked.

    ``opening`` are the tokens of the instructions, ``tokens`` those of the document, ``ends`` the positions behind each passage (the first behind
    no passage), ``tails`` the tokens of each question, ``pieces`` what is still to be read: tokens, the position of the first, their sequence.
    """

    job: Job
    batch: Batch
    opening: tuple[int, ...] = ()
    tokens: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    tails: list[list[int]] = field(default_factory=list)
    waiting: deque[int] = field(default_factory=deque)
    pieces: deque[tuple[Sequence[int], int, int]] = field(default_factory=deque)
    sequence: int = -1
    answers: dict[int, Answer] = field(default_factory=dict)
    error: EngineError | None = None

    @property
    def done(self) -> bool:
        return self.error is not None or len(self.answers) == len(self.batch.questions)

    def need(self, index: int) -> int:
        """Cells that a question takes at most."""
        return len(self.tails[index]) + self.batch.questions[index].max_tokens

    def place(self, question: Question) -> int:
        """The position behind the passage that a question is asked after."""
        return self.ends[-1 if question.after is None else question.after]

    def reading(self) -> Reading:
        if self.error:
            return Reading((), type(self.error).__name__, str(self.error))
        return Reading(tuple(self.answers[index] for index in range(len(self.batch.questions))))


@dataclass(eq=False)
class Fork:
    """A question while it is answered: its cells, its matcher, what it said so far and what it may say next.

    ``position`` is that of the next token to evaluate, ``pending`` are tokens that were said and not evaluated (the last ``prompted`` of a new fork's
    are its question), ``source`` those that may be copied, ``chosen_at`` the places among ``tokens`` of those that the model chose.
    """

    document: Asked
    index: int
    sequence: int
    position: int
    matcher: LLMatcher
    pending: list[int]
    source: list[int]
    draft: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    chosen_at: list[int] = field(default_factory=list)
    forced: int = 0
    prompted: int = 0
    trust: int = DRAFT
    finish: Finish | None = None

    @property
    def question(self) -> Question:
        return self.document.batch.questions[self.index]

    @property
    def left(self) -> int:
        """Tokens that the answer may still have."""
        return self.question.max_tokens - len(self.tokens)
