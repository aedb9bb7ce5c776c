"""Where a day without a year lies, behind or ahead of the one who writes, by the verbs of its clause.

The verb nearest before the day in its own clause tells; a day at the head of its clause is told by the verb behind it; where the clause has none, the one
before it tells. What a modal verb says of another clause says nothing of this day.
"""

from __future__ import annotations

import re
from enum import Enum

from casebrief.service.domain.spans import Span


class Outlook(Enum):
    """Where a day lies: behind, behind if nothing else tells, ahead if that is near, ahead."""

    BEHIND = "behind"
    UNTOLD = "untold"
    PERHAPS = "perhaps"
    AHEAD = "ahead"


_FIXED = r"(?:set|due|scheduled|slated|expected|listed|fixed|planned|pencill?ed in|booked|calendared|called|bound)"
_SURELY = (
    r"(?:(?-i:will|may)|shall|won[’']t|must|might|can|to be|to begin|(?:due|scheduled|slated|expected|likely|bound) to \w+|due|scheduled|slated"
    r"|deadline|no later than|upcoming|coming|next|opt out"
    rf"|(?:is|are|be) (?:not |now |yet |also )?(?:to|going|likely|{_FIXED})|(?:expect|hope|plan|intend|aim|want|need|promise)s? to|ha(?:ve|s) (?:until|till|to)"
    r"|(?:set|listed|down|fixed|planned) (?:to|for|down)"
    r"|(?:moved|pushed|put|extended|postponed|delayed|rescheduled|adjourned|shifted)(?: (?:back|off|over|out))? (?:to|till|until|for)"
    r"|(?:hearing|trial|retrial|sentencing|conference|argument|vote)s? (?:is |are )?for|faces"
    r"|(?:takes?|taking) (?:effect|place|up)"
    r"|(?:goes|going|comes|coming|heads|heading) (?:on|to|before|ahead|back|up|into|for|out)|stand trial|testifies|reconvenes?|resumes?)\b|[’']ll\b"
)
_SCHEDULED = (
    r"(?-i:begins|starts|starting|opens|ends?|expires?|closes|lapses?|runs|(?<!not )(?:continue|return|begin|start)|continues|returns|follows|falls|meets|sits|lasts"
    r"|becomes|appears|decides|sentences (?:him|her|them))"
)
"""Verbs that a timetable stands in the present with, when they stand near the day."""

_PERHAPS = (
    r"(?:(?:would|could|should|(?:was|were) to) have \w+|would|could|should|(?:was|were) (?:to|(?:set|scheduled|listed|fixed|planned|down) (?:for|to))"
    r"|to (?:appear|decide|stand|return|open|begin|start|report|resume))\b"
)
_NOT_PAST = "".join(rf"(?<!\b{word} )" for word in "be is are to will would must shall can may could should not".split())
"""What stands before a participle or an infinitive that looks like a past tense ("be heard", "will put")."""

_PAST = (
    rf"{_NOT_PAST}(?:[a-z]{{2,}}ed|(?:was|were|did|had)n[’']t|said|was|were|had|told|held|found|heard|gave|given|took|taken|won|lost|began|begun|brought|wrote|written|sent"
    r"|struck|threw|thrown|met|made|read|came|went|left|died|ran|did|broke|built|bought|caught|chose|cut|drew|drove|fell|fought|got|grew|hit|kept|knew|let|led|lay|paid|put|rose"
    r"|sat|saw|sold|shot|shut|slid|sought|spent|spoke|stood|stole|thought|wore|withdrew)\b"
)
_DONE = re.compile(rf"[’']s\s|\s(?:{_PAST}|set aside\b)")
"""What follows a day at once that is behind."""

_CUE = re.compile(
    rf"(?<![\w’'-])(?:(?P<perhaps>{_PERHAPS})|(?P<surely>{_SURELY})|(?P<scheduled>{_SCHEDULED}\b(?=[^,]{{0,40}}$))|(?P<past>{_PAST}))|(?P<short>[’']ll\b)",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"[;:—–“”\"«»()]|\s--?\s|,?\s(?:that|which|who|whose|whom|when|where|while|because|if|unless|although|though|but|yet)\s|,\s(?:and|or|so|as|after|before|since)\s"
    r"|,\s(?=(?:he|she|it|they|we|I|the|a|an)\s)",
)
"""Where a clause is likely to begin."""

_FIRST = re.compile(
    r"(?:in|on|since|this|until|till|of|by|before|after|from|to|for|through|between|during|and)\s+(?=(?:early|late|mid)?[\s-]*[A-Z])", re.IGNORECASE
)
_TOWARDS = re.compile(
    r"(?:\b(?:by|before|from|to|till|until|for|fixed|set|booked|scheduled|cleared|named)"
    r"|(?:\b(?:is|are|(?<!after )(?<!after a )(?<!at a )(?<!at trial )(?<!went to )"
    r"(?:vote|hearing|retrial|trial|arguments?|sentencing|sentence|election|conference|judgment))|[’']s)(?: (?:on|in|of)|:)?)"
    r"\s+(?:the\s+)?(?:end\s+of\s+)?$",
    re.IGNORECASE,
)
"""What stands before a day that is likely to come, if it is near."""

_HAD = re.compile(r"\bhad (?:been |not )?[a-z]+(?:ed|en|t|d)\b")

"""A past before the past: "by Monday" is then behind as well."""

_NAMED = re.compile(
    r"\b(?:since|dated)\s+$"
    r"|\b(?:order|ruling|decision|judgment|verdict|opinion|letter|report|award|sentence|indictment|summons|complaint|statement|notice|hearing),? of\s+$",
    re.IGNORECASE,
)
"""A paper or act that is told by its day."""

FAR = 400
"""Characters before and behind a day that are read for its verb."""

HEAD = 2
"""Words before a day that stands at the head of its clause, at most; the verb of such a one may stand behind a comma."""


def outlook(text: str, sentence: Span, phrase: Span) -> Outlook:
    """The outlook of a date phrase of a sentence; a preposition at its head is none of it."""
    lead = _FIRST.match(text, phrase.start, phrase.end)
    start = lead.end() if lead else phrase.start
    before = text[max(sentence.start, start - FAR) : start]
    if _NAMED.search(before) or _DONE.match(text, phrase.end):
        return Outlook.BEHIND
    cuts = [0, *(match.end() for match in _BOUND.finditer(before))]
    end = min(sentence.end, phrase.end + FAR)
    behind = _BOUND.search(text, phrase.end, end)
    follows = text[phrase.end : behind.start() if behind else end]
    if len(before[cuts[-1] :].split()) > HEAD:
        follows = follows.split(",")[0]
    told = _last(before[cuts[-1] :]) or _first(follows) or _last(before)
    if _TOWARDS.search(before) and told is not Outlook.AHEAD and not _HAD.search(before, cuts[-1]):
        return Outlook.AHEAD if told is Outlook.PERHAPS else Outlook.PERHAPS
    return told or Outlook.UNTOLD


def _last(words: str) -> Outlook | None:
    cues = list(_CUE.finditer(words))
    return _told(cues[-1]) if cues else None


def _first(words: str) -> Outlook | None:
    cue = _CUE.search(words)
    return _told(cue) if cue else None


def _told(cue: re.Match[str]) -> Outlook:
    if cue["past"]:
        return Outlook.BEHIND
    return Outlook.PERHAPS if cue["perhaps"] else Outlook.AHEAD
