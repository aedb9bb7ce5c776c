"""Who sues whom, by the verbs and nouns that say so: "X was sued by Y", "lawsuit against X"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from casebrief.service.domain.names import NAME, clean, is_specific
from casebrief.service.domain.schema import Side
from casebrief.service.domain.spans import Span

_SUIT = r"(?:lawsuits?|suits?|complaints?|class[- ]action(?: lawsuits?| suits?| complaints?)?|legal action|defamation action|action|case|litigation|claims?|charges|proceedings|indictment)"
_ADVERB = r"(?:(?:has|have|had|also|now|today|reportedly|on \w+day|last \w+)\s+){0,4}"
_BREAK = r"(?:,[^,.;]{2,80},)?"
_NAME = rf"(?P<name>(?:the\s+|The\s+)?{NAME})"
_VERB_DEFENDANT = r"(?:sued\b(?! by \w+ and won)|accused\b|charged\b|indicted\b|hit with (?:a|an)\b|taken to court\b|named (?:as )?(?:a )?defendants?\b)"

_DEFENDANT = (
    rf"{_NAME}{_BREAK}\s+(?:has\s+|have\s+|had\s+)?(?:reportedly\s+)?(?:been|was|were|is being|are being|is|got)\s+(?:reportedly\s+|also\s+)?{_VERB_DEFENDANT}",
    rf"{_NAME}{_BREAK}\s+(?:is|are|was|now)?\s*(?:facing|faces|faced|fighting|fights)\s+(?:a|an|the|two|several)\s+(?:\w+[\s-]+){{0,4}}{_SUIT}",
    rf"\b(?:sued|sue|sues|suing)\s+{_NAME}",
    rf"\b(?:accuses|accused|accusing)\s+{_NAME}{_BREAK}\s+of\b",
    rf"\b{_SUIT}\s+(?:filed\s+)?(?:\w+\s+){{0,3}}against\s+{_NAME}",
    rf"\b(?:lawsuit|suit|complaint)(?:,[^,.;]{{2,80}},)?\s+names\s+{_NAME}",
    rf"{_NAME}{_BREAK}\s+(?:is|are|was|were)(?:\s+\w+)?\s+(?:a\s+|the\s+)?(?:co-)?defendants?\b",
    rf"{_NAME}{_BREAK}\s+(?:has\s+|have\s+)?(?:agreed\s+to|will)\s+(?:pay\s+(?:[^,.;]|[.,](?=\d)){{2,40}}\s+to\s+)?(?:settle|resolve)\b",
)
_PLAINTIFF = (
    rf"{_NAME}{_BREAK}\s+{_ADVERB}(?:sued|sues|is suing|are suing|filed (?:a|an|the|suit|its|his|her|their)\s?(?:\w+[\s-]+){{0,4}}(?:lawsuit|suit|complaint|class action)?\s?(?:against|in|on)\b|brought (?:a|an|the) (?:\w+ ){{0,3}}(?:lawsuit|suit|case|action)|took .{{1,30}} to court|launched (?:a |an )?(?:\w+ )?(?:legal )?action)",
    rf"\b(?:sued|filed|brought|lodged)(?:\s+(?:on|last)?\s*\w+day)?(?:\s+in\s+[^,.;]{{3,60}}?)?\s+by\s+(?:the\s+|(?:an?|the)\s+[a-z][a-z\s-]{{3,40}},\s+)?{_NAME}",
    rf"\b(?:lead |named |the )plaintiffs?,?\s+{_NAME}",
    rf"{_NAME}{_BREAK}\s+(?:is|was|are|were)\s+(?:the|a|one of the)\s+(?:lead |named )?(?:plaintiff|claimant)s?\b",
)
_BY_SIDE: tuple[tuple[Side, tuple[str, ...]], ...] = (("defendant", _DEFENDANT), ("plaintiff", _PLAINTIFF))
_PATTERNS = tuple((side, re.compile(pattern)) for side, group in _BY_SIDE for pattern in group)
_AGAIN = re.compile(r"\b(?:unrelated|another|separate|countersued|counter-sued|threatened to sue|could sue|may sue|considering)\b", re.IGNORECASE)


@dataclass(frozen=True)
class PartyMention:
    """A name that a sentence puts on one side of the case."""

    side: Side
    span: Span
    name: str


def party_mentions(text: str, sentence: Span) -> Iterator[PartyMention]:
    """The parties that a sentence names by its verbs; nothing where it speaks of more than one suit."""
    if _AGAIN.search(sentence.of(text)):
        return
    seen: set[tuple[Side, int]] = set()
    for side, pattern in _PATTERNS:
        for match in pattern.finditer(text, sentence.start, sentence.end):
            span = clean(text, Span(*match.span("name")))
            if span and is_specific(span.of(text)) and (side, span.start) not in seen and not _is_place(text, span):
                seen.add((side, span.start))
                yield PartyMention(side, span, span.of(text))
                if side == "defendant":
                    yield from _others(text, span, sentence)


_AND = re.compile(
    rf"(?:,\s+(?P<middle>{NAME}))?,?\s+and\s+(?:the\s+)?(?P<last>{NAME})(?=\s+(?:over|for|of|in|on|with|to|alleging|claiming|accusing|from|at)\b|[,.;]|$)"
)


def _others(text: str, first: Span, sentence: Span) -> Iterator[PartyMention]:
    """Defendants named in one breath with the first: "sued Norvane, Plinth Inc and Ober over"."""
    match = _AND.match(text, first.end, sentence.end)
    for group in ("middle", "last") if match else ():
        if match and match.group(group) and (span := clean(text, Span(*match.span(group)))) and is_specific(span.of(text)):
            yield PartyMention("defendant", span, span.of(text))


def _is_place(text: str, span: Span) -> bool:
    """Whether a name is a place or a group: "in California", "Ohio residents", "a Tacoma woman"."""
    before = text[max(0, span.start - 12) : span.start]
    after = text[span.end : span.end + 20]
    return bool(
        re.search(r"\b(?:in|near|outside|from|across)\s+(?:the\s+)?$", before)
        or re.match(
            r"[\s-](?:based|residents?|couple|woman|man|men|women|users?|customers?|workers?|employees?|premium|members?|shareholders?)\b", after, re.IGNORECASE
        )
    )
