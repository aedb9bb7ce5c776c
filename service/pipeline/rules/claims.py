"""What the suit says and wants: causes of action, allegations, relief."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.evidence import Evidence, copied
from casebrief.service.domain.money import sums
from casebrief.service.domain.schema import LONGEST_VALUE, Cause, Money, Relief
from casebrief.service.domain.spans import Span, trimmed
from casebrief.service.pipeline.statutes import law_phrases

_PLAINTIFF = (
    r"(?:(?:the |its |their |this |a |an |new |proposed |amended |federal |administrative )*(?:lawsuit|suit|complaint|legal (?:action|filing|challenge)|class[- ]action(?: lawsuit| suit| complaint)?|indictment"
    r"|plaintiffs?|claimants?|prosecutors|petition|statement of claim|pleading|customers|users|workers|authors|writers|investors|shareholders|couple|agency|regulators?))"
)
_PAPER = r"(?:(?:the |its |their |this |a |an |new |proposed |amended |federal |administrative )*(?:lawsuit|suit|complaint|legal (?:action|filing)|class[- ]action(?: lawsuit| suit| complaint)?|indictment|petition|statement of claim|pleading))"
_CLAIMS = r"(?:(?:further |also |then |now )?(?:claims?|claimed|alleges?|alleged|contends?|contended|argues?|argued|asserts?)|have alleged|have claimed|point(?:s|ed)? out)"
_SAYS_VERB = r"(?:(?:further |also |then |now )?(?:says?|said|states?|stated))"
_BETWEEN = r"(?:,[^,.;]{2,80},|\s+\([^)]{2,60}\))?(?:\s+in the \w+)?\s+"
_SAYS = re.compile(
    rf"(?<!in )(?<!to )\b(?:{_PLAINTIFF}{_BETWEEN}{_CLAIMS}|{_PAPER}{_BETWEEN}{_SAYS_VERB})\s+(?:that\s+)?(?P<what>[^;:]+?)(?=[.;]?$|, according to|, which the company|;)",
    re.IGNORECASE,
)
_ACCUSES = re.compile(
    r"\b(?:accus(?:es|ed|ing)\s+(?:the |its )?(?:[^,.;]|\.(?=\S)|,(?=\s[A-Z])){2,90}?\s+of|accused\s+(?:[^,.;]{2,40}\s+)?of|sued\s+(?:[^,.;]{2,60}\s+)?for\s+allegedly|for\s+allegedly|(?:over|resolves?|settles?|faces?|facing)\s+(?:\w+\s)?(?:claims|allegations|accusations)\s+that\s+(?:it|they|the (?:company|firm)|he|she))\s+(?P<what>[^.;]+?)(?=,? (?:according to|in what|the latest)\b|, (?:a|the) (?:lawsuit|complaint|suit)|[.;]|$)",
    re.IGNORECASE,
)
_ALLEGING = re.compile(r"\balleging\s+(?:that\s+)?(?P<what>[^.;]+?)(?=[.;]|$)", re.IGNORECASE)
_TRAILING = re.compile(
    r"^(?P<what>[^“”\"].{25,400}?),\s+(?:the |its )?(?:lawsuit|suit|complaint|plaintiffs?|filing|indictment|agency)\s+(?:claims?|alleges?|alleged|says?|said|contends?|argues?|states?)\.?$",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    r"^According to (?:the |a )?(?:lawsuit|suit|complaint|indictment|(?:legal |court )?filing|statement of claim)(?:\s+filed[^,]{0,60})?,\s+(?P<what>.{25,400}?)\.?$",
    re.IGNORECASE,
)
_CREDIT = re.compile(r",\s+(?:(?:the\s+)?[A-Z][\w’']+(?:\s[A-Z][\w’']+){0,4}|(?:the |its )?[a-z]+(?:\s[a-z]+)?)\s+(?:said|says|say|announced|showed?)\b[^,]*$")
_NO_ALLEGATION = re.compile(
    r"\b(?:seek|seeks|sought|ask(?:s|ed|ing)? for|damages|filed|on behalf of|no merit|denie[sd]|would (?:seek|ask)|wants?|represent|lawyer|settle|class action|the court to|trial|hearing|brought under|broader implications)\b",
    re.IGNORECASE,
)


def allegations(view: View) -> Iterator[Evidence]:
    """What the suit says was done: the words that it is credited with."""
    text = view.article.text
    for sentence in view.own:
        for pattern, confidence in ((_SAYS, 0.78), (_ACCUSES, 0.85), (_ALLEGING, 0.82), (_TRAILING, 0.82), (_ACCORDING, 0.8)):
            match = pattern.search(text, sentence.span.start, sentence.span.end) if pattern not in (_TRAILING, _ACCORDING) else pattern.match(sentence.text)
            if match is None:
                continue
            offset = sentence.span.start if pattern in (_TRAILING, _ACCORDING) else 0
            start, end = match.span("what")
            span = trimmed(text, start + offset, end + offset)
            credit = _CREDIT.search(span.of(text)) if span else None
            span = trimmed(text, span.start, span.start + credit.start()) if span and credit else span
            if span and _is_allegation(span.of(text)):
                yield copied("allegations", view.article.id, text, span, confidence)
                break


def _is_allegation(words: str) -> bool:
    if re.match(r"(?:is|was|are|were|has|had|of|in|claims|it would|they would)\b", words):
        return False
    return (
        len(words.split()) >= 4
        and len(words) <= LONGEST_VALUE
        and not _NO_ALLEGATION.search(words)
        and words.count('"') % 2 == 0
        and words.count("“") == words.count("”")
    )


_CLAIM_CUE = re.compile(
    r"\b(?:violat\w+|breach\w*|under|claims?|alleg\w+|accus\w+|sue[sd]?|suing|lawsuit|suit|complaint|counts?|charged|charges|convicted|guilty|infring\w+|pleaded|based on|rest on|asserts?|cause of action|for)\b",
    re.IGNORECASE,
)
_CAUSE_CONTEXT = re.compile(
    r"\b(?:lawsuit|suit|complaint|sue[sd]?|suing|claims?|alleg\w+|accus\w+|seeks?|plaintiffs?|counts?|charged|convicted|guilty|violat\w+|infring\w+|pleading|broke|action)\b",
    re.IGNORECASE,
)
_CAUSE_NEVER = re.compile(r"\b(?:fair use|preempts?|which took effect|says employers|wants actual|precedent|Rule 50|R\. Civ)\b", re.IGNORECASE)


def causes_of_action(view: View) -> Iterator[Evidence]:
    """Laws and theories in sentences that say what the suit is brought for."""
    text = view.article.text
    for sentence in view.own:
        if not (_CLAIM_CUE.search(sentence.text) and _CAUSE_CONTEXT.search(sentence.text)) or _CAUSE_NEVER.search(sentence.text):
            continue
        for phrase in law_phrases(text, sentence.span):
            name = phrase.span.of(text)
            yield copied("causes_of_action", view.article.id, text, phrase.span, 0.85, Cause(name=name, jurisdiction=phrase.jurisdiction))


_COUNTS = re.compile(r"\b(?P<number>\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+counts?\s+of\s+$", re.IGNORECASE)
_MORE_COUNTS = re.compile(
    r"(?:,\s+|,?\s+and\s+)(?:\d+|[a-z]+)\s+counts?\s+of\s+(?:\w+\s+){1,3}?(?:fraud|laundering|theft|conspiracy|bribery|perjury|evasion|obstruction|manslaughter)\b"
)
_CHARGED = re.compile(r"\b(?:charged|charges|charging|faces?|facing|indict\w+|accused)\b", re.IGNORECASE)


def charges(view: View) -> Iterator[Evidence]:
    """How many counts of an offence somebody is charged with; compared between articles, and no field of the summary."""
    text = view.article.text
    for sentence in view.own:
        if not _CHARGED.search(sentence.text):
            continue
        for phrase in law_phrases(text, sentence.span):
            before = _COUNTS.search(text, sentence.span.start, phrase.span.start)
            if before:
                more = _MORE_COUNTS.match(text, phrase.span.end, sentence.span.end)
                span = Span(before.start("number"), more.end() if more else phrase.span.end)
                yield copied("charges", view.article.id, text, span, 0.85, about=phrase.span.of(text).casefold())


_SEEKS = re.compile(
    r"\b(?:seek|seeks|seeking|sought|ask|asks|asked|asking|demand|demands|demanded|demanding|wants?|claiming|is asking|are asking)\b(?! to (?:dismiss|throw|move))",
    re.IGNORECASE,
)
_SEEKER = re.compile(
    r"\b(?:lawsuit|suit|complaint|it|plaintiffs?|claimants?|they|class action|action|agency|commission|legal filing|state|prosecutors|case|couple|family|workers|[A-Z]{3,5}|attorney general|despite)\b",
    re.IGNORECASE,
)
_NOT_RELIEF = re.compile(
    r"\b(?:dismiss|lawyers? for|settle|agreed|awarded|ordered|fined|motion|expert|more days|to answer|permission|analysts|counsel)\b", re.IGNORECASE
)
_DAMAGES = re.compile(
    r"\b(?:(?:unspecified|undisclosed|unstated|monetary|compensatory|punitive|statutory|treble|double|actual|exemplary|aggravated|liquidated|money)(?:,?\s+and\s+|,\s+|\s+)){0,4}damages\b(?! (?:of|totall))",
    re.IGNORECASE,
)
_OTHERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("injunction", re.compile(r"\b(?:an? |the )?(?:(?:permanent|preliminary|court|further|interim) )*(?:injunction(?: (?:against|blocking|barring|to)\b[^.;,]{3,80})?|(?:court )?order (?:blocking|barring|stopping|requiring|that the|against|to (?:stop|make|block))[^.;,]{3,80}|injunctive relief|order(?:ing)? (?:the )?(?:compan(?:y|ies)|defendants?|firms?|state|agency) to [^.;,]{3,100})\b", re.IGNORECASE)),
    ("declaration", re.compile(r"\b(?:declaratory (?:judgment|relief)|a declaration that[^.;,]{3,80})", re.IGNORECASE)),
    ("jury_trial", re.compile(r"\b(?:jury trial|trial by jury|demanded a jury)\b", re.IGNORECASE)),
)  # fmt: skip
_MONEY_LESS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("restitution", re.compile(r"\b(?:restitution|disgorgement)\b", re.IGNORECASE)),
    ("fine", re.compile(r"\bcivil penalt(?:y|ies)\b", re.IGNORECASE)),
    ("other", re.compile(r"\bback pay\b", re.IGNORECASE)),
    ("fees", re.compile(r"\b(?:attorneys?['’]? fees|legal (?:costs|fees))\b", re.IGNORECASE)),
)


def relief_sought(view: View) -> Iterator[Evidence]:
    """Sums, damages and orders that follow a verb of asking whose subject is the suit or those who brought it."""
    text = view.article.text
    for sentence in view.own:
        seeks = _SEEKS.search(sentence.text)
        if seeks is None or not _is_seeker(sentence, seeks.start(), view) or _NOT_RELIEF.search(sentence.text):
            continue
        within = Span(sentence.span.start + seeks.start(), sentence.span.end)
        yield from _relief_in(view, text, within)


def _is_seeker(sentence: Sentence, end: int, view: View) -> bool:
    before = sentence.text[:end]
    return bool(_SEEKER.search(before)) and not any(re.search(rf"{re.escape(name)}\W*$", before) for name in view.case.defendants)


def _relief_in(view: View, text: str, within: Span) -> Iterator[Evidence]:
    for found in sums(text, within):
        clause = text[found.span.start : min(within.end, found.span.end + 90)]
        kind = _kind(clause, text[max(within.start, found.span.start - 40) : found.span.start], found.per)
        normalized = Money(kind=kind, amount=found.amount, currency=found.currency, per=found.per, qualifier=found.qualifier)  # type: ignore[arg-type]
        yield copied("relief_sought", view.article.id, text, found.span, 0.92, normalized)
    for match in _DAMAGES.finditer(text, within.start, within.end):
        if not any(found.span.end <= match.start() <= found.span.end + 5 for found in sums(text, within)):
            kind = "statutory_damages" if "statutory" in match.group().lower() else "damages"
            yield _no_amount(view, text, Span(*match.span()), kind, 0.88)
    for kind, pattern in _MONEY_LESS:
        for match in pattern.finditer(text, within.start, within.end):
            yield _no_amount(view, text, Span(*match.span()), kind, 0.85)
    for kind, pattern in _OTHERS:
        for match in pattern.finditer(text, within.start, within.end):
            yield copied("relief_sought", view.article.id, text, Span(*match.span()), 0.85, Relief(kind=kind))  # type: ignore[arg-type]


_ANY_RELIEF = re.compile(r"(?:any |all |such )?(?:other|further|additional|appropriate)(?: and (?:other|further))? relief.*", re.IGNORECASE)


def relief_of(view: View, sentence: Sentence, asked: Span) -> Iterator[Evidence]:
    """The relief in words that are known to ask for some: what rules read in them, else the words themselves."""
    text = view.article.text
    found = [item for item in _relief_in(view, text, sentence.span) if item.span.meets(asked)]
    yield from found
    if not found and len(asked.of(text).split()) >= 2 and not _ANY_RELIEF.fullmatch(asked.of(text)) and asked.end - asked.start <= LONGEST_VALUE:
        yield copied("relief_sought", view.article.id, text, asked, 0.5, Relief(kind="other"))


def _no_amount(view: View, text: str, span: Span, kind: str, confidence: float) -> Evidence:
    normalized = Money(kind=kind, amount=None, currency=None, per=None, qualifier=None)  # type: ignore[arg-type]
    return copied("relief_sought", view.article.id, text, span, confidence, normalized)


def _kind(clause: str, before: str, per: str | None) -> str:
    around = before + clause
    if re.search(r"\b(?:penalt|fine)", around, re.IGNORECASE):
        return "fine"
    if re.search(r"\brestitution|disgorge", around, re.IGNORECASE):
        return "restitution"
    if re.search(r"\bstatutory\b", around, re.IGNORECASE) or (per and re.search(r"\bfor (?:each |alleged |any |every )?violat", clause, re.IGNORECASE)):
        return "statutory_damages"
    return "damages"
