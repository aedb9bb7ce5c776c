"""What a fork says next: the likeliest token that its constraint allows, and those that it then forces."""

from __future__ import annotations

import numpy as np
from casebrief.models.asking import Fork
from casebrief.models.constraints import Choice, Labelled, grammar, words_of
from casebrief.models.engine import Answer, Question
from casebrief.models.errors import ConstraintRefused
from casebrief.models.native import Native
from casebrief.models.tokens import tokenizer
from llguidance import LLMatcher
from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask
from numpy.typing import NDArray


class Sampler:
    """Greedy choice under constraints, over one model's vocabulary."""

    def __init__(self, native: Native) -> None:
        ends = native.end_tokens()
        self.guide, self.ends = tokenizer(native, ends), frozenset(ends)
        self._native = native
        self._bitmask = allocate_token_bitmask(1, native.vocab_size)

    def matcher(self, question: Question) -> LLMatcher:
        """A matcher for one answer. Raises `ConstraintRefused`."""
        matcher = LLMatcher(self.guide, grammar(question.constraint), log_level=0)
        if matcher.is_error():
            raise ConstraintRefused(f"question {question.id}: {matcher.get_error()}")
        return matcher

    def source(self, question: Question) -> list[int]:
        """The tokens that an answer may copy, as they look after a space."""
        if not isinstance(question.constraint, Labelled):
            return []
        return self._native.tokenize(f" {words_of(question.constraint.source)}", special=False)

    def choose(self, fork: Fork, logits: NDArray[np.float32]) -> list[int]:
        """Say the likeliest token of a row of logits that the constraint allows, and those that it then forces; none at the answer's end.

        Raises `ConstraintRefused`.
        """
        allowed = self._allowed(fork)
        scores = logits[allowed].astype(np.float64)
        best = int(np.argmax(scores))
        fork.logprobs.append(float(-np.log(np.exp(scores - scores[best]).sum())))
        fork.chosen_at.append(len(fork.tokens))
        token = int(allowed[best])
        if token in self.ends:
            fork.finish = "stop"
            return []
        said = _say(fork, [token])
        if fork.finish is None:
            forced = _say(fork, fork.matcher.compute_ff_tokens())
            fork.forced += len(forced)
            said += forced
        return said

    def _allowed(self, fork: Fork) -> NDArray[np.int64]:
        fill_next_token_bitmask(fork.matcher, self._bitmask)
        if fork.matcher.is_error():
            raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
        allowed = _members(self._bitmask[0])
        if not len(allowed):
            raise ConstraintRefused(f"question {fork.question.id}: the constraint allows no token")
        return allowed

    def answer(self, fork: Fork) -> Answer:
        """What a fork has said."""
        text = self.guide.decode_bytes(fork.tokens).decode(errors="replace")
        starts = tuple(len(self.guide.decode_bytes(fork.tokens[:count]).decode(errors="ignore")) for count in fork.chosen_at)
        return Answer(
            question=fork.question.id,
            text=text.strip() if isinstance(fork.question.constraint, Choice) else text,
            logprobs=tuple(fork.logprobs),
            starts=starts,
            tokens=len(fork.tokens),
            forced=fork.forced,
            finish=fork.finish or "length",
        )


def _say(fork: Fork, tokens: list[int]) -> list[int]:
    """Say tokens, as many as the answer may still have; those that were said."""
    taken = tokens[: fork.left]
    if taken and not fork.matcher.consume_tokens(taken):
        raise ConstraintRefused(f"question {fork.question.id}: {fork.matcher.get_error()}")
    fork.tokens += taken
    if fork.matcher.is_stopped():
        fork.finish = "stop"
    elif fork.left <= 0:
        fork.finish = "length"
    return taken


_BITS = np.arange(32, dtype=np.int64)


def _members(bitmask: NDArray[np.int32]) -> NDArray[np.int64]:
    """The tokens whose bits are set; only the words that have any are unpacked.

    >>> _members(np.array([0, 5, 0, -2147483648], dtype=np.int32)).tolist()
    [32, 34, 127]
    """
    words = np.flatnonzero(bitmask)
    bits = np.unpackbits(bitmask[words].view(np.uint8), bitorder="little").reshape(-1, 32)
    members: NDArray[np.int64] = (words[:, None] * 32 + _BITS)[bits.view(bool)]
    return members
