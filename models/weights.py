"""The native library: a GGUF model's weights, its vocabulary, and one context over them; what is evaluated there is for `native` and `encoding`.

Everything here is llama.cpp's low-level interface.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from casebrief.models.engine import EngineConfig, EngineInfo
from casebrief.models.errors import AllocationRefused, EngineError, PromptTooLong
from casebrief.models.system import processors, strlen
from numpy.typing import NDArray

_silent = llama_cpp.llama_log_callback(lambda level, text, data: None)


def _load_backends() -> None:
    """A build for all processors (GGML_BACKEND_DL) has a file for each kind of them beside the library: the best for this one is loaded.

    llama.cpp alone would look for them beside the interpreter.
    """
    library = llama_cpp.llama_cpp._lib  # noqa: SLF001 - a second handle by path would be a second library, with a registry of its own
    count, load = (getattr(library, f"ggml_backend_{name}", None) for name in ("reg_count", "load_all_from_path"))
    if count and load and not count():
        load(str(Path(llama_cpp.__file__).parent / "lib").encode())


class Weights:
    """A GGUF model on llama.cpp. Not safe for threads, but for `abort`."""

    libraries: tuple[str, ...] = ("llama-cpp-python",)
    """Whose versions decide what comes out."""

    def __init__(self, config: EngineConfig) -> None:
        """Load the weights; `_open` opens the context. Raises `EngineError` when the file is no model that this build can run."""
        self.config = config
        self.threads = config.threads or processors()
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        _load_backends()
        llama_cpp.llama_backend_init()
        self._model = self._load()
        self.vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocab_size: int = llama_cpp.llama_vocab_n_tokens(self.vocab)

    # ------------------------------------------------------------------ loading

    def _load(self) -> Any:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self.config.n_gpu_layers
        params.use_extra_bufts = self.config.extra_buffers
        model = llama_cpp.llama_model_load_from_file(self.config.path.encode(), params)
        if not model:
            raise EngineError(f"{self.config.path} is no model that this build can load")
        return model

    def _trained(self, tokens: int) -> int:
        """As many tokens, or fewer where the model was trained on fewer."""
        trained = int(llama_cpp.llama_model_n_ctx_train(self._model))
        return min(tokens, trained) if trained > 0 else tokens

    def _open(self, params: Any) -> None:
        """Open the context, with the adapters. Raises `AllocationRefused` when it did not fit."""
        params.n_threads = params.n_threads_batch = self.threads
        self._context = llama_cpp.llama_init_from_model(self._model, params)
        if not self._context:
            raise AllocationRefused(f"no memory for a context of {params.n_ctx} tokens; lower context_tokens")
        # llama.cpp asks before every node of its graph: a C function that reads a flag costs nothing, a Python one a tenth of a step.
        self._flag = ctypes.create_string_buffer(2)
        self._asked = ctypes.cast(strlen(), llama_cpp.ggml_abort_callback)
        llama_cpp.llama_set_abort_callback(self._context, self._asked, ctypes.cast(self._flag, ctypes.c_void_p))
        self.room: int = llama_cpp.llama_n_ctx(self._context)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._load_adapters()

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
        parts = [f"{name} {version(name)}" for name in self.libraries]
        return EngineInfo(
            model=self.config.model,
            model_sha256=self.config.sha256,
            engine=", ".join([*parts, f"weights {self.config.merged}"] if self.config.merged else parts),
            context_tokens=self.room,
            threads=self.threads,
            build=llama_cpp.llama_print_system_info().decode().strip(" |"),
            adapters=self.config.adapter_sums,
            notes=self.config.notes + (() if self.config.extra_buffers else ("running without extra buffers: prompts are read slower",)),
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

    # ------------------------------------------------------------------ calls

    def abort(self) -> None:
        """Ask the running call to end at once; may come from another thread."""
        self._flag[0] = b"\x01"

    def _call(self, function: Callable[[Any, Any], int], batch: Any) -> bool:
        """Evaluate a batch; whether it was, and not aborted. Raises `PromptTooLong`, `AllocationRefused` or `EngineError`."""
        self._flag[0] = b"\0"
        status = function(self._context, batch)
        if status == 1:
            raise PromptTooLong("the context has no room for the next tokens")
        if status == -2:
            raise AllocationRefused("llama.cpp was refused memory")
        if status not in (0, 2):
            raise EngineError(f"llama.cpp failed to evaluate a batch, with status {status}")
        return status == 0


class Slots:
    """A native batch of at most ``size`` entries, each in one sequence, over arrays of numpy: filled by slices, not value by value."""

    def __init__(self, size: int) -> None:
        self.tokens, self.positions, self.sequences = (np.zeros(size, np.int32) for _ in range(3))
        self.counts, self.wanted = np.ones(size, np.int32), np.zeros(size, np.int8)
        self.batch = llama_cpp.llama_batch(
            n_tokens=0,
            token=_pointer(self.tokens, llama_cpp.llama_token),
            embd=None,
            pos=_pointer(self.positions, llama_cpp.llama_pos),
            n_seq_id=_pointer(self.counts, ctypes.c_int32),
            seq_id=(ctypes.POINTER(llama_cpp.llama_seq_id) * size)(*(_pointer(self.sequences[place:], llama_cpp.llama_seq_id) for place in range(size))),
            logits=_pointer(self.wanted, ctypes.c_int8),
        )


def _pointer(array: NDArray[Any], kind: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))
