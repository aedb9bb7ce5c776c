"""The native library: weights, one context, vocabulary, and calls that evaluate tokens. No questions, no scheduling.

Everything here is llama.cpp's low-level interface. Flash attention is off on the CPU: it gains a fifth of a prompt and costs
batched decoding a factor of two; cells cannot be shared between a context with it and one without (DECISIONS.md, 13).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import llama_cpp
import numpy as np
from casebrief.models.engine import EngineConfig, EngineInfo
from casebrief.models.errors import AllocationRefused, EngineError, PromptTooLong
from casebrief.models.machine import CHUNK, OUTPUTS
from numpy.typing import NDArray

SEQUENCES = 96
"""Sequences that the context tells apart: the instructions', one a document, one a question."""

Entry = tuple[int, int, int, bool]
"""A token, its position, its sequence, and whether its logits are wanted."""

_silent = llama_cpp.llama_log_callback(lambda level, text, data: None)


class Native:
    """A GGUF model on llama.cpp. Not safe for threads, but for `abort`."""

    def __init__(self, config: EngineConfig) -> None:
        """Load the weights and open the context.

        Raises:
            AllocationRefused: the model or its context did not fit.
            EngineError: the file is no model that this build can run.

        """
        self.config = config
        self.threads = config.threads or _processors()
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self._model = self._load()
        self.vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocab_size: int = llama_cpp.llama_vocab_n_tokens(self.vocab)
        self._context = self._open_context()
        self.room: int = llama_cpp.llama_n_ctx(self._context)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._load_adapters()
        self._batch, self._slots = _empty_batch()

    # ------------------------------------------------------------------ loading

    def _load(self) -> Any:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self.config.n_gpu_layers
        params.use_extra_bufts = self.config.extra_buffers
        model = llama_cpp.llama_model_load_from_file(self.config.path.encode(), params)
        if not model:
            raise EngineError(f"{self.config.path} is no model that this build can load")
        return model

    def _open_context(self) -> Any:
        params = llama_cpp.llama_context_default_params()
        trained = llama_cpp.llama_model_n_ctx_train(self._model)
        params.n_ctx = min(self.config.context_tokens, trained) if trained > 0 else self.config.context_tokens
        params.n_batch = params.n_ubatch = CHUNK
        params.n_seq_max = SEQUENCES
        params.n_outputs_max = OUTPUTS
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = self.threads
        params.flash_attn_type = -1 if self.config.n_gpu_layers else 0
        context = llama_cpp.llama_init_from_model(self._model, params)
        if not context:
            raise AllocationRefused(f"no memory for a context of {params.n_ctx} tokens; lower context_tokens")
        # llama.cpp asks before every node of its graph: a C function that reads a flag costs nothing, a Python one a tenth of a step.
        self._flag = ctypes.create_string_buffer(2)
        self._asked = ctypes.cast(ctypes.CDLL(None).strlen, llama_cpp.ggml_abort_callback)
        llama_cpp.llama_set_abort_callback(context, self._asked, ctypes.cast(self._flag, ctypes.c_void_p))
        return context

    def _load_adapters(self) -> None:
        adapters = []
        for path in self.config.adapters:
            adapter = llama_cpp.llama_adapter_lora_init(self._model, path.encode())
            if not adapter:
                raise EngineError(f"{path} is no adapter for {self.config.model}")
            adapters.append(adapter)
        if adapters:
            pointers = (llama_cpp.llama_adapter_lora_p_ctypes * len(adapters))(*adapters)
            scales = (ctypes.c_float * len(adapters))(*([1.0] * len(adapters)))
            llama_cpp.llama_set_adapters_lora(self._context, pointers, len(adapters), scales)

    def info(self) -> EngineInfo:
        """What runs."""
        return EngineInfo(
            model=self.config.model,
            model_sha256=self.config.sha256,
            engine=f"llama-cpp-python {version('llama-cpp-python')}, llguidance {version('llguidance')}{self.config.merged and f', weights {self.config.merged}'}",
            context_tokens=self.room,
            threads=self.threads,
            build=llama_cpp.llama_print_system_info().decode().strip(" |"),
            adapters=self.config.adapter_sums,
            notes=() if self.config.extra_buffers else ("running without extra buffers: prompts are read slower",),
        )

    def close(self) -> None:
        """Free context and weights."""
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    # ------------------------------------------------------------------ text and tokens

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of a text; ``special`` is for our scaffold only, never for what a client wrote."""
        data = text.encode()
        size = len(data) + 16
        buffer = (llama_cpp.llama_token * size)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), buffer, size, False, special)
        if count < 0:
            raise EngineError("the tokenizer needs more room than the text has bytes")
        return list(buffer[:count])

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

    def abort(self) -> None:
        """Ask the running call to end at once; may come from another thread."""
        self._flag[0] = b"\x01"

    def evaluate(self, entries: Sequence[Entry]) -> NDArray[np.float32] | None:
        """Evaluate at most `CHUNK` entries in one call; the logits of those that want them, a row each (valid until the next call).

        ``None`` when the call was aborted. Raises `PromptTooLong`, `AllocationRefused` or `EngineError`.
        """
        count = len(entries)
        table = np.array(entries, dtype=np.int32)
        slots = self._slots
        slots.tokens[:count], slots.positions[:count], slots.sequences[:count], slots.wanted[:count] = table.T
        self._batch.n_tokens = count
        self._flag[0] = b"\0"
        status = llama_cpp.llama_decode(self._context, self._batch)
        if status == 2:
            return None
        if status == 1:
            raise PromptTooLong("the context has no room for the next tokens")
        if status == -2:
            raise AllocationRefused("llama.cpp was refused memory")
        if status != 0:
            raise EngineError(f"llama_decode failed with status {status}")
        rows = int(table[:, 3].sum())
        if not rows:
            # Without logits to fetch nothing waits for the call's end.
            llama_cpp.llama_synchronize(self._context)
            return np.empty((0, self.vocab_size), np.float32)
        return np.ctypeslib.as_array(llama_cpp.llama_get_logits(self._context), shape=(rows, self.vocab_size))


class _Slots:
    """Numpy's view of a native batch: filled by slices, not value by value."""

    def __init__(self) -> None:
        self.tokens, self.positions, self.sequences = (np.zeros(CHUNK, np.int32) for _ in range(3))
        self.counts, self.wanted = np.ones(CHUNK, np.int32), np.zeros(CHUNK, np.int8)


def _empty_batch() -> tuple[Any, _Slots]:
    """A batch of `CHUNK` entries, each in one sequence, over arrays that live as long as it."""
    slots = _Slots()

    def pointer(array: NDArray[Any], kind: Any) -> Any:
        return array.ctypes.data_as(ctypes.POINTER(kind))

    each = (ctypes.POINTER(llama_cpp.llama_seq_id) * CHUNK)(*(pointer(slots.sequences[place:], llama_cpp.llama_seq_id) for place in range(CHUNK)))
    batch = llama_cpp.llama_batch(
        n_tokens=0,
        token=pointer(slots.tokens, llama_cpp.llama_token),
        embd=None,
        pos=pointer(slots.positions, llama_cpp.llama_pos),
        n_seq_id=pointer(slots.counts, ctypes.c_int32),
        seq_id=each,
        logits=pointer(slots.wanted, ctypes.c_int8),
    )
    return batch, slots


def _processors() -> int:
    """Processors that this process may use; not all systems tell of an affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
