"""One chat completion as it comes: an event stream of pieces, and what is made of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Annotated

from casebrief.models.engine import Answer, Finish
from casebrief.models.errors import AnswerMalformed, AnswerRefused
from casebrief.models.remote.circuit import Trouble
from pydantic import BaseModel, Field, ValidationError

WIDEST = 64
"""Characters that a token has at most, on the whole of an answer: what is longer is not of a model."""

NO_STREAM = "the server's answer is no stream of chat completions: is CASEBRIEF_OPENAI_BASE_URL that of an OpenAI API?"


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Token(BaseModel):
    token: str
    logprob: float
    raw: Annotated[list[int] | None, Field(alias="bytes")] = None

    @property
    def spelled(self) -> bytes:
        return self.token.encode() if self.raw is None else bytes(self.raw)


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Cached(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None


class _Fault(BaseModel):
    message: str = ""
    code: int | str | None = None


class _Event(BaseModel):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: _Fault | None = None


@dataclass
class Completion:
    """What a server has said so far. Seconds until its first piece and behind that; tokens as it counts them."""

    longest: int
    began: float = field(default_factory=time.perf_counter)
    text: str = ""
    tokens: list[_Token] = field(default_factory=list)
    finish: str | None = None
    usage: _Usage = field(default_factory=_Usage)
    prefill_s: float = 0.0
    decode_s: float = 0.0

    async def hear(self, lines: AsyncIterable[str]) -> None:
        """Take all events. Raises `Trouble` where they break off, `AnswerRefused` and `AnswerMalformed`."""
        async for line in lines:
            kind, _, told = line.partition(":")
            if kind not in ("data", "error") or told.strip() == "[DONE]":
                continue
            self._take(_parsed(told if kind == "data" else f'{{"error": {told}}}'))
        self.decode_s = time.perf_counter() - self.began - self.prefill_s
        if self.finish is None:
            raise Trouble("the answer broke off")
        if self.finish == "content_filter":
            raise AnswerRefused("a filter of the model's server cut the answer off")
        if self.finish not in ("stop", "length"):
            raise AnswerMalformed(f"the answer ended by {self.finish!r}, which was not asked for")

    def _take(self, event: _Event) -> None:
        if event.error:
            raise Trouble(f"the server failed at the answer: {event.error.message[:200]}")
        self.usage = event.usage or self.usage
        for choice in event.choices[:1]:
            if choice.delta.refusal:
                raise AnswerRefused("the model declined to answer")
            if choice.delta.content:
                self.prefill_s = self.prefill_s or time.perf_counter() - self.began
                self.text += choice.delta.content
            self.tokens += (choice.logprobs.content if choice.logprobs else None) or []
            self.finish = choice.finish_reason or self.finish
        if len(self.text) > self.longest:
            raise AnswerMalformed(f"the answer is longer than {self.longest} characters, and has no end")

    def answer(self, question: str) -> Answer:
        """The answer; without probabilities where the tokens do not spell it, for then they have no places in it."""
        finish: Finish = "length" if self.finish == "length" else "stop"
        spelled, starts = b"", []
        for token in self.tokens:
            starts.append(len(spelled.decode(errors="ignore")))
            spelled += token.spelled
        # Servers leave out what stands around the JSON: a fence of Markdown, the token of the end.
        skipped = spelled.decode(errors="replace").find(self.text)
        inside = [(token.logprob, start - skipped) for token, start in zip(self.tokens, starts, strict=True) if skipped <= start < skipped + len(self.text)]
        placed = inside if skipped >= 0 else []
        logprobs, places = tuple(logprob for logprob, _ in placed), tuple(place for _, place in placed)
        count = self.usage.completion_tokens if self.usage.completion_tokens is not None else len(self.tokens)
        return Answer(question, self.text, logprobs, places, count, 0, finish)


def _parsed(event: str) -> _Event:
    try:
        return _Event.model_validate_json(event)
    except ValidationError:
        raise AnswerMalformed(NO_STREAM) from None
