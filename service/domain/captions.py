"""Captions ("De La Torre v. LinkedIn Corp"), and which of the cases in the articles is the one they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from casebrief.service.domain.article import Article, Sentence
from casebrief.service.domain.dockets import Docket, dockets
from casebrief.service.domain.names import NAME, clean, is_specific, key_words, mentions, same_name
from casebrief.service.domain.spans import Span

_MORE = r"(?:,?\s+(?:et\s+al\.?|and\s+others|and\s+another|&\s+Ors|&\s+Anor|&\s+others)(?!\w))?"
_SIDE = rf"(?:U\.S\.A?\.?|{NAME}(?:\s+and\s+{NAME})?)"
_CAPTION = re.compile(rf"(?P<plaintiff>{_SIDE}{_MORE})\s+(?:v\.?|vs\.?|versus)\s+(?P<defendant>{NAME}{_MORE})")
_REPORTED = re.compile(
    r"^[^;]{0,12}?(?:,?\s*\[(?:19|20)\d\d\]|,?\s*\d{1,4}\s+(?:U\.?\s?S\.?|F\.|S\.\s?Ct|F\.?\s?Supp|Cal|Ill|N\.?Y|A\.C)|\s*\((?:[^)]{0,20}\s)?(?:19|20)\d\d\))"
)
_CUE = re.compile(r"(?:\bcase (?:is|was)(?: called)?|captioned|styled|entitled|titled|\bcase,|\blawsuit,|\bin the case of|\()\s*$", re.IGNORECASE)
_BEFORE_SUIT = r"(?:(?!(?:of|after|for|to|that|in|by)\b)\w+\s){0,2}"
_SUIT = rf"{_BEFORE_SUIT}(?:(?:law)?suit|class\saction|case|(?:court|legal)\saction|petition)\b"
_SUITS = rf"{_BEFORE_SUIT}(?:(?:law)?suits|class\sactions|cases|actions|petitions)\b"
_ELSEWHERE = re.compile(
    r"\b(?:in (?:a|another) (?:separate|similar|related|parallel|comparable|different) (?:case|lawsuit|suit|action|matter|ruling|trial)"
    rf"|in (?:a|an) unrelated|separately,|(?:a|another) separate (?:case|lawsuit|suit)|another\s{_SUIT})",
    re.IGNORECASE,
)
"""What says that a sentence is of another case, even beside a name of ours: none of 65 such sentences of the training corpus states a fact."""

_OTHERS = re.compile(
    rf"\b(?:other\s{_SUITS}|(?:similar|parallel|companion|related|comparable|dozens\sof|hundreds\sof|thousands\sof|several)\s{_SUITS}"
    rf"|a\s(?:second|third|further|companion|parallel|related|similar|comparable|sister|twin|rival)\s{_SUIT}|(?:law)?suits?\sof\s(?:its|his|her|their)\sown"
    rf"|other\s(?:\w+\s){{1,4}}(?:have\s|has\s|had\s)?(?:sued\b|(?:filed|brought|launched|lodged)\s(?:an?|their own|separate)\s{_SUIT})"
    r"|no connection (?:to|with)|not the first|(?:lost|won|settled|dropped|brought) (?:his|her|its|their) (?:own )?(?:\w+ )?(?:case|suit|lawsuit|action))",
    re.IGNORECASE,
)
"""What says so where nobody of ours is named: 61 of 63 such sentences state no fact, 5 of 21 beside a name of ours."""


LEAST = 2
"""Letters of a word up to which it is an initial, or a sign between names."""


@dataclass(frozen=True)
class Caption:
    """A case name where it stands."""

    article: str
    span: Span
    text: str
    plaintiff: str
    defendant: str
    weight: int
    docket: str | None


def captions(article: Article, sentence: Sentence) -> Iterator[Caption]:
    """The case names of a sentence; weight tells how surely one is the case that the article reports.

    Case names that a reporter citation or a year follows are precedents, and are passed over.
    """
    text, within = article.text, sentence.span
    numbers = list(dockets(text, within))
    for match in _CAPTION.finditer(text, within.start, within.end):
        left = clean(text, Span(*match.span("plaintiff")))
        right = clean(text, Span(*match.span("defendant")))
        if left is None or right is None or _REPORTED.match(text[right.end : right.end + 60]):
            continue
        end = _with_et_al(text, right.end)
        plaintiff, defendant = left.of(text), right.of(text)
        near = _docket_near(numbers, left.start, end)
        weight = 1 + 4 * (near is not None) + 2 * bool(_CUE.search(text[max(within.start, left.start - 20) : left.start]))
        span = Span(left.start, end)
        yield Caption(article.id, span, span.of(text), _bare(plaintiff), _bare(defendant), weight, near.number if near else None)


def _with_et_al(text: str, end: int) -> int:
    more = re.match(_MORE, text[end:])
    return end + (len(more.group().rstrip()) if more else 0)


def _bare(side: str) -> str:
    return re.sub(r",?\s+(?:et\s+al\.?|and\s+others|and\s+another|&\s+Ors|&\s+Anor|&\s+others)$", "", side)


def _docket_near(numbers: Sequence[Docket], start: int, end: int) -> Docket | None:
    """The docket number that follows a caption within 120 characters, or precedes it within 40."""
    after = [number for number in numbers if 0 <= number.labelled.start - end <= 120]
    before = [number for number in numbers if 0 <= start - number.labelled.end <= 40]
    return next(iter(after or before), None)


@dataclass(frozen=True)
class CaptionGroup:
    """Captions that name one case, over all articles."""

    members: tuple[Caption, ...]

    @property
    def best(self) -> Caption:
        """The fullest form: with a docket number beside it, then the longest."""
        return max(self.members, key=lambda caption: (caption.docket is not None, len(caption.text), -caption.span.start))

    @property
    def dockets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(caption.docket for caption in self.members if caption.docket))


def group_captions(found: Iterable[Caption]) -> list[CaptionGroup]:
    """Captions whose sides are forms of the same names, together, in the order of their first member."""
    groups: list[list[Caption]] = []
    for caption in found:
        for group in groups:
            first = group[0]
            if same_sides((first.plaintiff, first.defendant), (caption.plaintiff, caption.defendant)):
                group.append(caption)
                break
        else:
            groups.append([caption])
    return [CaptionGroup(tuple(group)) for group in groups]


Sides = tuple[str, str]


def same_sides(one: Sides, other: Sides) -> bool:
    """Whether two captions may be of one case: both sides have forms of the same names, or one has and the other shares a word of a name (a list of names is shortened).

    >>> same_sides(("J Farrow", "Ryde"), ("Asker & Farrow", "Ryde")), same_sides(("Ober", "Ryde"), ("Asker & Farrow", "Ryde"))
    (True, False)
    """
    same = [same_name(*names) for names in zip(one, other, strict=True)]
    shared = [any(len(word) > LEAST for word in key_words(first) & key_words(second)) for first, second in zip(one, other, strict=True)]
    return all(same) or (any(same) and all(alike or word for alike, word in zip(same, shared, strict=True)))


def main_caption(groups: Sequence[CaptionGroup], leads: Sequence[str]) -> CaptionGroup | None:
    """The case that the articles are about, or ``None`` when no caption stands out.

    ``leads`` are the titles and first paragraphs: the defendant of the case, or its plaintiff, is named there.
    """

    def score(group: CaptionGroup) -> int:
        best = group.best
        led = sum(_has_side(lead, best) for lead in leads)
        articles = len({caption.article for caption in group.members})
        return 3 * led + max(caption.weight for caption in group.members) + articles if led else 0

    ranked = sorted(groups, key=score, reverse=True)
    if not ranked or score(ranked[0]) == 0:
        return None
    if len(ranked) > 1 and score(ranked[1]) == score(ranked[0]):
        return None
    return ranked[0]


def _has_side(lead: str, caption: Caption) -> bool:
    return any(is_specific(side) and mentions(lead, side) for side in (caption.defendant, caption.plaintiff))


def speaks_of_another(sentence: Sentence, own: Sequence[Caption], others: Sequence[Caption], *, names_ours: bool) -> bool:
    """Whether a sentence is about another case: it names another caption than ours, or says so and names no party of ours."""
    if any(sentence.span.holds(caption.span) for caption in own):
        return False
    if any(sentence.span.holds(caption.span) for caption in others) or _ELSEWHERE.search(sentence.text):
        return True
    return not names_ours and bool(_OTHERS.search(sentence.text))
