"""The engine port: one document, many questions about it, each answered under a constraint.

An engine reads the document once and decodes the answers to all questions together. Nothing here depends on
llama.cpp; adapters are the in-process engine (`llama`), the supervised worker (`supervisor`) and the fake (`fake`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from casebrief.models.constraints import Constraint

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
    forced tokens have none. ``starts`` says for each of them where in ``text`` its token begins (characters). ``finish`` is "length" when ``max_tokens`` cut the answer off: it must not be used.
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
    """Where the time of one batch went: seconds, and tokens evaluated, reused and answered."""

    prefill_s: float = 0.0
    decode_s: float = 0.0
    prompt_tokens: int = 0
    prompt_tokens_reused: int = 0
    output_tokens: int = 0
    decode_steps: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prefill_s + other.prefill_s,
            self.decode_s + other.decode_s,
            self.prompt_tokens + other.prompt_tokens,
            self.prompt_tokens_reused + other.prompt_tokens_reused,
            self.output_tokens + other.output_tokens,
            self.decode_steps + other.decode_steps,
        )


@dataclass(frozen=True)
class Reading:
    """The answers to a batch, in the order of its questions."""

    answers: tuple[Answer, ...]
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
    """How to load a model. Sizes in tokens; ``threads`` 0 means one for each processor this process may use."""

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


Stop = Callable[[], bool]
"""Asked before every token: true ends the job with `Cancelled`."""


def never() -> bool:
    """The stop that never comes."""
    return False


class Engine(Protocol):
    """A model that answers questions. One job at a time; calls from several threads wait for each other."""

    @property
    def info(self) -> EngineInfo:
        """What runs. Raises `EngineUnavailable` when nothing does."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens off."""

    def ask(self, batch: Batch, stop: Stop = never) -> Reading:
        """Answer all questions of a batch. Raises an `EngineError`; never returns a part of the answers."""

    def close(self) -> None:
        """Let go of the model. A closed engine answers nothing."""
