"""Direct speech: what stands between quotation marks, and who is said to have said it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from casebrief.service.domain.names import NAME, SUFFIX, clean, is_specific, names
from casebrief.service.domain.spans import Span

_MARKS = re.compile(r"“(?P<a>[^“”]{2,900})”|\"(?P<b>[^\"“”\n]{2,900})\"|(?<![\w’])‘(?P<c>(?:[^‘’\n]|’(?=\w)){12,900})’(?!\w)")
_SPEECH = r"(?:said|says|say|told|tells|wrote|writes|added|adds|argued|stated|states|stressed|insisted|asked|called|explained|testified|posted|tweeted|noted|commented|declared|responded|replied|claimed|warned|read)"
_TITLE = r"(?:(?:the |a |an |its |company |chief executive |CEO |managing director |general manager |spokes(?:man|woman|person) |attorney |lawyer |lead counsel |judge |Judge |Attorney General |Assistant Attorney General |Chief Executive |Mr |Ms |Mrs |Dr )*)"
_DOCUMENT = r"(?:[Tt]he |[Tt]heir |[Ii]ts )(?:complaint|lawsuit|suit|filing|statement|judge|company|order|document|petition)"
_ROLE = r"(?:[Aa]n? |[Tt]he )(?:[A-Z][\w’'&.-]+ )*(?:spokes(?:man|woman|person)|representative|lawyer|attorney)(?: for (?:the )?[A-Z][\w’'&. -]{1,40}?)?"
_WHO = rf"(?P<who>{_TITLE}{NAME}(?:\s+spokes(?:man|woman|person))?|{_ROLE}|{_DOCUMENT})"
_WHO_FIRST = _WHO.replace("<who>", "<first>")
_AFTER = re.compile(rf"^,?\s*(?:(?:{_SPEECH})\s+{_WHO}|{_WHO_FIRST}(?:(?:,\s[^,;\"“]{{1,70}}){{1,3}},)?\s+(?:reportedly |also |later |had )?{_SPEECH}\b)")
_AFTER_ROLE = re.compile(rf"^,?\s*{_SPEECH}\s+(?:the|her|his|their|its|an?)\s[^,;.\"“]{{2,60}},\s+(?P<who>{NAME})")
_BEFORE = re.compile(
    rf"{_WHO}(?:,[^,.;\"“”]{{2,90}},)?\s+(?:has |had |have )?(?:reportedly |also |later |then )?{_SPEECH}\b(?P<gap>(?:\s+(?:in|on|at|to|during|after|by|outside|from|later|via|of|through|reporters|last|this|earlier|(?:[A-Z]\w+day))\b[^\"“”.;]{{0,80}}?)?)(?:,?\s+that)?[,:]?\s*$"
)
_CALLS = re.compile(rf"{_WHO}\s+(?:describ(?:ed|es|ing)|call(?:ed|s|ing)|dismiss(?:ed|es|ing))\s+(?:them|it|the [\w ]{{3,30}})\s+(?:as\s+)?$")
_TOLD = re.compile(rf"{_WHO}\s+told\s+(?:the\s+)?[A-Z][\w ]{{1,30}}\s+(?:that\s+)?.{{0,60}}?\b(?:was|were|is|are)\s+(?:made up of|based on|nothing but)?\s*$")
_SPOKESPERSON_AS = re.compile(r"(?:with|through)\s+(?P<who>a\s+(?:company\s+)?spokes(?:man|woman|person))\s+(?:describing|calling)\s+(?:them|it)\s+(?:as\s+)?$")


WITHIN = 20_000
"""Characters around a name in which the rest of what the text says of it is looked for: long texts stay quick."""


@dataclass(frozen=True)
class Quotation:
    """``span`` is inside the marks, without a comma that belongs to the sentence around; ``speaker`` may be unknown.

    ``begun`` is where the quotation's first part starts: its own start, or another's that an attribution broke off.
    """

    span: Span
    outer: Span
    speaker: Span | None
    begun: int


def quotations(text: str, paragraph: Span) -> Iterator[Quotation]:
    """Quoted words of a paragraph that are credited to somebody; halves of a broken quotation come one by one."""
    matches = list(_MARKS.finditer(text, paragraph.start, paragraph.end))
    last: Quotation | None = None
    for index, match in enumerate(matches):
        kind = next(name for name in "abc" if match.group(name))
        start, end = match.span(kind)
        while end > start and text[end - 1] in ", ":
            end -= 1
        if end - start < 3:
            continue
        floor = matches[index - 1].end() if index else paragraph.start
        ceiling = matches[index + 1].start() if index + 1 < len(matches) else paragraph.end
        speaker = _speaker(text, floor, match.start(), match.end(), ceiling)
        begun = start
        if last is not None and (speaker is None or speaker == last.speaker) and _goes_on(text, floor, match.start()):
            speaker, begun = last.speaker, last.begun
        last = Quotation(Span(start, end), Span(*match.span()), speaker, begun)
        yield last


def _speaker(text: str, floor: int, start: int, end: int, ceiling: int) -> Span | None:
    after = text[end : min(ceiling, end + 140)]
    before = text[max(floor, start - 200) : start]
    found = _AFTER.match(after)
    if found:
        group = "who" if found.group("who") else "first"
        return _cleaned(text, end + found.start(group), end + found.end(group))
    if by_role := _AFTER_ROLE.match(after):
        return _cleaned(text, end + by_role.start("who"), end + by_role.end("who"))
    last_sentence = max(before.rfind(". "), before.rfind("? "), before.rfind("! "))
    if last_sentence >= 0 and not re.search(r"\b(?:Mr|Ms|Mrs|Dr|Inc|Corp|Jr|U\.S)$", before[:last_sentence]):
        before = before[last_sentence + 2 :]
    for pattern in (_BEFORE, _CALLS, _TOLD, _SPOKESPERSON_AS):
        if match := pattern.search(before):
            if pattern is _BEFORE and re.search(r"\b(?:opting|data|link|policy)\b", match.group("gap")):
                continue
            offset = start - len(before)
            return _cleaned(text, offset + match.start("who"), offset + match.end("who"))
    return None


def _cleaned(text: str, start: int, end: int) -> Span:
    span = clean(text, Span(start, end))
    words = text[start:end]
    if span is not None and not re.match(r"(?:[Aa]n?|[Tt]he|[Tt]heir|[Ii]ts)\s", words):
        return span
    article = re.match(r"(?:the|a|an|its|their|The|A|An|Its|Their)\s+", words)
    return Span(start + (article.end() if article else 0), end)


def _goes_on(text: str, floor: int, start: int) -> bool:
    """Whether the words between two quotations only credit the first ("…," she said. "…")."""
    return len(text[floor:start]) < 120 and bool(re.search(rf"\b{_SPEECH}\b", text[floor:start]))


_PRONOUN_SPEAKS = re.compile(rf"\b(?:he|she)\s+(?:also\s+|later\s+|then\s+|reportedly\s+)?{_SPEECH}\b|\b{_SPEECH}\s+(?:he|she)\b", re.IGNORECASE)
_SOMEBODY_SPEAKS = re.compile(rf"\bthe\s+[\w’'-]+(?:\s[\w’'-]+){{0,5}}\s+{_SPEECH}\b", re.IGNORECASE)
_NO_PERSON = re.compile(
    rf"{SUFFIX}$|\b(?:Court|Commission|Department|University|Agency|News|Times|County|District|Street|Road|Union|Association|Party|Act|House|Office|Bureau|Board|Hospital|School|College|Council|Police|Church|City|North|South|East|West|United)\b"
)


_PERSON = re.compile(r"(?:(?!(?:After|Over|With|For|Amid|As|From|Into)\b)(?:[A-ZÀ-Þ][\w’']*[a-zß-ÿ](?:-[A-ZÀ-Þ][\w’']*[a-zß-ÿ])?|[A-Z]\.)(?:\s|$))+")
_PLACED = re.compile(r"\b(?:in|from|at|near|of|under|outside|to)\s+(?:the\s+)?$")


def leans_on_another(text: str, quotation: Quotation, sentence: Span) -> bool:
    """Whether a quotation without a named speaker is credited to somebody told of before: "she said", or nobody where it stands alone."""
    around = text[sentence.start : quotation.outer.start] + " " + text[quotation.outer.end : sentence.end]
    alone = not re.search(r"\w", around)
    return alone or bool(_PRONOUN_SPEAKS.search(around) or _SOMEBODY_SPEAKS.search(around))


def last_person(text: str, before: Iterable[Span]) -> Span | None:
    """The person whom sentences (given from the nearest back) name last: two or three capitalised words, no organisation's.

    A surname alone is given in the full form that the text has for it.
    """
    for sentence in before:
        for span in reversed(list(names(text, sentence))):
            full = _full_form(text, span)
            if full is not None and not _is_quoted(text, sentence, span):
                near = text[max(0, full.start - WITHIN) : full.end + WITHIN]
                # A name that may be a place or a firm leaves it open: somebody further back would be a guess.
                return full if _acts_as_a_person(near, full.of(text)) else None
    return None


def _acts_as_a_person(text: str, name: str) -> bool:
    """Whether the text anywhere says of a name what is said of people: that they speak, their age, their title or trade."""
    surname = re.escape(name.rsplit(maxsplit=1)[-1])
    after = rf"{surname}(?:\s(?:also |later |reportedly |had |has )?{_SPEECH}\b|,\s(?:\d{{1,3}},|an?\s|the\s|who\b|whose\b))"
    before = rf"\b(?:Mr|Ms|Mrs|Dr|Judge|Justice|[Ss]pokes\w+|[Ll]awyer|[Aa]ttorney|[Pp]rofessor|{_SPEECH})\.?,?\s(?:[A-Z][\w’'-]+\s)?{surname}\b"
    return bool(re.search(after, text) or re.search(before, text))


def _full_form(text: str, span: Span) -> Span | None:
    words = span.of(text)
    if _NO_PERSON.search(words) or not _PERSON.fullmatch(words) or _PLACED.search(text[max(0, span.start - 12) : span.start]):
        return None
    if 2 <= len(words.split()) <= 3:
        return span if is_specific(words) else None
    match = re.search(rf"(?<![\w.])(?:[A-Z][\w’'-]+\s(?:[A-Z]\.\s)?){{1,2}}{re.escape(words)}(?![\w-])", text[max(0, span.start - WITHIN) : span.start])
    offset = max(0, span.start - WITHIN)
    full = clean(text, Span(offset + match.start(), offset + match.end())) if match else None
    return full if full and 2 <= len(full.of(text).split()) <= 3 and not _NO_PERSON.search(full.of(text)) else None


def _is_quoted(text: str, sentence: Span, span: Span) -> bool:
    return any(match.start() < span.start < match.end() for match in _MARKS.finditer(text, sentence.start, sentence.end))
