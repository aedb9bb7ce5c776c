"""The native library for labels: the hidden states of a run of tokens, each with all others in sight.

Flash attention is on: with 500 tokens in sight it is a third faster, with a few as fast. A call for each run: from 64 tokens on, several in one
call were never faster, and attention would run over all of them (DECISIONS.md, 17).
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import llama_cpp
import numpy as np
from casebrief.models.engine import EngineConfig
from casebrief.models.errors import EngineError
from casebrief.models.machine import CELLLESS
from casebrief.models.weights import Slots, Weights
from numpy.typing import NDArray

FEWEST = 256
"""Cells of a context that uses none."""

PIECE = 1024
"""Bytes of one token at most."""


class Encoder(Weights):
    """A model that sees up to ``window`` tokens at once."""

    def __init__(self, config: EngineConfig, window: int) -> None:
        """Load the weights and open the context. A file of the architecture `CELLLESS` (`merging` writes it) is read a tenth to a quarter faster.

        Raises:
            AllocationRefused: the model or its context did not fit.
            EngineError: the file is no model that this build can run.

        """
        super().__init__(config)
        self.window = self._trained(window)
        self.width: int = llama_cpp.llama_model_n_embd_out(self._model)
        self._cellless = self._told("general.architecture") == CELLLESS
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = FEWEST if self._cellless else self.window
        params.n_batch = params.n_ubatch = params.n_outputs_max = self.window
        params.n_seq_max = 1
        params.embeddings = True
        params.pooling_type = llama_cpp.LLAMA_POOLING_TYPE_NONE
        params.attention_type = llama_cpp.LLAMA_ATTENTION_TYPE_NON_CAUSAL
        params.flash_attn_type = -1 if config.n_gpu_layers else 1
        self._open(params)
        self._slots = Slots(self.window)
        self._slots.wanted[:] = 1
        self._slots.positions[:] = np.arange(self.window)
        self._sizes: dict[int, int] = {}

    def _told(self, key: str) -> str:
        buffer = ctypes.create_string_buffer(PIECE)
        llama_cpp.llama_model_meta_val_str(self._model, key.encode(), buffer, PIECE)
        return buffer.value.decode(errors="replace")

    def pieces(self, text: str) -> tuple[list[int], list[int]]:
        """A text's tokens, none of them special, and how many of its UTF-8 bytes each covers.

        Raises `EngineError` when the tokenizer changes the text: then no token has a place in it.
        """
        tokens = self.tokenize(text, special=False)
        sizes = [self._size(token) for token in tokens]
        if sum(sizes) != len(text.encode()):
            raise EngineError("the model's tokenizer does not keep the bytes of a text, so that its tokens have no places")
        return tokens, sizes

    def _size(self, token: int) -> int:
        if token not in self._sizes:
            buffer = ctypes.create_string_buffer(PIECE)
            self._sizes[token] = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, PIECE, 0, True)
        return self._sizes[token]

    def hidden(self, tokens: Sequence[int]) -> NDArray[np.float32] | None:
        """The hidden states behind the last norm of at most ``window`` tokens, tokens x width (valid until the next call).

        ``None`` when the call was aborted. Raises `AllocationRefused` or `EngineError`.
        """
        self._slots.tokens[: len(tokens)] = tokens
        self._slots.batch.n_tokens = len(tokens)
        if not self._cellless:
            llama_cpp.llama_memory_clear(self._memory, False)
        if not self._call(llama_cpp.llama_encode if self._cellless else llama_cpp.llama_decode, self._slots.batch):
            return None
        return np.ctypeslib.as_array(llama_cpp.llama_get_embeddings(self._context), shape=(len(tokens), self.width))
