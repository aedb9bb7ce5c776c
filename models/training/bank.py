"""The bank of sentence templates: its markup, parsed into text with labelled spans.

One template a line; ``#`` starts a comment line. ``[field|words]`` marks words that state a field (marks nest),
``{slot}`` is filled, ``{a|b}`` is a choice, ``{{key=value}}`` at the end tells something of the whole template.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ATTRIBUTE = re.compile(r"\s*\{\{([^}]*)\}\}")
_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")
_SLOT = re.compile(r"\{(\w+)\}")
_MARK = re.compile(r"\[([a-z_.]+)\|")
_PLAIN_ACT = re.compile(r"\[allegations\|([a-z]+)((?: [^\[\]{}|]+)?)\]")
_PLAIN_QUOTE = re.compile(r"\[quotes\|([A-Z][^\[\]{}|]+?)([.?!]?)\]")


@dataclass(frozen=True)
class Mark:
    """``text[start:end]`` of the template's own text states ``field``."""

    start: int
    end: int
    field: str


@dataclass(frozen=True)
class Passage:
    """A filled template: one to three sentences, and what they state."""

    text: str
    marks: tuple[Mark, ...]
    response: str | None = None


@dataclass(frozen=True)
class Template:
    """One line of the bank; ``proceeding`` is the kind of case that it fits, ``empty`` that it states nothing of ours."""

    line: str
    proceeding: str | None
    response: str | None
    empty: bool
    clutter: bool
    headline: bool

    @property
    def fields(self) -> frozenset[str]:
        """The fields that its marks state."""
        return frozenset(_MARK.findall(self.line))

    @property
    def names_the_case(self) -> bool:
        """Whether it names a party or a caption, so that another case can be told by it."""
        return "{defendant}" in self.line or "{caption}" in self.line


@cache
def bank() -> tuple[Template, ...]:
    """All templates, in the order of their files."""
    lines = [
        line.strip()
        for path in sorted(files("casebrief.models.training").iterdir(), key=lambda path: path.name)
        if re.fullmatch(r"templates-\w+\.txt", path.name)
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return tuple(_template(line) for line in lines if line and not line.startswith("#"))


def _template(line: str) -> Template:
    attributes = {key: member for key, _, member in (attribute.partition("=") for attribute in _ATTRIBUTE.findall(line))}
    body = _ATTRIBUTE.sub("", line).strip()
    clutter = "clutter" in attributes
    headline = not clutter and "background" not in attributes and not re.search(r"[.!?…][\"”’'»)\]]*\]*$", body)
    return Template(body, attributes.get("proceeding"), attributes.get("responses"), clutter or "background" in attributes, clutter, headline)


def fill(template: Template, slot: Callable[[str], str], forms: dict[str, str], chance: random.Random, *, vary: float = 0.45) -> Passage:
    """Choose, fill and parse.

    ``slot`` gives a slot's filler. ``forms`` tells the form (act_past, act_ing) of known verbs: with probability ``vary`` a
    literal act or quotation of the template is exchanged for one from the lists, so that no wording is learnt by heart.
    """
    line = _chosen(template.line, chance)

    def other_act(match: re.Match[str]) -> str:
        first = match.group(1)
        form = forms.get(first) or ("act_ing" if first.endswith("ing") else "act_past" if first.endswith("ed") else None)
        return f"[allegations|{slot('fresh_' + form)}]" if form and chance.random() < vary else match.group()

    def other_quote(match: re.Match[str]) -> str:
        return f"[quotes|{slot('fresh_quote')}{match.group(2)}]" if chance.random() < vary else match.group()

    # The two sides do not share lawyers.
    line = re.sub(r"(\[counsel\.(plaintiff|defendant)\|\{)(lawyer|law_firm)\}", r"\1\2_\3}", line)
    line = _PLAIN_QUOTE.sub(other_quote, _PLAIN_ACT.sub(other_act, line))
    line = _SLOT.sub(lambda match: slot(match.group(1)), line)
    return _parse(_chosen(line, chance), template.response)


def _chosen(line: str, chance: random.Random) -> str:
    """The line with every choice made whose options hold no slot any more."""
    while (chosen := _CHOICE.sub(lambda match: chance.choice(match.group(1).split("|")), line)) != line:
        line = chosen
    return line


def _parse(line: str, response: str | None) -> Passage:
    text, marks, open_marks, position = "", [], [], 0
    while position < len(line):
        if match := _MARK.match(line, position):
            open_marks.append((match.group(1), len(text)))
            position = match.end()
        elif line[position] == "]" and open_marks:
            field, start = open_marks.pop()
            marks.append(Mark(start, len(text), field))
            position += 1
        else:
            text += line[position]
            position += 1
    if open_marks:
        raise ValueError(f"a mark is not closed: {line}")
    return Passage(text, tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end))), response)
