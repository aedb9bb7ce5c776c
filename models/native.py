"""The native library for answers: cells, forks, and calls that evaluate tokens. No questions, no scheduling.

Flash attention is off on the CPU: it gains a fifth of a prompt and costs batched decoding a factor of two; cells cannot be shared between
a context with it and one without (DECISIONS.md, 13).
"""

from __future__ import annotations

from collections.abc import Sequence

import llama_cpp
import numpy as np
from casebrief.models.engine import EngineConfig
from casebrief.models.machine import CHUNK, OUTPUTS
from casebrief.models.weights import Slots, Weights
from numpy.typing import NDArray

SEQUENCES = 96
"""Sequences that the context tells apart: the instructions', one a document, one a question."""

Entry = tuple[int, int, int, bool]
"""A token, its position, its sequence, and whether its logits are wanted."""


class Native(Weights):
    """A model with cells for many sequences, and the logits of their tokens."""

    libraries = ("llama-cpp-python", "llguidance")

    def __init__(self, config: EngineConfig) -> None:
        """Load the weights and open the context.

        Raises:
            AllocationRefused: the model or its context did not fit.
            EngineError: the file is no model that this build can run.

        """
        super().__init__(config)
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = self._trained(config.context_tokens)
        params.n_batch = params.n_ubatch = CHUNK
        params.n_seq_max = SEQUENCES
        params.n_outputs_max = OUTPUTS
        params.kv_unified = True
        params.flash_attn_type = -1 if config.n_gpu_layers else 0
        self._open(params)
        self._slots = Slots(CHUNK)

    # ------------------------------------------------------------------ special tokens

    def control_tokens(self) -> dict[int, str]:
        """Every control token of the vocabulary, by id, as it is spelled."""
        return {token: self.spelled(token) for token in range(self.vocab_size) if llama_cpp.llama_vocab_is_control(self.vocab, token)}

    def spelled(self, token: int) -> str:
        """A token's text in the vocabulary; empty for no token."""
        return (llama_cpp.llama_vocab_get_text(self.vocab, token) or b"").decode(errors="replace") if token >= 0 else ""

    def end_tokens(self) -> list[int]:
        """Every token that ends an answer."""
        ends = [token for token in range(self.vocab_size) if llama_cpp.llama_vocab_is_eog(self.vocab, token)]
        return ends or [llama_cpp.llama_vocab_eos(self.vocab)]

    def edges(self) -> tuple[str, str]:
        """How the tokens that begin and end a text are spelled."""
        return self.spelled(llama_cpp.llama_vocab_bos(self.vocab)), self.spelled(llama_cpp.llama_vocab_eos(self.vocab))

    def begin_token(self) -> int | None:
        """The token that every prompt begins with, where the model wants one."""
        return int(llama_cpp.llama_vocab_bos(self.vocab)) if llama_cpp.llama_vocab_get_add_bos(self.vocab) else None

    def template(self) -> str | None:
        """The chat template of the file's metadata."""
        template = llama_cpp.llama_model_chat_template(self._model, None)
        return template.decode() if template else None

    # ------------------------------------------------------------------ cells and calls

    def fork(self, source: int, target: int, length: int) -> None:
        """Let ``target`` share the first ``length`` cells of ``source``."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def cut(self, sequence: int, length: int = 0) -> None:
        """Keep the first ``length`` cells of a sequence."""
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, length, -1)

    def clear(self) -> None:
        """Forget all sequences."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def evaluate(self, entries: Sequence[Entry]) -> NDArray[np.float32] | None:
        """Evaluate at most `CHUNK` entries in one call; the logits of those that want them, a row each (valid until the next call).

        ``None`` when the call was aborted. Raises `PromptTooLong`, `AllocationRefused` or `EngineError`.
        """
        count = len(entries)
        table = np.array(entries, dtype=np.int32)
        slots = self._slots
        slots.tokens[:count], slots.positions[:count], slots.sequences[:count], slots.wanted[:count] = table.T
        slots.batch.n_tokens = count
        if not self._call(llama_cpp.llama_decode, slots.batch):
            return None
        rows = int(table[:, 3].sum())
        if not rows:
            # Without logits to fetch nothing waits for the call's end.
            llama_cpp.llama_synchronize(self._context)
            return np.empty((0, self.vocab_size), np.float32)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits(self._context), shape=(rows, self.vocab_size))
