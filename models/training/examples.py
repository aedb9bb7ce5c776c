"""From a marked article to what is learnt of it: its tokens, and the targets of every head."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import llama_cpp
import numpy as np
from casebrief.evals.labels import MEMBERS
from casebrief.evals.marked import UNRELATED, MarkedArticle, MarkedCase
from casebrief.service.domain.spans import Span, lines, sentences
from numpy.typing import NDArray

FURNITURE = "furniture"
LABELS = tuple(sorted([*MEMBERS, FURNITURE]))
"""What a token may be part of, each for itself: spans of different labels may nest."""

WHO = tuple(f"{field}.{member}" for field in sorted(MEMBERS) for member in sorted(MEMBERS[field]))
"""Members, by field."""

KINDS = {
    "proceeding": tuple(sorted(MEMBERS["proceeding"])),
    "status": tuple(sorted(MEMBERS["status"])),
    "related": ("related", UNRELATED),
}
"""What a whole article is told to be, by head."""

NOT_TOLD = -100
"""The class of an article that nothing is learnt of."""

OUT, BEGIN, INSIDE = range(3)
_BYTES = [*range(33, 127), *range(161, 173), *range(174, 256)]
_BYTE_OF = {chr(byte): byte for byte in _BYTES} | {chr(256 + n): byte for n, byte in enumerate(byte for byte in range(256) if byte not in _BYTES)}


class Tokenizer:
    """The tokenizer of the GGUF itself, through llama.cpp; byte-level pieces, so that places are exact."""

    def __init__(self, model: Path) -> None:
        self._llama = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
        self._sizes: dict[int, int] = {}

    def __call__(self, text: str) -> list[int]:
        """Token ids, special tokens off."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def size(self, token: int) -> int:
        """Bytes of a token, from the printable spelling that byte-level vocabularies have."""
        if token not in self._sizes:
            self._sizes[token] = sum(char in _BYTE_OF for char in self._llama._model.token_get_text(token))  # noqa: SLF001 - no public way
        return self._sizes[token]


@dataclass(frozen=True)
class Spot:
    """One marked place in tokens, half-open; ``fact`` is the id that it shares with other places of the same fact, in its field."""

    label: int
    who: int | None
    fact: tuple[str, str] | None
    start: int
    end: int


@dataclass(frozen=True)
class Example:
    """One article: token ids (n,), their places in its text (n pairs), targets (n, labels), spots, and the class of each of `KINDS` or `NOT_TOLD`."""

    ids: list[int]
    places: list[tuple[int, int]]
    targets: NDArray[np.int64]
    spots: tuple[Spot, ...]
    kinds: tuple[int, ...]


def passages(text: str) -> list[Span]:
    """The sentences of an article, line by line: what the product hands to the engine."""
    return [span for line in lines(text) for span in sentences(text, line)]


def places_of(article: MarkedArticle) -> list[tuple[str, int, int]]:
    """Every marked place of an article as label, start and end, page furniture included."""
    return [*((mark.field, mark.start, mark.end) for mark in article.marks), *((FURNITURE, *span) for span in article.furniture)]


def tokens_of(text: str, tokenizer: Tokenizer) -> tuple[list[int], list[tuple[int, int]]]:
    """An article's sentences, each tokenized by itself, all but the first behind a line break, as the product reads them; and where each token stands."""
    ids: list[int] = []
    places: list[tuple[int, int]] = []
    for span in passages(text):
        words = ("\n" if ids else "") + span.of(text)
        found = tokenizer(words)
        places += _places(words, span.end - len(words), [tokenizer.size(token) for token in found])
        ids += found
    return ids, places


def example(article: MarkedArticle, case: MarkedCase, tokenizer: Tokenizer, *, whole: bool = True) -> Example:
    """What is learnt of an article of a case; a mark whose words are white space to the tokenizer is none. One that is not whole is of the classes that its marks show."""
    ids, places = tokens_of(article.text, tokenizer)
    targets = np.full((len(ids), len(LABELS)), OUT, np.int64)
    spots = []
    marks = [(mark.field, mark.member, mark.id, mark.start, mark.end) for mark in article.marks]
    for field, member, fact, start, end in [*marks, *((FURNITURE, None, None, *span) for span in article.furniture)]:
        inside = [k for k, (a, b) in enumerate(places) if a < end and b > start and not article.text[max(a, start) : min(b, end)].isspace()]
        if not inside:
            continue
        label, first, last = LABELS.index(field), inside[0], inside[-1] + 1
        targets[first, label] = BEGIN
        rest = targets[first + 1 : last, label]
        rest[rest != BEGIN] = INSIDE
        spots.append(Spot(label, WHO.index(f"{field}.{member}") if member else None, (field, fact) if fact else None, first, last))
    return Example(ids, places, targets, tuple(spots), _kinds(article, case, whole=whole))


def _kinds(article: MarkedArticle, case: MarkedCase, *, whole: bool) -> tuple[int, ...]:
    if not article.related:
        return NOT_TOLD, NOT_TOLD, KINDS["related"].index(UNRELATED)
    shown = {(mark.field, mark.member) for mark in article.marks}
    told = {"proceeding": case.kind, "status": article.status}
    classes = [KINDS[field].index(member) if member and (whole or (field, member) in shown) else NOT_TOLD for field, member in told.items()]
    return *classes, KINDS["related"].index("related") if whole or shown else NOT_TOLD


def _places(words: str, start: int, sizes: list[int]) -> list[tuple[int, int]]:
    """Where each token stands, in characters; a token that holds a part of a character holds it all."""
    at = [index for index, char in enumerate(words) for _ in char.encode()]
    ends = list(itertools.accumulate(sizes))
    if (ends[-1] if ends else 0) != len(at):
        raise ValueError(f"tokens and bytes differ: {words[:40]!r}")
    return [(start + at[end - size], start + at[end - 1] + 1) for size, end in zip(sizes, ends, strict=True)]
