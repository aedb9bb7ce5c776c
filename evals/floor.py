"""The floor of labelling: the same windows of tokens through the native library alone, no heads, no rules. In a process of its own.

Reads one JSON object from standard input: ``config`` (an `EngineConfig`) and ``articles`` (`Submitted`). Writes one: ``tokens`` and ``seconds``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence

from casebrief.models.engine import EngineConfig
from casebrief.models.labels import LabelEngine
from casebrief.service.pipeline.articles import Submitted
from casebrief.service.pipeline.gathering import Belief
from casebrief.service.pipeline.labelled import LabelReader
from pydantic import TypeAdapter


def windows_of(engine: LabelEngine, articles: Sequence[Submitted]) -> list[list[int]]:
    """The tokens of every call that the reader makes of the model, in order."""
    calls: list[list[int]] = []
    hidden = engine.native.hidden

    def listening(tokens: Sequence[int]) -> object:
        calls.append([*tokens])
        return hidden(tokens)

    setattr(engine.native, "hidden", listening)  # noqa: B010 - a method, for as long as one reading takes
    # What is believed of the marks changes no call.
    LabelReader(engine, Belief(lambda field: None, lambda field, probability: probability)).read(articles)
    del engine.native.hidden
    return calls


def measure(config: EngineConfig, articles: Sequence[Submitted]) -> dict[str, float]:
    """Tokens and seconds; the reading that tells the tokens has touched the weights before."""
    engine = LabelEngine(config)
    calls = windows_of(engine, articles)
    began = time.perf_counter()
    for tokens in calls:
        engine.native.hidden(tokens)
    took = time.perf_counter() - began
    engine.close()
    return {"tokens": sum(map(len, calls)), "seconds": took}


def main() -> None:
    """Measure once."""
    asked = json.load(sys.stdin)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    config = TypeAdapter(EngineConfig).validate_python(asked["config"])
    articles = TypeAdapter(list[Submitted]).validate_python(asked["articles"])
    json.dump(measure(config, articles), sink)
    sink.flush()


if __name__ == "__main__":
    main()
