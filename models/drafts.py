"""What an answer may say next if it goes on copying its source.

Drafts are checked in the step that they are added to (Leviathan et al., Fast Inference from Transformers via Speculative Decoding, 2023; the
draft is the source itself), so nothing but the order of evaluation changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from casebrief.models.asking import Fork


def draft(fork: Fork, pieces: Callable[[list[int]], bytes]) -> list[int]:
    """The tokens behind the place of a fork's last ones in its source. ``pieces`` gives the bytes of tokens.

    A draft ends before punctuation, and behind a name or a number at the next word that is neither: there spans end.
    """
    place = _behind(fork.tokens, fork.source)
    if not place:
        return []
    drafted: list[int] = []
    named = _named(pieces(fork.tokens[-1:]))
    for token in fork.source[place : place + min(fork.trust, fork.left)]:
        piece = pieces([token])
        if not piece.strip(b" .,;:!?\"'") or (named and piece[:1] == b" " and not _named(piece)):
            break
        drafted.append(token)
    return drafted[: fork.matcher.validate_tokens(drafted)] if drafted else []


def _behind(said: Sequence[int], source: Sequence[int]) -> int:
    """The place in a source behind the longest run that ends what was said, the first of equals; 0 where there is none.

    >>> _behind([9, 2, 3], [3, 1, 2, 3, 4])
    4
    >>> _behind([9], [3, 1])
    0
    """
    best, place = 0, 0
    for end in range(1, len(source)):
        length = 0
        while length < min(end, len(said)) and source[end - 1 - length] == said[-1 - length]:
            length += 1
        if length > best:
            best, place = length, end
    return place


def _named(piece: bytes) -> bool:
    """Whether a token begins like a name or a number."""
    first = piece.strip()[:1]
    return first.isupper() or first.isdigit()
