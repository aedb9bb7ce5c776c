"""What an answer may look like: closed choices, and spans copied from a text.

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
class Spans:
    """`NOTHING`, or up to ``at_most`` lines, each copied whole-word from ``source``.

    ``shortest`` and ``longest`` bound a line in characters. Line breaks of the source count as spaces.
    """

    source: str
    at_most: int = 1
    shortest: int = 2
    longest: int = 300


Constraint = Choice | Spans


def words_of(source: str) -> str:
    """The source as the grammar sees it: runs of white space as one space.

    >>> words_of("two\\r\\n words ")
    'two words'
    """
    return re.sub(r"\s+", " ", source).strip()


def grammar(constraint: Constraint) -> str:
    """The constraint as a Lark grammar. Raises `ConstraintRefused` when it allows nothing."""
    if isinstance(constraint, Choice):
        if not constraint.options or not all(option.strip() for option in constraint.options):
            raise ConstraintRefused("a choice needs options, none of them empty")
        return "start: " + " | ".join(json.dumps(option, ensure_ascii=False) for option in constraint.options)
    source = words_of(constraint.source)
    if not source:
        raise ConstraintRefused("a span needs a source with words in it")
    if constraint.at_most < 1 or not 0 < constraint.shortest <= constraint.longest:
        raise ConstraintRefused("a span needs at_most >= 1 and 0 < shortest <= longest")
    more = f' ("\\n" LINE){{0,{constraint.at_most - 1}}}' if constraint.at_most > 1 else ""
    return (
        f'start: "{NOTHING}" | LINE{more}\n'
        f"LINE: SOURCE & /[^ \\n](.|\\n){{{constraint.shortest - 1},{constraint.longest - 1}}}/\n"
        f'SOURCE: %regex {{"substring_words": {json.dumps(source, ensure_ascii=False)}}}\n'
    )
