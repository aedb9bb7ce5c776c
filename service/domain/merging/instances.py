"""Which court is meant, by what its words tell of its instance: newsrooms call one court by many names, and courts of one place by nearly one name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from casebrief.service.domain.evidence import Evidence
from casebrief.service.domain.names import key_words
from casebrief.service.domain.schema import Court

Level = Literal["agency", "trial", "appeal", "supreme"]

_SUPREME = re.compile(
    r"\bsupreme (?:judicial )?court\b(?! (?:in|at) )|\b(?:cassation|federal court of justice|court of justice|council of state|conseil d|constitutional)\b",
    re.IGNORECASE,
)
"""Courts above those of appeal. A "Supreme Court in Buffalo" is none: it sits in a place, as courts of first instance do."""

_APPEAL = re.compile(
    r"\b(?:appeals?|appellate|upper tribunal|higher regional|full court|divisional court|general court"
    r"|(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|federal|d\.c\.) (?:u\.?s\.? )?cir(?:cuit)?\b(?! court\b(?! of appeal)| judge))\b",
    re.IGNORECASE,
)
_JUDGES = re.compile(r"\b(?:courts?|courthouse|tribunal|bench|jury|judges?|magistrates?|justices?|chamber|division|panel)\b", re.IGNORECASE)
_AGENCY = re.compile(
    r"\b(?:(?i:commission|commissioner|authority|board|agency|department|office|bureau|ministry|council|federation|league|association|union)|\w*[A-Z]\w*[A-Z]\w*)\b"
)
"""Words of a body that is no court, or its initials."""

_KINDS = re.compile(
    r"\b(?:district|county|circuit|superior|high|crown|magistrates?|sheriff|provincial|regional|labou?r|employment|environment|administrative|commercial|criminal"
    r"|civil|family|bankruptcy|chancery|common pleas|municipal|city|sessions|special|anti-terrorism|national|state|economic|internet|patent|first instance"
    r"|competition|disciplinary|collegiate|judicial|general|three-member|five-member)\b",
    re.IGNORECASE,
)
"""What courts of first instance are called by their kind."""

_FEDERAL = re.compile(r"\b(?:federal|u\.?s\.?|united states|(?:northern|southern|eastern|western|middle|central) district)(?!\w)", re.IGNORECASE)
_OF_THE_HIGH_COURT = frozenset({"commercial", "chancery", "administrative", "patent", "high"})
"""Where there is a High Court, these are parts of it."""


@dataclass(frozen=True)
class Instance:
    """The level that some words tell of a court, and the kinds of court they name on it; both may be open."""

    level: Level | None
    kinds: frozenset[str]
    federal: bool


def court_of(item: Evidence) -> Court:
    assert isinstance(item.normalized, Court)
    return item.normalized


def instance(item: Evidence) -> Instance:
    """What the words of a court, or its resolved name, tell."""
    name = court_of(item)
    words = f"{item.value} {name.name}" if name.court_id else item.value
    kinds = frozenset(kind.lower().rstrip("s") for kind in _KINDS.findall(words))
    federal = bool(_FEDERAL.search(words))
    if _SUPREME.search(words) and not re.search(r"supreme court of appeal\b", words, re.IGNORECASE):
        return Instance("supreme", kinds, federal)
    if _APPEAL.search(words) or item.about == "appellate":
        return Instance("appeal", kinds, federal)
    if _JUDGES.search(words):
        return Instance("trial", kinds, federal)
    return Instance("agency" if _AGENCY.search(words) else None, kinds, federal)


def same_court(one: Evidence, other: Evidence) -> bool:
    """One court by its id, else where neither level nor kind nor name tells them apart; what fits any court fits the one that is named."""
    first, second = court_of(one).court_id, court_of(other).court_id
    if first and second:
        return first == second
    return not _apart(instance(one), instance(other), one, other)


def _apart(first: Instance, second: Instance, one: Evidence, other: Evidence) -> bool:
    levels = {first.level, second.level}
    if fits_any(one) or fits_any(other) or levels == {None, "trial"}:
        return False
    if len(levels) > 1:
        return "agency" not in levels or not (_are_initials(one.value, other.value) or _are_initials(other.value, one.value))
    if first.level == "agency":
        named_alike = key_words(one.value) & key_words(other.value) or _are_initials(one.value, other.value) or _are_initials(other.value, one.value)
        return not named_alike or bool(first.kinds and second.kinds and not first.kinds & second.kinds)
    if first.level != "trial":
        return bool((first.kinds ^ second.kinds) & _BY_NUMBER)
    return _are_other_courts(first, second)


_BY_NUMBER = frozenset({"three-member", "five-member"})


def _are_other_courts(first: Instance, second: Instance) -> bool:
    """Whether two courts of first instance are of kinds that are told apart."""
    if first.federal and second.federal:
        return False
    if first.kinds <= _OF_THE_HIGH_COURT and second.kinds <= _OF_THE_HIGH_COURT and "high" in first.kinds | second.kinds:
        return False
    shared = first.kinds & second.kinds
    return bool(first.kinds and second.kinds) and (not shared or (first.federal != second.federal and shared == {"district"}))


def fits_any(item: Evidence) -> bool:
    """Whether words say no more than that there is a court: "the court", "a federal judge", "the panel"."""
    told = instance(item)
    return told.level == "trial" and not told.kinds and not re.search(r"(?<!U\.)(?<!\w)[A-Z]\w", _JUDGES.sub("", item.value))


def _are_initials(short: str, long: str) -> bool:
    return short.isupper() and len(short) > 1 and short == "".join(word[0] for word in re.findall(r"[A-Z]\w*", long))[: len(short)]
