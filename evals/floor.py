"""What this build and machine can do at best, and what the engine makes of it: in a process of its own.

Reads one JSON object from standard input: ``config`` (an `EngineConfig`), ``batches`` (of one request) and ``repeat``. Writes one
JSON object, measured on the same tokens throughout; lists have ``repeat`` values.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from casebrief.models.engine import Batch, EngineConfig, Readings
from casebrief.models.llama import INSTRUCTIONS, LlamaEngine
from casebrief.models.machine import CHUNK, OUTPUTS
from pydantic import TypeAdapter

DOCUMENT, FIRST_FORK = 1, 2
WIDTHS = (1, 4, 8, 16, 32)
"""Sequences a step, for the floor of decoding."""

STEPS = 8


@dataclass(frozen=True)
class Call:
    """One operation on the native library; ``seconds`` is what an evaluation took."""

    name: str
    arguments: tuple[Any, ...]
    seconds: float = 0.0

    @property
    def is_prompt(self) -> bool:
        """Whether it evaluates a document: no logits are wanted."""
        return self.name == "evaluate" and not any(wanted for *_, wanted in self.arguments[0])


def recorded(engine: LlamaEngine, batches: list[Batch]) -> tuple[Readings, float, list[Call]]:
    """A job, its seconds, and all that it asked of the native library, in order."""
    calls: list[Call] = []
    native, names = engine.native, ("evaluate", "fork", "cut", "clear")

    def listening(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = time.perf_counter()
            result = act(*arguments)
            calls.append(Call(name, arguments, time.perf_counter() - began))
            return result

        return call

    for name in names:
        setattr(native, name, listening(name, getattr(native, name)))
    try:
        began = time.perf_counter()
        readings = engine.ask(batches)
        took = time.perf_counter() - began
    finally:
        for name in names:
            delattr(native, name)
    return readings, took, calls


def choosing(engine: LlamaEngine, calls: list[Call]) -> float:
    """Seconds to choose the likeliest of all tokens for as many logits as the calls gave: what decoding without constraints does."""
    logits = np.random.default_rng(0).standard_normal((OUTPUTS, engine.native.vocab_size), dtype=np.float32)
    began = time.perf_counter()
    for call in calls:
        if call.name == "evaluate" and not call.is_prompt:
            logits[: sum(wanted for *_, wanted in call.arguments[0])].argmax(axis=1)
    return time.perf_counter() - began


def unique_prompt_tokens(engine: LlamaEngine, batches: list[Batch]) -> int:
    """Distinct prefixes of all prompts of a request, the instructions not counted: what has to be evaluated at least."""
    seen: set[int] = set()
    for batch in batches:
        opening, passages, tails = engine.prompt(batch)
        for question, tail in zip(batch.questions, tails, strict=True):
            path = hash(tuple(opening))
            read = passages if question.after is None else passages[: question.after]
            for token in (token for part in (*read, tail) for token in part):
                path = hash((path, token))
                seen.add(path)
    return len(seen)


def raw_prompt(engine: LlamaEngine, batches: list[Batch]) -> tuple[float, int]:
    """Seconds and tokens of llama.cpp's own loop over the documents, one after the other."""
    native = engine.native
    opening, _, _ = engine.prompt(batches[0])
    native.clear()
    for start in range(0, len(opening), CHUNK):
        native.evaluate([(token, start + n, INSTRUCTIONS, False) for n, token in enumerate(opening[start : start + CHUNK])])
    took, count = 0.0, 0
    for batch in batches:
        tokens = [token for passage in engine.prompt(batch)[1] for token in passage]
        native.fork(INSTRUCTIONS, DOCUMENT, len(opening))
        began = time.perf_counter()
        for start in range(0, len(tokens), CHUNK):
            native.evaluate([(token, len(opening) + start + n, DOCUMENT, False) for n, token in enumerate(tokens[start : start + CHUNK])])
        took += time.perf_counter() - began
        count += len(tokens)
        native.cut(DOCUMENT)
    native.clear()
    return took, count


def raw_steps(engine: LlamaEngine, batch: Batch) -> dict[int, float]:
    """Seconds of one step by the number of sequences that share a document and say one token each."""
    native = engine.native
    opening, passages, _ = engine.prompt(batch)
    tokens = [*opening, *(token for passage in passages for token in passage)]
    native.clear()
    for start in range(0, len(tokens), CHUNK):
        native.evaluate([(token, start + n, INSTRUCTIONS, False) for n, token in enumerate(tokens[start : start + CHUNK])])
    found = {}
    for width in WIDTHS:
        forks = range(FIRST_FORK, FIRST_FORK + width)
        for fork in forks:
            native.fork(INSTRUCTIONS, fork, len(tokens))
        took = []
        for step in range(STEPS):
            began = time.perf_counter()
            native.evaluate([(tokens[(7 * fork + step) % len(tokens)], len(tokens) + step, fork, True) for fork in forks])
            took.append(time.perf_counter() - began)
        for fork in forks:
            native.cut(fork)
        found[width] = sorted(took)[STEPS // 2]
    native.clear()
    return found


def measure(config: EngineConfig, batches: list[Batch], repeat: int) -> dict[str, Any]:
    """Everything, `repeat` times in turn: what slows the machine meanwhile slows all of it."""
    engine = LlamaEngine(config)
    engine.ask(batches[:1])
    found: dict[str, Any] = {
        "unique_prompt_tokens": unique_prompt_tokens(engine, batches),
        "threads": engine.info.threads,
        "build": engine.info.build,
        "rounds": [],
    }
    for _ in range(repeat):
        raw_s, raw_tokens = raw_prompt(engine, batches)
        engine.forget()
        engine.ask(batches[:1])
        readings, whole_s, calls = recorded(engine, batches)
        at_documents = sum(call.seconds for call in calls if call.is_prompt)
        at_answers = sum(call.seconds for call in calls if not call.is_prompt)
        found["rounds"].append(
            {
                "raw_prompt_tokens_per_s": raw_tokens / raw_s,
                "prompt_tokens_per_s": readings.usage.prompt_tokens / readings.usage.prefill_s,
                "document_tokens_per_s": raw_tokens / at_documents,
                "constrained_s": whole_s - at_documents,
                "unconstrained_s": at_answers + choosing(engine, calls),
                "whole_s": whole_s,
                "usage": asdict(readings.usage),
            }
        )
        found["raw_step_s"] = raw_steps(engine, batches[0])
        engine.forget()
        engine.ask(batches[:1])
    engine.close()
    return found


def main() -> None:
    """Measure once."""
    asked = json.load(sys.stdin)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    config = TypeAdapter(EngineConfig).validate_python(asked["config"])
    batches = TypeAdapter(list[Batch]).validate_python(asked["batches"])
    json.dump(measure(config, batches, asked["repeat"]), sink)
    sink.flush()


if __name__ == "__main__":
    main()
