"""What an answer may look like: closed choices, and labelled lines of words copied from a text.

A constraint is data; `grammar` turns it into llguidance's Lark dialect. Whole words only: a span never begins or
ends inside a word of its source (llguidance's ``substring_words``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from casebrief.models.errors import ConstraintRefused

NOTHING = "none"
"""The answer that says: the text does not tell."""


@dataclass(frozen=True)
class Choice:
    """Exactly one of ``options``."""

    options: tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """`NOTHING`, or up to ``at_most`` lines "label: words": a label of the closed list, words copied whole from ``source``.

    ``shortest`` and ``longest`` bound the words in characters. Line breaks of the source count as spaces.
    """

    labels: tuple[str, ...]
    source: str
    at_most: int = 1
    shortest: int = 2
    longest: int = 300


Constraint = Choice | Labelled


def words_of(source: str) -> str:
    r"""The source as the grammar sees it: runs of white space as one space.

    >>> words_of("two\\r\\n words ")
    'two words'
    """
    return re.sub(r"\s+", " ", source).strip()


def grammar(constraint: Constraint) -> str:
    """The constraint as a Lark grammar. Raises `ConstraintRefused` when it allows nothing."""
    if isinstance(constraint, Choice):
        return f"start: {_one_of(constraint.options)}"
    source = words_of(constraint.source)
    if not source:
        raise ConstraintRefused("a line needs a source with words in it")
    if constraint.at_most < 1 or not 0 < constraint.shortest <= constraint.longest:
        raise ConstraintRefused("a line needs at_most >= 1 and 0 < shortest <= longest")
    line = f'({_one_of(constraint.labels)}) ": " WORDS'
    more = f' ("\\n" {line}){{0,{constraint.at_most - 1}}}' if constraint.at_most > 1 else ""
    return (
        f'start: "{NOTHING}" | {line}{more}\n'
        f"WORDS: SOURCE & /[^ \\n](.|\\n){{{constraint.shortest - 1},{constraint.longest - 1}}}/\n"
        f'SOURCE: %regex {{"substring_words": {json.dumps(source, ensure_ascii=False)}}}\n'
    )


def _one_of(options: tuple[str, ...]) -> str:
    if not options or not all(option.strip() for option in options):
        raise ConstraintRefused("a choice needs options, none of them empty")
    return " | ".join(json.dumps(option, ensure_ascii=False) for option in options)
