"""What an answer may look like: closed choices, labelled lines of words copied from a text, and facts with their words as JSON.

A constraint is data; `grammar` turns it into llguidance's Lark dialect. In lines whole words only: a span never begins or
ends inside a word of its source (llguidance's ``substring_words``). JSON (`facts`) is what servers can be held to; its words are free.
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


@dataclass(frozen=True)
class Facts:
    """``{"facts": [{"line": 3, "label": "judge", "words": "…"}, …]}``: ``at_least`` to ``at_most`` facts.

    A line counts from 1 to ``lines``, a label is one of the closed list. Nothing holds the words to a text: whoever asked looks for them.
    """

    labels: tuple[str, ...]
    lines: int
    at_most: int
    at_least: int = 0


Constraint = Choice | Labelled | Facts


def words_of(source: str) -> str:
    r"""The source as the grammar sees it: runs of white space as one space.

    >>> words_of("two\r\n words ")
    'two words'
    """
    return re.sub(r"\s+", " ", source).strip()


def grammar(constraint: Constraint) -> str:
    """The constraint as a Lark grammar. Raises `ConstraintRefused` when it allows nothing."""
    if isinstance(constraint, Choice):
        return f"start: {_one_of(constraint.options)}"
    if isinstance(constraint, Facts):
        return f"start: %json {json.dumps(json_schema(constraint), ensure_ascii=False)}"
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


def json_schema(constraint: Facts) -> dict[str, object]:
    """The constraint as a JSON Schema. Raises `ConstraintRefused` when it allows nothing."""
    _one_of(constraint.labels)
    if constraint.lines < 1 or not 0 <= constraint.at_least <= constraint.at_most:
        raise ConstraintRefused("facts need a line to stand on, and at_least <= at_most")
    line = {"type": "integer", "minimum": 1, "maximum": constraint.lines}
    fact = _closed(line=line, label={"type": "string", "enum": [*constraint.labels]}, words={"type": "string", "minLength": 1})
    return _closed(facts={"type": "array", "items": fact, "minItems": constraint.at_least, "maxItems": constraint.at_most})


def _closed(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _one_of(options: tuple[str, ...]) -> str:
    if not options or not all(option.strip() for option in options):
        raise ConstraintRefused("a choice needs options, none of them empty")
    return " | ".join(json.dumps(option, ensure_ascii=False) for option in options)
