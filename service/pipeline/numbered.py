"""What a marked number is: a sum, a share, or a count with what it counts. Forms only: where none tells what is counted, nothing is said of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from casebrief.service.domain.money import Count, counts, percentages, shares, sums
from casebrief.service.domain.schema import Figure
from casebrief.service.domain.spans import Span


@dataclass(frozen=True)
class Numbered:
    """A number where it stands, with what it counts; ``figure`` is ``None`` where no rule can tell."""

    span: Span
    figure: Figure | None


def numbered(text: str, marked: Span, within: Span) -> Numbered | None:
    """The number in marked words of a sentence; ``None`` where there is none that a rule reads."""
    for one in sums(text, within):
        if one.span.meets(marked):
            return Numbered(around(one.span, marked), Figure(quantity=one.amount, unit=one.currency))
    for unit, found in (("percent", percentages(text, within)), ("share", shares(text, within))):
        for share in found:
            if share.span.meets(marked) and not text[: share.span.start].endswith("and "):
                return Numbered(around(share.span, marked), Figure(quantity=share.quantity, unit=unit))
    if often := _often(marked.of(text)):
        return Numbered(marked, Figure(quantity=often, unit="times"))
    count = next((one for one in counts(text, within, spelled=True) if one.span.meets(marked)), None)
    return _counted(text, marked, within, count) if count else None


def around(one: Span, other: Span) -> Span:
    """From where the first of two spans begins to where the last ends."""
    return Span(min(one.start, other.start), max(one.end, other.end))


_TIMES = re.compile(r"(?:(?:about|some|nearly|almost|more than|at least|only)\s+)?(?:(?P<word>twice|thrice)|(?P<number>\w+?)-?fold)", re.IGNORECASE)


def _often(words: str) -> int | float | None:
    """How often "twice" and "elevenfold" say that something is."""
    times = _TIMES.fullmatch(words)
    if times is None:
        return None
    if times["word"]:
        return 2 if times["word"].lower() == "twice" else 3
    number = next(counts(times["number"], Span(0, len(times["number"])), spelled=True), None)
    return number.quantity if number else None


_HALF = re.compile(r"\s+and a half\b", re.IGNORECASE)


def _counted(text: str, marked: Span, within: Span, count: Count) -> Numbered:
    whole = around(count.span, marked)
    half = _HALF.match(text, count.span.end, within.end)
    quantity = count.quantity + (0.5 if half else 0)
    if unit := _unit(text, half.end() if half else count.span.end, whole.end, within.end):
        return Numbered(Span(whole.start, unit[1]), Figure(quantity=quantity, unit=unit[0]))
    before = _told_beside(text, count, within)
    return Numbered(whole, Figure(quantity=quantity, unit=before) if before else None)


_OF = re.compile(
    r"\s+of\s+(?:(?:the|these|those|its|his|her|their|our|my|all|[A-Z][\w.-]*(?:\s[A-Z][\w.-]*)*[’']s?)\s+)?"
    r"(?:(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)\s+)?(?=[^\W\d_])"
)
"""What may stand between a number and what it is a part of: "three of those seven motions"."""

_BOUND = re.compile(r"[;:.()\[\]|\n\"”“—–]|,(?!\s\w+\s)")
"""What ends the words behind a number; a comma may part two of what kind they are."""


def _unit(text: str, start: int, marked: int, end: int) -> tuple[str, int] | None:
    """What is counted, and where it ends: of the words behind the number up to the first small one the last that is marked, else the first."""
    if part := _OF.match(text, start, end):
        start = part.end() - 1
    if text[start : start + 1] == ",":
        return None
    bound = _BOUND.search(text, start, end)
    words = list(re.finditer(r"[^\W\d_][\w’'-]*", text[start : bound.start() if bound else end]))
    longest = 1 if text[start : start + 1] in "-\N{NON-BREAKING HYPHEN}" else LONGEST_UNIT
    phrase = list(itertools.takewhile(lambda match: match.group().lower() not in _NOT_COUNTED, words[:longest]))
    nouns = [match for match in phrase if match.group().lower() not in _JOINS]
    inside = [match for match in nouns if start + match.end() <= marked]
    best = (_without_deed(inside) or _without_deed(nouns[:1]))[-1:]
    return (best[0].group().lower(), max(marked, start + best[0].end())) if best else None


def _without_deed(words: Sequence[re.Match[str]]) -> Sequence[re.Match[str]]:
    """Without participles and past tenses at the end: "three listeners complained"."""
    kept = list(words)
    while kept and re.search("[^e]ed$", kept[-1].group()):
        kept.pop()
    return kept


def _told_beside(text: str, count: Count, within: Span) -> str | None:
    """What the number beside it counts: "four patients, two of whom died", "from nine to 14 counts"."""
    others = [one for one in counts(text, within, spelled=True) if one.span != count.span]
    joined = next((one for one in others if one.span.start >= count.span.end and _JOINED.fullmatch(text, count.span.end, one.span.start)), None)
    before = next((one for one in reversed(others) if one.span.end <= count.span.start), None)
    other = joined or (before if _PART.match(text, count.span.end) or (before and _JOINED.fullmatch(text, before.span.end, count.span.start)) else None)
    unit = _unit(text, other.span.end, other.span.end, within.end) if other else None
    return unit[0] if unit else None


_JOINED = re.compile(r"\s*(?:of|to|or|and|of the|-|–)\s*(?:the\s)?")
_PART = re.compile(r"\s+of\s+(?:them|whom|which)\b")

LONGEST_UNIT = 6
"""Words that may tell what is counted: "present and former women clerks"."""

_JOINS = frozenset({"and", "or", "other", "more", "further", "additional", "such"})
_NOT_COUNTED = frozenset(
    "a an the he she it they we who that this these those was were is are has have had could would will may can did do does be been of in at on by to for from"
    " with as over under but not today now then when while left less each apiece after before until since during per if than so there here against among around"
    " between near inside outside within without including across into onto upon because whose which whom where its his her their them us being must cannot some"
    " any all no never already according".split()
)
"""Words behind a number that say nothing of what is counted."""
