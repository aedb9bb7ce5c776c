"""The in-process engine: llama.cpp's low-level interface with llguidance. Only the worker process imports this.

One context with a unified cache. Sequence 0 holds the scaffold and the document; every question is a fork of it
(`llama_memory_seq_cp` shares the cells), and all forks advance by one batch a step. Tokens that a constraint forces
are appended to the batch without a step of their own.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import llama_cpp
import numpy as np
from casebrief.models.chat import Scaffold, scaffold
from casebrief.models.constraints import Choice, grammar
from casebrief.models.engine import (
    Answer,
    Batch,
    EngineConfig,
    EngineInfo,
    Finish,
    Question,
    Reading,
    Stop,
    Usage,
    never,
)
from casebrief.models.errors import AllocationRefused, Cancelled, ConstraintRefused, EngineError, PromptTooLong
from llguidance import LLMatcher, LLTokenizer
from llguidance.llamacpp import lltokenizer_from_vocab
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from numpy.typing import NDArray

SEQUENCES = 64
"""Forks that one context decodes together, the document's own sequence included."""

CHUNK = 512
"""Prompt tokens a call: small enough that a stop is heard within a second on slow machines."""

_silent = llama_cpp.llama_log_callback(lambda level, text, data: None)


@dataclass
class _Fork:
    """A question while it is answered: its cells, its matcher and what it said so far."""

    question: Question
    sequence: int
    position: int
    matcher: LLMatcher
    pending: list[int]
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    chosen_at: list[int] = field(default_factory=list)
    forced: int = 0
    finish: Finish | None = None
    row: int = -1


class LlamaEngine:
    """A GGUF model on llama.cpp. Not safe for threads: the worker runs one job at a time."""

    def __init__(self, config: EngineConfig, beat: Callable[[], None] = lambda: None) -> None:
        """Load the weights. ``beat`` is called at every sign of life (a chunk read, a step decoded).

        Raises:
            AllocationRefused: the model or its context did not fit.
            EngineError: the file is no model that this build can run.

        """
        self._config, self._beat, self._stop = config, beat, never
        self._threads = config.threads or _processors()
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        self._model = self._load()
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._vocab_size = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self._context = self._open_context()
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._load_adapters()
        self._guide: LLTokenizer = lltokenizer_from_vocab(self._vocab, eos_token=self._end_tokens())
        self._bitmask = allocate_token_bitmask(1, self._vocab_size)
        self._batch = llama_cpp.llama_batch_init(CHUNK, 0, 1)
        self._scaffolds: dict[str, Scaffold] = {}
        self._resident: list[tuple[int, ...]] = []

    # ------------------------------------------------------------------ loading

    def _load(self) -> Any:
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = self._config.n_gpu_layers
        params.use_extra_bufts = self._config.extra_buffers
        model = llama_cpp.llama_model_load_from_file(self._config.path.encode(), params)
        if not model:
            raise EngineError(f"{self._config.path} is no model that this build can load")
        return model

    def _open_context(self) -> Any:
        params = llama_cpp.llama_context_default_params()
        trained = llama_cpp.llama_model_n_ctx_train(self._model)
        params.n_ctx = min(self._config.context_tokens, trained) if trained > 0 else self._config.context_tokens
        params.n_batch = params.n_ubatch = CHUNK
        params.n_seq_max = SEQUENCES
        params.n_outputs_max = SEQUENCES
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = self._threads
        # Flash attention on the CPU costs batched decoding a factor of four (measured); a GPU wants it.
        params.flash_attn_type = -1 if self._config.n_gpu_layers else 0
        context = llama_cpp.llama_init_from_model(self._model, params)
        if not context:
            raise AllocationRefused(f"no memory for a context of {params.n_ctx} tokens; lower context_tokens")
        # The callback must outlive the context, so it hangs on self.
        self._abort = llama_cpp.ggml_abort_callback(lambda data: self._stop())
        llama_cpp.llama_set_abort_callback(context, self._abort, ctypes.c_void_p(0))
        return context

    def _load_adapters(self) -> None:
        adapters = []
        for path in self._config.adapters:
            adapter = llama_cpp.llama_adapter_lora_init(self._model, path.encode())
            if not adapter:
                raise EngineError(f"{path} is no adapter for {self._config.model}")
            adapters.append(adapter)
        if adapters:
            pointers = (llama_cpp.llama_adapter_lora_p_ctypes * len(adapters))(*adapters)
            scales = (ctypes.c_float * len(adapters))(*([1.0] * len(adapters)))
            llama_cpp.llama_set_adapters_lora(self._context, pointers, len(adapters), scales)

    def _end_tokens(self) -> list[int]:
        ends = [token for token in range(self._vocab_size) if llama_cpp.llama_vocab_is_eog(self._vocab, token)]
        return ends or [llama_cpp.llama_vocab_eos(self._vocab)]

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            model=self._config.model,
            model_sha256=self._config.sha256,
            engine=f"llama-cpp-python {version('llama-cpp-python')}, llguidance {version('llguidance')}",
            context_tokens=llama_cpp.llama_n_ctx(self._context),
            threads=self._threads,
            build=llama_cpp.llama_print_system_info().decode().strip(" |"),
            adapters=self._config.adapter_sums,
            notes=() if self._config.extra_buffers else ("running without extra buffers: prompts are read slower",),
        )

    def close(self) -> None:
        """Free context and weights."""
        llama_cpp.llama_batch_free(self._batch)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    # ------------------------------------------------------------------ text and tokens

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of a text; ``special`` is for our scaffold only, never for what a client wrote."""
        data = text.encode()
        size = len(data) + 16
        buffer = (llama_cpp.llama_token * size)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, size, False, special)
        if count < 0:
            raise EngineError("the tokenizer needs more room than the text has bytes")
        return list(buffer[:count])

    def control_tokens(self) -> dict[int, str]:
        """Every control token of the vocabulary, by id, as it is spelled."""
        texts = {}
        for token in range(self._vocab_size):
            if llama_cpp.llama_vocab_is_control(self._vocab, token):
                texts[token] = (llama_cpp.llama_vocab_get_text(self._vocab, token) or b"").decode(errors="replace")
        return texts

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """See the port."""
        return [len(self.tokenize(text, special=False)) for text in texts]

    def _scaffold(self, instructions: str) -> Scaffold:
        if instructions not in self._scaffolds:
            self._scaffolds = {instructions: scaffold(self._template(), instructions, *self._edges())}
        return self._scaffolds[instructions]

    def _template(self) -> str | None:
        if self._config.chat_format == "plain":
            return None
        template = llama_cpp.llama_model_chat_template(self._model, None)
        return template.decode() if template else None

    def _edges(self) -> tuple[str, str]:
        def spelled(token: int) -> str:
            return (llama_cpp.llama_vocab_get_text(self._vocab, token) or b"").decode() if token >= 0 else ""

        return spelled(llama_cpp.llama_vocab_bos(self._vocab)), spelled(llama_cpp.llama_vocab_eos(self._vocab))

    def _opening(self, frame: Scaffold) -> list[int]:
        tokens = self.tokenize(frame.before, special=True)
        begin = llama_cpp.llama_vocab_bos(self._vocab)
        if llama_cpp.llama_vocab_get_add_bos(self._vocab) and tokens[:1] != [begin]:
            tokens.insert(0, begin)
        return tokens

    # ------------------------------------------------------------------ answering

    def ask(self, batch: Batch, stop: Stop = never) -> Reading:
        """See the port."""
        self._stop = stop
        try:
            return self._ask(batch)
        except BaseException:
            self._forget(0)
            raise
        finally:
            self._stop = never

    def _ask(self, batch: Batch) -> Reading:
        frame = self._scaffold(batch.instructions)
        passages = [self.tokenize(passage, special=False) for passage in batch.document]
        prefix = [tuple(self._opening(frame)), tuple(token for passage in passages for token in passage)]
        ends = list(itertools.accumulate(map(len, passages), initial=len(prefix[0])))
        tails = [self._tail(frame, question) for question in batch.questions]
        matchers = [self._matcher(question) for question in batch.questions]
        length = ends[-1]
        after = [ends[-1 if question.after is None else question.after] for question in batch.questions]
        waves = list(self._waves(length, batch.questions, tails))
        started = time.perf_counter()
        evaluated, reused = self._hold(prefix)
        prefilled = time.perf_counter()
        answers: list[Answer] = []
        steps = 0
        for wave in waves:
            forks = [_Fork(batch.questions[index], slot + 1, after[index], matchers[index], list(tails[index])) for slot, index in enumerate(wave)]
            steps += self._decode(forks)
            answers += [self._answer(fork) for fork in forks]
        done = time.perf_counter()
        usage = Usage(
            prefill_s=prefilled - started,
            decode_s=done - prefilled,
            prompt_tokens=evaluated + sum(map(len, tails)),
            prompt_tokens_reused=reused + sum(after) - length,
            output_tokens=sum(answer.tokens for answer in answers),
            decode_steps=steps,
        )
        return Reading(tuple(answers), usage)

    def _tail(self, frame: Scaffold, question: Question) -> list[int]:
        return [
            *self.tokenize(frame.between, special=True),
            *self.tokenize(question.text, special=False),
            *self.tokenize(frame.after, special=True),
        ]

    def _matcher(self, question: Question) -> LLMatcher:
        matcher = LLMatcher(self._guide, grammar(question.constraint), log_level=0)
        if matcher.is_error():
            raise ConstraintRefused(f"question {question.id}: {matcher.get_error()}")
        return matcher

    def _waves(self, prefix: int, questions: Sequence[Question], tails: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Question indices, as many at a time as sequences and cells allow."""
        room = llama_cpp.llama_n_ctx(self._context) - prefix
        wave: list[int] = []
        used = 0
        for index, (question, tail) in enumerate(zip(questions, tails, strict=True)):
            need = len(tail) + question.max_tokens
            if need > room:
                raise PromptTooLong(f"question {question.id} needs {need} tokens after a document of {prefix}; the context holds {prefix + room}")
            if wave and (used + need > room or len(wave) == SEQUENCES - 1):
                yield wave
                wave, used = [], 0
            wave.append(index)
            used += need
        if wave:
            yield wave

    def _hold(self, prefix: list[tuple[int, ...]]) -> tuple[int, int]:
        """Make sequence 0 hold the prefix; return tokens evaluated and tokens that were there already.

        Only whole segments are kept, so that a segment's cells are always computed from the same chunks: the same
        request then gives the same bits whatever ran before.
        """
        kept = 0
        while kept < min(len(prefix), len(self._resident)) and prefix[kept] == self._resident[kept]:
            kept += 1
        position = reused = sum(map(len, prefix[:kept]))
        self._forget(position)
        self._resident = self._resident[:kept]
        for segment in prefix[kept:]:
            for start in range(0, len(segment), CHUNK):
                chunk = segment[start : start + CHUNK]
                self._run([(token, position + offset, 0, False) for offset, token in enumerate(chunk)])
                position += len(chunk)
            self._resident.append(segment)
        return position - reused, reused

    def _forget(self, position: int) -> None:
        """Drop every cell but the first ``position`` of sequence 0."""
        for sequence in range(1, SEQUENCES):
            llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        if position == 0:
            llama_cpp.llama_memory_clear(self._memory, False)
            self._resident = []
        else:
            llama_cpp.llama_memory_seq_rm(self._memory, 0, position, -1)

    def _decode(self, forks: list[_Fork]) -> int:
        """Answer the forks' questions; return the number of steps."""
        for fork in forks:
            llama_cpp.llama_memory_seq_cp(self._memory, 0, fork.sequence, 0, fork.position)
        live, steps = forks, 0
        while live:
            self._advance(live)
            steps += 1
            for fork in live:
                if fork.finish:
                    llama_cpp.llama_memory_seq_rm(self._memory, fork.sequence, -1, -1)
            live = [fork for fork in live if fork.finish is None]
        return steps

    def _advance(self, forks: list[_Fork]) -> None:
        """Evaluate every fork's pending tokens, then choose each fork's next token."""
        entries: list[tuple[int, int, int, bool]] = []
        waiting: list[_Fork] = []
        for fork in forks:
            last = len(fork.pending) - 1
            for offset, token in enumerate(fork.pending):
                if len(entries) == CHUNK:
                    self._step(entries, waiting)
                    entries, waiting = [], []
                entries.append((token, fork.position, fork.sequence, offset == last))
                fork.position += 1
            fork.row = len(entries) - 1
            fork.pending = []
            waiting.append(fork)
        self._step(entries, waiting)

    def _step(self, entries: list[tuple[int, int, int, bool]], waiting: list[_Fork]) -> None:
        self._run(entries)
        for fork in waiting:
            row = llama_cpp.llama_get_logits_ith(self._context, fork.row)
            self._choose(fork, np.ctypeslib.as_array(row, shape=(self._vocab_size,)))

    def _choose(self, fork: _Fork, logits: NDArray[np.float32]) -> None:
        fill_next_token_bitmask(fork.matcher, self._bitmask)
        if fork.matcher.is_error():
            raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
        allowed = np.flatnonzero(np.unpackbits(self._bitmask.view(np.uint8), bitorder="little")[: self._vocab_size])
        if not len(allowed):
            raise ConstraintRefused(f"question {fork.question.id}: the constraint allows no token")
        scores = logits[allowed].astype(np.float64)
        best = int(np.argmax(scores))
        fork.logprobs.append(float(-np.log(np.exp(scores - scores[best]).sum())))
        fork.chosen_at.append(len(fork.tokens))
        token = int(allowed[best])
        if llama_cpp.llama_vocab_is_eog(self._vocab, token):
            fork.finish = "stop"
            return
        self._take(fork, [token])
        if fork.finish is None:
            forced = fork.matcher.compute_ff_tokens()
            fork.forced += len(forced)
            self._take(fork, forced)

    def _take(self, fork: _Fork, tokens: list[int]) -> None:
        room = fork.question.max_tokens - len(fork.tokens)
        taken = tokens[:room]
        if taken and not fork.matcher.consume_tokens(taken):
            raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
        fork.tokens += taken
        fork.pending += taken
        if fork.matcher.is_stopped():
            fork.finish = "stop"
        elif len(fork.tokens) >= fork.question.max_tokens:
            fork.finish = "length"

    def _run(self, entries: list[tuple[int, int, int, bool]]) -> None:
        """Evaluate (token, position, sequence, wants logits) entries, at most `CHUNK` of them."""
        if self._stop():
            raise Cancelled("the job was taken back")
        batch = self._batch
        batch.n_tokens = len(entries)
        for index, (token, position, sequence, logits) in enumerate(entries):
            batch.token[index] = token
            batch.pos[index] = position
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = sequence
            batch.logits[index] = logits
        status = llama_cpp.llama_decode(self._context, batch)
        self._beat()
        if status == 2:
            raise Cancelled("the job was taken back")
        if status == 1:
            raise PromptTooLong("the context has no room for the next tokens")
        if status == -2:
            raise AllocationRefused("llama.cpp was refused memory")
        if status != 0:
            raise EngineError(f"llama_decode failed with status {status}")

    def _answer(self, fork: _Fork) -> Answer:
        text = self._guide.decode_bytes(fork.tokens).decode(errors="replace")
        starts = tuple(len(self._guide.decode_bytes(fork.tokens[:count]).decode(errors="ignore")) for count in fork.chosen_at)
        if isinstance(fork.question.constraint, Choice):
            text = text.strip()
        return Answer(
            question=fork.question.id,
            text=text,
            logprobs=tuple(fork.logprobs),
            starts=starts,
            tokens=len(fork.tokens),
            forced=fork.forced,
            finish=fork.finish or "length",
        )


def _processors() -> int:
    """Processors that this process may use; not all systems tell of an affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prove(engine: LlamaEngine) -> None:
    """A prompt of several tokens and a constrained decode: what a broken native build dies of."""
    choice = Choice(("yes", "no"))
    document = "The court heard the case on Monday. " * 16
    reading = engine.ask(Batch("Answer with one word.", (document,), (Question("proof", "Is this a text?", choice, 4),)))
    if reading.answers[0].text not in choice.options or reading.answers[0].finish != "stop":
        raise EngineError(f"the proof decode answered {reading.answers[0].text!r}")
