"""The vocabulary as the constraints' library wants it: the bytes of every token, kept on disk after the first time.

Asking llama.cpp token by token takes 0.13 s for 49k tokens and 0.7 s for 262k; the file is read in a few milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np
from casebrief.models.native import Native
from llguidance import LLTokenizer

LONGEST = 16 * 1024
"""Bytes of one token at most."""

SPECIAL = b"\xff"
"""What llguidance knows a control token by: it stands before the token's name."""


def tokenizer(native: Native, ends: Sequence[int]) -> LLTokenizer:
    """The tokenizer for constraints over a model's vocabulary; its table is kept where the configuration names a folder for it."""
    config = native.config
    path = Path(config.tables) / f"tokens-{config.sha256}.npz" if config.tables and config.sha256 else None
    tokens = _read(path) if path else None
    if tokens is None or len(tokens) != native.vocab_size:
        tokens = _table(native)
        if path:
            with contextlib.suppress(OSError):  # a folder that takes no file costs the time to make it again
                _write(path, tokens)
    tokenize = ctypes.cast(llama_cpp.llama_cpp._lib.llama_tokenize, ctypes.c_void_p).value  # noqa: SLF001 - llguidance's own way to it
    # Slices speed up masks for JSON strings; ours are words of a sentence, and without them this takes half the time.
    made: LLTokenizer = LLTokenizer.from_llamacpp(tokens=tokens, vocab_ptr=native.vocab, tokenize_fptr=tokenize, eos_token=list(ends), slices=[])  # type: ignore[attr-defined]
    return made


def _table(native: Native) -> list[bytes]:
    """The bytes of every token; those of control tokens are marked, so that no text can be taken for them."""
    buffer = ctypes.create_string_buffer(LONGEST)
    tokens = []
    for token in range(native.vocab_size):
        count = llama_cpp.llama_token_to_piece(native.vocab, token, buffer, LONGEST, 0, True)
        piece = buffer.raw[: max(0, count)]
        kind = llama_cpp.llama_token_get_attr(native.vocab, token)
        like_control = kind & llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED and piece.startswith(b"<") and piece.endswith(b">")
        tokens.append(SPECIAL + piece if kind & llama_cpp.LLAMA_TOKEN_ATTR_CONTROL or like_control else piece)
    return tokens


def _write(path: Path, tokens: Sequence[bytes]) -> None:
    joined, lengths = b"".join(tokens), np.array([len(token) for token in tokens], np.uint32)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="tokens-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, joined=np.frombuffer(joined, np.uint8), lengths=lengths, digest=np.frombuffer(_digest(joined, lengths), np.uint8))
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _read(path: Path) -> list[bytes] | None:
    """The table of a file; nothing where there is none, or one that is not whole."""
    try:
        with np.load(path, allow_pickle=False) as held:
            joined, lengths, digest = held["joined"].tobytes(), held["lengths"], held["digest"].tobytes()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if digest != _digest(joined, lengths):
        return None
    ends = np.cumsum(lengths)
    return [joined[end - length : end] for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)]


def _digest(joined: bytes, lengths: np.ndarray) -> bytes:
    return hashlib.sha256(joined + lengths.tobytes()).digest()
