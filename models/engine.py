"""The engine port: documents, many questions about each, every one answered under a constraint.

An engine reads a document once and decodes the answers to its questions together, beside those to other documents. Nothing here depends on
llama.cpp; adapters are the in-process engine (`llama`), the supervised worker (`supervisor`) and the fake (`fake`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal, Protocol

from casebrief.models.constraints import Constraint
from casebrief.models.errors import BY_NAME, EngineError

Finish = Literal["stop", "length"]


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
class EngineInfo:
    """What runs.

    ``context_tokens`` is the room that one document and all its answers share, ``build`` what the native build can, ``adapters`` the
    SHA-256 of each adapter over the weights.
    """

    model: str
    model_sha256: str
    engine: str
    context_tokens: int
    threads: int
    build: str = ""
    notes: tuple[str, ...] = ()
    adapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineConfig:
    """How to load a model. Sizes in tokens; ``threads`` 0 means one for each processor this process may use.

    ``path`` is the file that is loaded: the weights of ``sha256`` as they are, with ``adapters`` applied while it runs; or, where
    ``merged`` names a form and a checksum, with the adapters of ``adapter_sums`` already in it. ``tables`` is a folder for what is computed
    once of a vocabulary; without, nothing is kept.
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


Stop = Callable[[], bool]
"""Asked before every token: true ends the job with `Cancelled`."""


Heard = Callable[[int, int], None]
"""Told now and then how many questions of the job are answered, and how many there are."""


def never() -> bool:
    """The stop that never comes."""
    return False


def unheard(answered: int, of: int) -> None:
    """The progress that nobody watches."""


class Engine(Protocol):
    """A model that answers questions. Threads may share it: their jobs are worked on side by side."""

    @property
    def info(self) -> EngineInfo:
        """What runs. Raises `EngineUnavailable` when nothing does."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens off."""

    def ask(self, batches: Sequence[Batch], stop: Stop = never, heard: Heard = unheard) -> Readings:
        """Answer all questions of all batches.

        A batch that cannot be answered (`PromptTooLong`, `ConstraintRefused`) says so in its reading and leaves the others
        alone. Raises every other `EngineError`; never returns a part of the answers.
        """

    def close(self) -> None:
        """Let go of the model. A closed engine answers nothing."""
