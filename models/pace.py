"""How fast this machine reads a prompt with weights in one form: a process of its own, for `casebrief.models.trial`.

Reads an `EngineConfig` from standard input and writes one number: prompt tokens a second, of the best of a few passes over the same tokens.
On processors it is counted in the process's own processor time, so that a machine that is busy with something else says the same.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from casebrief.models.encoding import Encoder
from casebrief.models.engine import EngineConfig
from casebrief.models.native import Native
from casebrief.models.system import leave_no_core
from casebrief.models.weights import Weights
from pydantic import TypeAdapter

TOKENS = 256
"""Tokens of a pass."""

PASSES = 4
"""Passes, of which the first touches the weights and is not counted."""


def pace(config: EngineConfig) -> float:
    """Prompt tokens a second. Raises `casebrief.models.errors.EngineError` when the weights cannot be run."""
    native, read = _encoder(config) if config.heads else _decoder(config)
    # A GPU's work takes no processor time: there the clock on the wall decides.
    clock = time.perf_counter if config.n_gpu_layers else lambda: time.process_time() / native.threads
    took = []
    for _ in range(PASSES):
        began = clock()
        read()
        took.append(clock() - began)
    native.close()
    return TOKENS / min(took[1:])


def _decoder(config: EngineConfig) -> tuple[Weights, Callable[[], object]]:
    """As a prompt is read before an answer."""
    native = Native(replace(config, context_tokens=2 * TOKENS))
    entries = [(token, place, 0, False) for place, token in enumerate(_tokens(native))]

    def read() -> None:
        native.clear()
        native.evaluate(entries)

    return native, read


def _encoder(config: EngineConfig) -> tuple[Weights, Callable[[], object]]:
    """As a window is read for labels."""
    native = Encoder(config, TOKENS)
    tokens = _tokens(native)
    return native, lambda: native.hidden(tokens)


def _tokens(native: Weights) -> list[int]:
    return [7 * place % native.vocab_size for place in range(TOKENS)]


def main() -> None:
    """Measure once."""
    leave_no_core()
    # What native code prints goes to standard error.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sink.write(f"{pace(TypeAdapter(EngineConfig).validate_json(sys.stdin.buffer.read()))}\n")
    sink.flush()


if __name__ == "__main__":
    main()
