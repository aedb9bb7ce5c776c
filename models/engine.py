"""The engine port: documents, and what a model makes of them: answers to questions under constraints, or labels on their words.

An engine that answers reads a document once and decodes the answers to its questions together, beside those to other documents. An engine
that labels reads a document once, every token in sight of every other, and decodes nothing. One engine does one of the two: what is
loaded with heads labels. Nothing here depends on llama.cpp; adapters are the in-process engines (`llama`, `labels`), the supervised
worker (`supervisor`) and the fake (`fake`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from operator import mul
from typing import Literal, Protocol

from casebrief.models.constraints import Constraint
from casebrief.models.errors import BY_NAME, EngineError

Finish = Literal["stop", "length"]

Document = tuple[str, ...]
"""A text in passages."""


@dataclass(frozen=True)
class Question:
    """One question about the document of its batch; ``max_tokens`` bounds the answer, forced tokens included.

    ``after`` is the number of passages that have been read when it is asked; ``None`` means all. ``text`` may be empty
    where the instructions say what is asked.
    """

    id: str
    text: str
    constraint: Constraint
    max_tokens: int
    after: int | None = None


@dataclass(frozen=True)
class Batch:
    """``instructions`` are ours, ``document`` is the client's text in passages, ``questions`` are decoded together."""

    instructions: str
    document: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Answer:
    """What the model answered to one question.

    ``logprobs`` holds one natural-log probability a chosen token, renormalised over the tokens the constraint allowed;
    forced tokens have none. ``starts`` says for each of them where in ``text`` its token begins (characters).
    ``finish`` is "length" when ``max_tokens`` cut the answer off: it must not be used.
    """

    question: str
    text: str
    logprobs: tuple[float, ...]
    starts: tuple[int, ...]
    tokens: int
    forced: int
    finish: Finish


@dataclass(frozen=True)
class Usage:
    """Where the time of a job went, and what it took.

    Seconds: the native library at prompts and at answers, and the constraints' library. What is evaluated for several jobs
    in one call is shared out by tokens. Tokens: of the prompts evaluated and reused, answered, forced by a constraint, drafted
    from the source and of these right. ``decode_steps`` are calls from whose logits tokens of its answers were chosen.
    """

    prefill_s: float = 0.0
    decode_s: float = 0.0
    constraints_s: float = 0.0
    prompt_tokens: int = 0
    prompt_tokens_reused: int = 0
    output_tokens: int = 0
    forced_tokens: int = 0
    drafted_tokens: int = 0
    drafted_right: int = 0
    decode_steps: int = 0
    forks: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Reading:
    """The answers to one batch in the order of its questions, or the error that concerns this batch alone."""

    answers: tuple[Answer, ...]
    error: str = ""
    message: str = ""

    def checked(self) -> tuple[Answer, ...]:
        """The answers. Raises the batch's `EngineError`."""
        if self.error:
            raise BY_NAME.get(self.error, EngineError)(self.message)
        return self.answers


@dataclass(frozen=True)
class Readings:
    """What came of a job: a reading for each of its batches, in their order."""

    readings: tuple[Reading, ...]
    usage: Usage


@dataclass(frozen=True)
class Place:
    """A place in a document: the passage, and how many code points of it lie before."""

    passage: int
    character: int


@dataclass(frozen=True)
class Mark:
    """Words that carry a label, half-open; marks of different labels may nest and cross, those of one label do not.

    ``probability`` is the model's, 0 to 1. ``members`` are the probabilities of the
    label's members, empty where it has none. ``vector`` has length 1 and stands for what the words state (`Sameness`); empty without such a head.
    """

    label: str
    start: Place
    end: Place
    probability: float
    members: dict[str, float]
    vector: tuple[float, ...]


@dataclass(frozen=True)
class Labelling:
    """The marks of one document by their starts, or the error that concerns this document alone.

    ``classes`` holds for each head over the whole document the probabilities of its classes; none for a document without tokens.
    """

    marks: tuple[Mark, ...]
    classes: dict[str, dict[str, float]]
    tokens: int
    error: str = ""
    message: str = ""

    def checked(self) -> Labelling:
        """Itself. Raises the document's `EngineError`."""
        if self.error:
            raise BY_NAME.get(self.error, EngineError)(self.message)
        return self


@dataclass(frozen=True)
class Labellings:
    """What came of a job: a labelling for each of its documents, in their order. Of the usage, prompt tokens and seconds of prefill are told."""

    labellings: tuple[Labelling, ...]
    usage: Usage


@dataclass(frozen=True)
class Sameness:
    """How two marks' vectors tell whether they state the same fact."""

    scale: float
    shift: float

    def probability(self, one: Sequence[float], other: Sequence[float]) -> float:
        """The probability, 0 to 1, that two vectors of length 1 stand for one fact.

        >>> Sameness(10, -5).probability((1.0, 0.0), (0.6, 0.8)) > 0.7
        True
        """
        assert len(one) == len(other)
        cosine = sum(map(mul, one, other))
        return 1 / (1 + math.exp(-(self.scale * cosine + self.shift)))


@dataclass(frozen=True)
class EngineInfo:
    """What runs.

    ``context_tokens`` is the room that one document and all its answers share, ``build`` what the native build can, ``adapters`` the
    SHA-256 of each adapter over the weights, ``heads`` that of the heads: empty for an engine that answers.
    """

    model: str
    model_sha256: str
    engine: str
    context_tokens: int
    threads: int
    build: str = ""
    notes: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()
    heads: str = ""
    sameness: Sameness | None = None

    @property
    def labels(self) -> bool:
        """Whether this engine labels; it does not answer then."""
        return bool(self.heads)


@dataclass(frozen=True)
class EngineConfig:
    """How to load a model. Sizes in tokens; ``threads`` 0 means one for each processor this process may use.

    ``path`` is the file that is loaded: the weights of ``sha256`` as they are, with ``adapters`` applied while it runs; or, where
    ``merged`` names a form and a checksum, with the adapters of ``adapter_sums`` already in it. ``tables`` is a folder for what is computed
    once of a vocabulary; without, nothing is kept. ``notes`` tell what is lesser in it. With ``heads``, the path of a heads file (`heads`) of ``heads_sha256``, the engine is opened
    for labels.
    """

    model: str
    path: str
    sha256: str
    chat_format: Literal["gguf", "plain"] = "gguf"
    context_tokens: int = 8192
    threads: int = 0
    n_gpu_layers: int = 0
    extra_buffers: bool = True
    adapters: tuple[str, ...] = ()
    adapter_sums: tuple[str, ...] = ()
    merged: str = ""
    tables: str = ""
    heads: str = ""
    heads_sha256: str = ""
    notes: tuple[str, ...] = ()


Stop = Callable[[], bool]
"""Asked before every call of the model: true ends the job with `Cancelled`."""


Heard = Callable[[int, int], None]
"""Told now and then how many questions of the job are answered, and how many there are; for labels, how many characters are read, and of how many.

The supervised engine also tells before anything is read; what is raised there ends the job."""


def never() -> bool:
    """The stop that never comes."""
    return False


def unheard(answered: int, of: int) -> None:
    """The progress that nobody watches."""


class Engine(Protocol):
    """A model that answers questions, or one that labels. Threads may share it: their jobs are worked on side by side."""

    @property
    def info(self) -> EngineInfo:
        """What runs. Raises `EngineUnavailable` when nothing does."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens off."""

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Readings:
        """Answer all questions of all batches.

        A batch that cannot be answered (`PromptTooLong`, `ConstraintRefused`) says so in its reading and leaves the others
        alone; so does each (`OutOfTime`) that is not answered when ``enough`` says that the time is over. Raises every other `EngineError`, `NotOffered`
        where the engine labels; never returns a part of a batch's answers.
        """

    def label(self, documents: Sequence[Document], stop: Stop = never, heard: Heard = unheard, enough: Stop = never) -> Labellings:
        """Label the words of all documents, in their order; a document may be of any length, and its cost grows with it.

        A document that cannot be labelled says so in its labelling and leaves the others alone; so does each (`OutOfTime`) that is not read when ``enough``
        says that the time is over. Raises every other `EngineError`, `NotOffered` where the engine answers; never returns a part of a document's labelling.
        """

    def close(self) -> None:
        """Let go of the model. A closed engine answers nothing."""
