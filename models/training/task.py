"""What the model is taught: the product's own prompt, answered from labelled sentences.

After each sentence of an article comes what that sentence states (`casebrief.prompts`, ``reading.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

import llama_cpp
from casebrief.models.chat import Scaffold, scaffold
from casebrief.models.constraints import NOTHING
from casebrief.models.training.composing import Labelled
from casebrief.prompts.loader import ReadingPrompt


class Tokenizer:
    """The tokenizer of the GGUF itself, through llama.cpp."""

    def __init__(self, model: str) -> None:
        self._llama = llama_cpp.Llama(model, vocab_only=True, verbose=False)
        self.template: str = self._llama.metadata["tokenizer.chat_template"]

    def __call__(self, text: str, *, special: bool = False) -> list[int]:
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=special)) if text else []


@dataclass(frozen=True)
class Fork:
    """An answer and what leads to it, decoded after the first ``after`` tokens of its article."""

    after: int
    tail: list[int]
    answer: list[int]


@dataclass(frozen=True)
class Example:
    """An article's tokens and all its forks."""

    article: list[int]
    forks: list[Fork]


class Task:
    """Turns labelled articles into examples."""

    def __init__(self, tokenizer: Tokenizer, prompt: ReadingPrompt) -> None:
        self.tokens, self.prompt = tokenizer, prompt
        self._frame: Scaffold = scaffold(tokenizer.template, prompt.text)
        self.opening = tokenizer(self._frame.before, special=True)
        self._tail = tokenizer(self._frame.between, special=True) + tokenizer(self._frame.after, special=True)
        self._labels = {field: label for label, field in prompt.labels.items()}
        self._end = tokenizer("<|im_end|>", special=True)

    def example(self, article: list[Labelled]) -> Example:
        """The article as the product sends it, one sentence a line, and an answer after each."""
        tokens: list[int] = []
        forks = []
        for number, sentence in enumerate(article):
            tokens += self.tokens(("\n" if number else "") + sentence.text)
            forks.append(Fork(len(tokens), self._tail, self.tokens("\n".join(self.lines(sentence)) or NOTHING) + self._end))
        return Example(tokens, forks)

    def lines(self, sentence: Labelled) -> list[str]:
        """The answer to one sentence: its marks in order, and its stance as a whole where no words of it are marked."""
        lines = [f"{self._label(mark.field)}: {_words(sentence, mark.start, mark.end)}" for mark in sentence.marks]
        if sentence.response and not any(mark.field.startswith("responses") for mark in sentence.marks):
            said = next((mark for mark in sentence.marks if mark.field == "quotes"), None)
            words = _words(sentence, said.start, said.end) if said else _words(sentence, 0, len(sentence.text))
            lines.append(f"{self._label(f'responses.{sentence.response}')}: {words}")
        return list(dict.fromkeys(lines))[: self.prompt.at_most]

    def _label(self, field: str) -> str:
        return self._labels.get(field) or self._labels[field.split(".", maxsplit=1)[0]]


def _words(sentence: Labelled, start: int, end: int) -> str:
    return " ".join(sentence.text[start:end].split())
