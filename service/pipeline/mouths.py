"""Who asks, decides, answers: marks that are no fact of the case whatever their words say, for they are another's or of what did not come to pass.

Rules of logic and form. Where the corpus marks otherwise it does so seldom: section 19 of the decisions has the counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from casebrief.service.domain.article import CaseIdentity
from casebrief.service.domain.names import same_name
from casebrief.service.pipeline.speakers import nearest
from casebrief.service.pipeline.typed import Tag


def of_the_case(text: str, tags: Sequence[Tag], case: CaseIdentity, *, criminal: bool) -> Iterator[Tag]:
    """The marks of an article that state facts of the case, an admission that is denied as a denial."""
    for tag in tags:
        if tag.label == "rulings" and _did_not_come_to_pass(text, tag):
            continue
        if tag.label == "relief_sought" and criminal and _the_defence_asks(text, tag):
            continue
        if tag.label == "allegations" and (_ACCUSES.fullmatch(tag.span.of(text)) or _the_plaintiff_did_it(text, tag, case)):
            continue
        if tag.label == "responses" and _the_plaintiff_says_it(text, tag, tags, case):
            continue
        yield _denied(text, tag) if tag.label == "responses" and tag.member == "admits" else tag


def _before(text: str, tag: Tag) -> str:
    """The sentence up to the mark."""
    return text[tag.within.start : tag.span.start]


_WOULD_HAVE = r"\b(?:would|could|might)(?:n[’']t| not)?(?: \w+ly| then| also| otherwise)? have\b(?! (?:it|him|her|them|us|me|this|that|these|those|the|an?|any|no|its|his|their|to)\b)"
_HYPOTHETICAL = re.compile(rf"{_WOULD_HAVE}(?:(?!\b(?:but|was|were|is|has|had)\b)[^.;:,])*$")
_TWO_WORDS = re.compile(r"\S+\s+\S+")


def _did_not_come_to_pass(text: str, tag: Tag) -> bool:
    """What "would have been" was not decided."""
    first = _TWO_WORDS.match(text, tag.span.start)
    return bool(_HYPOTHETICAL.search(_before(text, tag)) or _HYPOTHETICAL.search(text[tag.within.start : first.end() if first else tag.span.end]))


_LAWYERS = r"(?:lawyers?|attorneys?|solicitors?|counsel|barristers?|advocates?)"
_DEFENCE = re.compile(rf"\b(?:(?:[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|[A-Z][\w-]+[’']s?) (?:defen[cs]e )?{_LAWYERS}|[Tt]he defen[cs]e|[Dd]efen[cs]e {_LAWYERS})\b")
_PROSECUTION = re.compile(r"\b(?:[Pp]rosecut\w+|[Gg]overnment|[Ss]tate|Crown|[Dd]istrict [Aa]ttorneys?|Attorney General|U\.S\. [Aa]ttorneys?)\b")


def _the_defence_asks(text: str, tag: Tag) -> bool:
    """In a prosecution who asks is the state: a lighter sentence that the accused want is no relief."""
    told = _before(text, tag)
    defence, prosecution = ([match.start() for match in pattern.finditer(told)] for pattern in (_DEFENCE, _PROSECUTION))
    return max(defence, default=-1) > max(prosecution, default=-1)


_ACCUSES = re.compile(r"(?:accus|alleg|claim|complain|charg)\w*", re.IGNORECASE)
"""The one word that says that something is alleged: none of the 41 acts that the corpus marks by one word."""

_NAME = re.compile(r"\b(?:(?P<that>that)|said|says|claim(?:s|ed)|alleg(?:es|ed)|writes?|wrote) (?P<name>[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*) $")
_PASSIVE = re.compile(r"(?:was|were|is|are|has been|had been|have been|being|got|gets)\b|\w+ed\b")


def _the_plaintiff_did_it(text: str, tag: Tag, case: CaseIdentity) -> bool:
    """Whether it is said that a plaintiff, their name right before, did something: the defendant says so. What was done to them is an allegation."""
    named = _NAME.search(_before(text, tag))
    if named is None or any(same_name(named["name"], name) for name in case.defendants):
        return False
    done = _PASSIVE.match(text, tag.span.start)
    active = done is None or (named["that"] and done.group().endswith("ed"))
    return bool(active and any(same_name(named["name"], name) for name in case.plaintiffs))


_FOR_PLAINTIFF = re.compile(r"\b(?:for|represent\w*) the (?:plaintiffs?|claimants?|applicants?|petitioners?|complainants?)\b", re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"[.!?]\W*\s")


def _the_plaintiff_says_it(text: str, tag: Tag, tags: Sequence[Tag], case: CaseIdentity) -> bool:
    """Whether the speaker of the same sentence is a plaintiff or their lawyer: what they say is no answer to the case."""
    speaker = nearest(text, tag, tags, tag.span)
    if speaker is None or _SENTENCE_ENDS.search(text, *sorted((speaker.span.end, tag.span.start))):
        return False
    words = speaker.span.of(text)
    if any(same_name(words, name) for name in case.defendants):
        return False
    lawyers = [other.span.of(text) for other in tags if other.label == "counsel" and other.member == "plaintiff"]
    named = [name for name in (*case.plaintiffs, *lawyers) if any(char.isupper() for char in name)]
    return bool(_FOR_PLAINTIFF.search(words) or any(same_name(words, name) for name in named))


_ADMITS = r"(?:admi(?:t|ts|tted|tting|ssions?)|conced(?:e|es|ed|ing)|concessions?|acknowledg\w+|accept\w*|confess\w*)"
_NEGATED = re.compile(
    rf"(?:\b(?:not|never|neither|nor|no|without|nothing)\b|n[’']t\b)(?: (?:an?|any|yet|ever|to|be|been))? {_ADMITS}\b|\b{_ADMITS} (?:no|nothing|none|neither)\b",
    re.IGNORECASE,
)


def _denied(text: str, tag: Tag) -> Tag:
    """An admission that the words negate: a denial."""
    return replace(tag, member="denies", member_probability=1.0) if _NEGATED.search(tag.span.of(text)) else tag
