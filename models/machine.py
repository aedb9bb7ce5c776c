"""What this machine has, and what a model takes of it: told before anything is loaded."""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from casebrief.models.catalog import Form
from casebrief.models.engine import EngineConfig
from casebrief.models.errors import EngineError
from casebrief.models.header import Header, header
from casebrief.models.system import processor_told

CHUNK = 512
"""Tokens that the engine evaluates in one call at most."""

OUTPUTS = 128
"""Tokens of a call that may have logits: what the buffer for them is bounded by."""

WINDOW, OVERLAP = 768, 192
"""Tokens that an engine with heads reads in one call at most, and those that two neighbouring calls share."""

CELLLESS = "llama-embed"
"""The architecture whose graph keeps no cells and computes no logits: for labels alone."""

Blocks = dict[int, tuple[int, int]]
"""By ggml's number of a type: weights in a block, and bytes that a block takes in the second copy."""

_AMX: Blocks = {1: (1, 2), 2: (32, 18), 3: (32, 20), 8: (32, 38), 12: (256, 148), 13: (256, 180), 14: (256, 210), 23: (256, 138)}
"""F16, Q4_0, Q4_1, Q8_0, Q4_K, Q5_K, Q6_K, IQ4_XS (llama.cpp, ggml-cpu/amx); Q8_0, Q4_K, Q5_K and IQ4_XS grow by sums that AMX needs beside them."""

_INTERLEAVED_ON_X86: Blocks = {2: (32, 18), 10: (256, 84), 12: (256, 144), 20: (32, 18), 39: (32, 17)}
"""Q4_0, Q2_K, Q4_K, IQ4_NL, MXFP4: rows interleaved for AVX2 and AVX-512 (llama.cpp, ggml-cpu/repack.cpp)."""

_INTERLEAVED_ELSEWHERE: Blocks = _INTERLEAVED_ON_X86 | {8: (32, 34), 13: (256, 176), 14: (256, 210)}
"""On Arm and RISC-V also Q8_0, Q5_K and Q6_K."""


@dataclass(frozen=True)
class Budget:
    """Bytes that a model takes at most.

    Its weights (mapped from their file), their second copy in the order that this processor multiplies fastest, its context's
    cells, and what a call computes in.
    """

    weights: int
    repacked: int
    cells: int
    buffers: int

    @property
    def total(self) -> int:
        return self.weights + self.repacked + self.cells + self.buffers

    def __str__(self) -> str:
        parts = (("weights", self.weights), ("repacked", self.repacked), ("cells", self.cells), ("buffers", self.buffers))
        return f"{_mb(self.total)} ({', '.join(f'{name} {_mb(size)}' for name, size in parts)})"


def budget(config: EngineConfig) -> Budget:
    """What a model will take, from its file's header. Raises `casebrief.models.errors.NotAModel` when the file is none.

    Cells hold a key and a value of 16 bits a layer and head. For answers a call's largest part are the attention's scores (heads x tokens of
    a call x cells, 32 bits, twice) and the logits of `OUTPUTS` tokens; for labels, where attention keeps no scores, the logits of all its
    tokens.
    """
    told = header(Path(config.path))
    head = told.values
    layers, width, heads = (int(_largest(head[key])) for key in ("block_count", "embedding_length", "attention.head_count"))
    kv_heads = int(_largest(head.get("attention.head_count_kv", heads)))
    key = int(head.get("attention.key_length", width // heads))
    value = int(head.get("attention.value_length", width // heads))
    inner = int(_largest(head["feed_forward_length"]))
    cellless = head.get("architecture") == CELLLESS
    cells = 0 if cellless else min(WINDOW if config.heads else config.context_tokens, int(head["context_length"]))
    # For labels, llama.cpp hands over logits in a buffer for all tokens, even where it computes none; where it does, in a second one.
    tokens, outputs = (WINDOW, WINDOW if cellless else 2 * WINDOW) if config.heads else (CHUNK, OUTPUTS)
    scores = 0 if config.heads else 2 * 4 * heads * CHUNK * cells
    return Budget(
        weights=sum(Path(file).stat().st_size for file in (config.path, *config.adapters, config.heads) if file),
        repacked=repacked(told, blocks_here()) if config.extra_buffers else 0,
        cells=2 * layers * cells * kv_heads * (key + value),
        buffers=scores + 4 * tokens * (2 * inner + 4 * width) + 4 * outputs * told.vocabulary,
    )


def repacked(told: Header, blocks: Blocks) -> int:
    """Bytes of the second copy that llama.cpp makes of matrices that it multiplies with (its ``use_extra_bufts``); the first stays mapped.

    The embeddings are looked up, not multiplied with, unless they are the output's weights too.
    """
    own_output = any(tensor.name == "output.weight" for tensor in told.tensors)
    matrices = (
        tensor for tensor in told.tensors if len(tensor.shape) > 1 and tensor.kind in blocks and not (own_output and tensor.name == "token_embd.weight")
    )
    return sum(math.prod(tensor.shape) // blocks[tensor.kind][0] * blocks[tensor.kind][1] for tensor in matrices)


def blocks_here() -> Blocks:
    """What is repacked on this machine, by a build for it; a build for older processors repacks less."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return _INTERLEAVED_ELSEWHERE
    return _INTERLEAVED_ON_X86 | _AMX if {"amx_int8", "avx512_vnni"} <= processor_flags() else _INTERLEAVED_ON_X86


def refuse_if_too_large(config: EngineConfig) -> Budget:
    """The budget. Raises `EngineError`, with the numbers, when the machine has less memory at hand, and `casebrief.models.errors.NotAModel`."""
    needed, at_hand = budget(config), available()
    if needed.total > at_hand:
        told = f"{config.model} takes {needed}, and {_mb(at_hand)} are at hand"
        raise EngineError(f"{told}; lower CASEBRIEF_CONTEXT_TOKENS (now {config.context_tokens}) or take a smaller model")
    return needed


def available() -> int:
    """Bytes of memory that may be taken without swapping."""
    return int(psutil.virtual_memory().available)


def likely_form() -> Form:
    """The form of merged weights that is likely the fastest here, where none was tried (`casebrief.models.trial`).

    16 bits where the processor multiplies them natively (on x86 AVX-512 BF16, on Arm BF16) and has no AMX, for which llama.cpp
    multiplies 8 bits; else 8.
    """
    flags = processor_flags()
    native = "avx512_bf16" in flags or "bf16" in flags
    return "bf16" if native and "amx_int8" not in flags else "q8_0"


def processor_flags() -> frozenset[str]:
    """What Linux says that the processor can; nothing elsewhere."""
    return frozenset(" ".join(processor_told("flags", "Features")).split())


def processor_name() -> str:
    """The processor's name, as far as the system tells one."""
    return next(iter(processor_told("model name")), "") or platform.processor() or platform.machine()


def _largest(value: Any) -> Any:
    return max(value) if isinstance(value, list) else value


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
