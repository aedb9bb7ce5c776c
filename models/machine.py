"""What this machine has, and what a model takes of it: told before anything is loaded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil
from casebrief.models.catalog import Form
from casebrief.models.engine import EngineConfig
from casebrief.models.errors import EngineError

CHUNK = 512
"""Tokens that the engine evaluates in one call at most."""

OUTPUTS = 128
"""Tokens of a call that may have logits: what the buffer for them is bounded by."""

_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9

_WANTED = ("block_count", "embedding_length", "feed_forward_length", "attention.head_count", "context_length")


@dataclass(frozen=True)
class Budget:
    """Bytes that a model takes at most: its weights (mapped from their file), its context's cells, and what a call computes in."""

    weights: int
    cells: int
    buffers: int

    @property
    def total(self) -> int:
        return self.weights + self.cells + self.buffers

    def __str__(self) -> str:
        parts = (("weights", self.weights), ("cells", self.cells), ("buffers", self.buffers))
        return f"{_mb(self.total)} ({', '.join(f'{name} {_mb(size)}' for name, size in parts)})"


def budget(config: EngineConfig) -> Budget:
    """What a model will take, from its file's header. Raises `EngineError` when the file is no GGUF.

    Cells hold a key and a value of 16 bits a layer and head; a call's largest part are the attention's scores (heads x tokens of a
    call x cells, 32 bits, twice) and the logits of `OUTPUTS` tokens.
    """
    head = header(Path(config.path))
    layers, width, heads = (int(_largest(head[key])) for key in ("block_count", "embedding_length", "attention.head_count"))
    kv_heads = int(_largest(head.get("attention.head_count_kv", heads)))
    key = int(head.get("attention.key_length", width // heads))
    value = int(head.get("attention.value_length", width // heads))
    cells = min(config.context_tokens, int(head["context_length"]))
    inner = int(_largest(head["feed_forward_length"]))
    scores = 2 * 4 * heads * CHUNK * cells
    return Budget(
        weights=Path(config.path).stat().st_size + sum(Path(adapter).stat().st_size for adapter in config.adapters),
        cells=2 * layers * cells * kv_heads * (key + value),
        buffers=scores + 4 * CHUNK * (2 * inner + 4 * width) + 4 * OUTPUTS * int(head["vocabulary"]),
    )


def refuse_if_too_large(config: EngineConfig) -> Budget:
    """The budget. Raises `EngineError`, with the numbers, when the machine has less memory at hand."""
    needed, at_hand = budget(config), available()
    if needed.total > at_hand:
        told = f"{config.model} takes {needed}, and {_mb(at_hand)} are at hand"
        raise EngineError(f"{told}; lower CASEBRIEF_CONTEXT_TOKENS (now {config.context_tokens}) or take a smaller model")
    return needed


def available() -> int:
    """Bytes of memory that may be taken without swapping."""
    return int(psutil.virtual_memory().available)


def best_form() -> Form:
    """Merged weights in 16 bits where the processor multiplies them natively, else in 8: on x86 AVX-512 BF16, on Arm BF16."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return "q8_0"
    return "bf16" if "avx512_bf16" in flags or "bf16" in flags else "q8_0"


def header(path: Path) -> dict[str, Any]:
    """What a GGUF file's header says of its architecture, keys without the architecture's name; ``vocabulary`` is its number of tokens.

    Reads no further than needed: a vocabulary takes seconds to read whole. Raises `EngineError` when the file is no GGUF.
    """
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"GGUF":
                raise EngineError(f"{path} is no model: it does not begin like a GGUF file")
            _version, _tensors, entries = struct.unpack("<IQQ", stream.read(20))
            for _ in range(entries):
                key = _text(stream)
                short = key.partition(".")[2]
                kind = _read(stream, "<I")
                if key == "tokenizer.ggml.tokens":
                    inner, found["vocabulary"] = _array(stream)
                    if all(wanted in found for wanted in _WANTED):
                        break
                    for _ in range(found["vocabulary"]):
                        _value(stream, inner)
                else:
                    found[short] = _value(stream, kind)
    except (struct.error, OSError, KeyError, MemoryError, OverflowError) as error:
        raise EngineError(f"{path} is no model that can be read: {error}") from error
    missing = [key for key in (*_WANTED, "vocabulary") if key not in found]
    if missing:
        raise EngineError(f"{path} is no model that reads: its header does not tell {', '.join(missing)}")
    return found


def _value(stream: IO[bytes], kind: int) -> Any:
    if kind == _STRING:
        return _text(stream)
    if kind == _ARRAY:
        inner, count = _array(stream)
        return [_value(stream, inner) for _ in range(count)]
    return _read(stream, _NUMBERS[kind])


def _array(stream: IO[bytes]) -> tuple[int, int]:
    """An array's element type and length; its elements come next."""
    return _read(stream, "<I"), _read(stream, "<Q")


def _text(stream: IO[bytes]) -> str:
    size = _read(stream, "<Q")
    if size > 1 << 24:
        raise EngineError("no model: a text of more than 16 MB in its header")
    return stream.read(size).decode("utf-8", errors="replace")


def _read(stream: IO[bytes], form: str) -> Any:
    return struct.unpack(form, stream.read(struct.calcsize(form)))[0]


def _largest(value: Any) -> Any:
    return max(value) if isinstance(value, list) else value


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
