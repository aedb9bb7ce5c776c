"""What was decided: settlements, fines, awards, and what a judge or jury did."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.money import Sum, sums
from casebrief.service.domain.names import SUFFIX, is_specific, mentions, names, same_name
from casebrief.service.domain.schema import LONGEST_VALUE, Money, Relief, ReliefKind
from casebrief.service.domain.spans import Span, trimmed

SUBJECT = 30
"""Characters before "judge" or "jury" that still belong to its name ("A Manhattan federal jury")."""

_SETTLES = re.compile(r"\b(?:agreed to (?:pay|settle)|to pay|will pay|settle[sd]?|settlement|deal)\b", re.IGNORECASE)
_FINES = re.compile(r"\b(?:fined|fine of|penalty of|imposed a)\b", re.IGNORECASE)
_AWARDS = re.compile(r"\b(?:awarded|ordered .{2,60} to pay|verdict|jury .{0,60}(?:awarded|gave|ordered))\b", re.IGNORECASE)
_RESTITUTION = re.compile(r"^\W*(?:in|as|of) restitution\b", re.IGNORECASE)
_FORFEIT = re.compile(r"\bforfeit\w*\s+(?:\w+\s+)?$", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:if|could|would|may|might|seek(?:s|ing)?|asks?|asked|wants?|expects?|had put|would not|no more than|prior|unrelated|sought|claims?)\b", re.IGNORECASE
)
_DECIDER = r"(?:(?:[Aa]|[Tt]he|[Tt]his|U\.S\.|US|federal|state|District|Circuit|Senior|Magistrate|appeals|High|Mr|Mrs|Ms|Lord|Lady)\s+)*(?:[Jj]udge(?:\s+(?:[A-Z]\.\s)?[A-Z][\w-]+(?:\s(?:[A-Z]\.\s)?[A-Z][\w-]+){0,2})?(?:\s+in\s+[A-Z]\w+(?:\s[A-Z]\w+)?)?|[Cc]ourt|[Jj]ury|[Jj]urors|Justice\s+[A-Z][\w-]+|[Tt]ribunal|[Pp]anel|He|She)"
_DID = (
    r"(?:ruled|held|found|dismissed|denied|granted|rejected|refused|approved|certified|ordered|struck out|threw out|has thrown out|sentenced|let|allowed|convicted|acquitted|awarded|signed off"
    r"|signed|turned down|has made|has ruled|has ordered|blocked|barred|declined|vacated|upheld|affirmed|reversed|gave preliminary approval|cleared)"
)
_RULES = re.compile(rf"\b{_DECIDER}(?:,[^,.;]{{2,60}},)?\s+(?:has |have |had )?(?:also |then |unanimously |preliminarily |on \w+day |\w+day )?{_DID}\b")
_TOLD = re.compile(r"(?:\s+on \w+day|\s+\w+day)?(?=[,.;])")
_NEGATED = re.compile(r"\bno (?:\w+ )?(?:court|judge)\b|\bhas not ruled\b|\bhad not ruled\b", re.IGNORECASE)


def rulings(view: View) -> Iterator[Evidence]:
    """Settlement sums, fines and awards with a party in the sentence, and sentences in which a court decides."""
    for sentence in view.own:
        if _NEGATED.search(sentence.text):
            continue
        paid = list(_paid(view, sentence))
        yield from paid
        if match := _RULES.search(sentence.text):
            if said := _TOLD.match(sentence.text, match.end()):
                whole = trimmed(view.article.text, sentence.span.start, sentence.span.start + said.end())
                if whole and match.start() > SUBJECT and whole.end - whole.start <= LONGEST_VALUE:
                    yield copied("rulings", view.article.id, view.article.text, whole, 0.8, Relief(kind="other"))
                continue
            start = 0 if match.start() <= SUBJECT and "," not in sentence.text[: match.start()] else match.start()
            span = _clause(view.article.text, sentence.span, sentence.span.start + start)
            if span and not _UNSURE.search(sentence.text[max(0, match.start() - 12) : match.end()]):
                yield copied(
                    "rulings", view.article.id, view.article.text, span, 0.8, Relief(kind=order_kind(match.group() + span.of(view.article.text)[:120]))
                )


def order_kind(words: str) -> ReliefKind:
    """An order without a sum: an injunction by its own words, else other."""
    return "injunction" if re.search(r"injunction|restraining order|blocked|barred", words, re.IGNORECASE) else "other"


def _clause(text: str, sentence: Span, start: int) -> Span | None:
    """The sentence from the decider on, without a trailing attribution."""
    end = min(sentence.end, start + LONGEST_VALUE)
    span = trimmed(text, start, end)
    if span and text[span.end - 1] == "." and not re.search(r"\b[A-Z]\.$|\bInc\.$", span.of(text)):
        span = Span(span.start, span.end - 1)
    return span


def _paid(view: View, sentence: Sentence) -> Iterator[Evidence]:
    if not any(mentions(sentence.text, name) for name in view.case.names) and not _is_ours(sentence):
        return
    text = view.article.text
    for found in sums(text, sentence.span):
        kind = sum_kind(text, sentence, found)
        if kind and _payer_is_ours(view, sentence, found):
            normalized = Money(kind=kind, amount=found.amount, currency=found.currency, per=found.per, qualifier=found.qualifier)  # type: ignore[arg-type]
            yield copied("rulings", view.article.id, text, found.span, 0.88, normalized)


def _is_ours(sentence: Sentence) -> bool:
    """Whether a sentence without a party's name still speaks of the defendant: "the company", and no other company."""
    return bool(re.search(r"\bthe (?:company|firm|chain|settlement|deal)\b", sentence.text, re.IGNORECASE)) and not re.search(SUFFIX, sentence.text)


def _payer_is_ours(view: View, sentence: Sentence, found: Sum) -> bool:
    """Whether the name nearest before a sum is a party's, or "the company" stands between; places do not count."""
    before = view.article.text[sentence.span.start : found.span.start]
    named = [
        span
        for span in names(before, Span(0, len(before)))
        if is_specific(span.of(before)) and not re.search(r"\b(?:in|at|from|near|of|judge|Judge|Justice|on)\s+(?:the\s+)?$", before[: span.start])
    ]
    if not named:
        return True
    last = named[-1]
    return any(same_name(last.of(before), name) or mentions(last.of(before), name) for name in view.case.names) or bool(
        re.search(r"\b(?:the (?:\w+ )?(?:company|firm|chain|maker|bank)|it|him|her|them)\b", before[last.end :])
    )


def is_unsure(text: str, sentence: Sentence, found: Sum) -> bool:
    """Whether the words before a sum only ask for it, or say what might be."""
    return bool(_UNSURE.search(text[max(sentence.span.start, found.span.start - 80) : found.span.start]))


def sum_kind(text: str, sentence: Sentence, found: Sum) -> str | None:
    """What a sum was paid or ordered for, judged by the words within its clause."""
    before = text[max(sentence.span.start, found.span.start - 80) : found.span.start]
    after = text[found.span.end : min(sentence.span.end, found.span.end + 60)]
    if (
        _UNSURE.search(before)
        or re.search(r"\b(?:not the|instead of|rather than|down from|up from|from)\s+$", before)
        or re.search(r"\b(?:revenue|worth of|shares|market value|investment)\b", after)
    ):
        return None
    if _FINES.search(before):
        return "fine"
    if _RESTITUTION.search(after[:30]):
        return "restitution"
    if _FORFEIT.search(before[-30:]):
        return "other"
    if _AWARDS.search(before):
        return "damages"
    if re.match(r"\s*(?:[\w-]+\s){0,2}settlement\b", after):
        return "settlement"
    if _SETTLES.search(before) and re.search(r"\bsettle|\bdeal|\bresolve|\bclass action|\bend\b", before + after + sentence.text, re.IGNORECASE):
        return "settlement"
    return None
