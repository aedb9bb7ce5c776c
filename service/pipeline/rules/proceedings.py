"""The case itself: caption, docket number, court, judge, filing, kind of proceeding, status, class."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.captions import captions, docket_conflicts, in_re
from casebrief.service.domain.dates import DatePhrase, in_words
from casebrief.service.domain.dockets import dockets
from casebrief.service.domain.evidence import Evidence, computed, copied
from casebrief.service.domain.names import NAME, clean, mentions, same_name
from casebrief.service.domain.schema import Date, DocketNumber, Name, Parties
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.courts import court_phrases

SUIT = (
    r"(?:lawsuits?|suits?|complaints?|class[- ]actions?|legal (?:action|challenge)|defamation action|claims?|petition|case|indictment|charges"
    r"|litigation|papers|legal filing)"
)
_FILED = re.compile(
    r"\b(?:filed|lodged|launched|brought|submitted|issued|initiated|sued|sues|sue|suing|went to court|took .{2,40} to court|commenced|(?:complaint|petition|indictment) (?:is|was) dated)\b",
    re.IGNORECASE,
)
_NOT_THE_FILING = re.compile(
    r"\b(?:filed|filing) (?:for|a motion|an? (?:amended|appeal|answer|notice|brief|response|opposition|counter)|its answer|papers)|bankruptcy|amended complaint"
    r"|motion to|settle|notice of appeal|countersu|deadline|papers (?:the|filed)|according to papers",
    re.IGNORECASE,
)
_COURT_CUE = re.compile(
    rf"\b(?:filed|lodged|submitted|sued|sues|brought|launched|{SUIT}|judge|jury|trial|hearing|pleaded|sentenced|charged|convicted|ruled|settle\w*|approv\w*|appeal\w*|before)\b",
    re.IGNORECASE,
)
_ONLY_PROSPECT = re.compile(
    r"\b(?:appeal (?:to|before)|will (?:ask|appeal|prefer)|could (?:end up|go)|move the case|transfer(?:red)? (?:it|the case)? ?to|another coast|precedent|moved to|heading to)\b",
    re.IGNORECASE,
)
_RULED_ON_APPEAL = re.compile(r"\b(?:upheld|affirmed|reversed|revived|overturned|vacated|panel|heard (?:oral )?argument)\b", re.IGNORECASE)


def caption(view: View) -> Iterator[Evidence]:
    """The case names of this case, wherever the story gives them."""
    if view.case.caption is None:
        yield from _in_re(view)
        return
    plaintiff, defendant = view.case.plaintiffs[:1], view.case.defendants[:1]
    for sentence in view.own:
        for found in captions(view.article, sentence):
            ours = plaintiff and same_name(found.plaintiff, plaintiff[0]) and same_name(found.defendant, defendant[0])
            if ours:
                normalized = Parties(plaintiff=found.plaintiff, defendant=found.defendant)
                yield copied("caption", view.article.id, view.article.text, found.span, 0.95, normalized)


def _in_re(view: View) -> Iterator[Evidence]:
    """A name of the form "In re Example Litigation", where the story gives just one and no caption with two sides."""
    found = [span for sentence in view.own for span in in_re(view.article, sentence)]
    if len({span.of(view.article.text) for span in found}) == 1:
        for span in found:
            yield copied("caption", view.article.id, view.article.text, span, 0.9)


def docket_number(view: View) -> Iterator[Evidence]:
    """Docket numbers beside this case's caption, or labelled as a case's number where the story names no other."""
    text = view.article.text
    for sentence in view.own:
        for found in dockets(text, sentence.span):
            beside = any(found.number == number for number in view.case.dockets)
            if docket_conflicts(found.number, view.case) and not beside:
                continue
            if re.search(r"\b(?:patent|administrative)\b", text[max(sentence.span.start, found.labelled.start - 40) : found.labelled.start], re.IGNORECASE):
                continue
            confidence = 0.97 if beside else 0.85
            yield copied("docket_number", view.article.id, text, found.labelled, confidence, DocketNumber(number=found.number))


def court(view: View) -> Iterator[Evidence]:
    """Courts in sentences that file, hear or decide the case; courts that it may go to later are passed over."""
    for sentence in view.own:
        if not (_COURT_CUE.search(sentence.text) or any(True for _ in captions(view.article, sentence))):
            continue
        for phrase in court_phrases(view.article.text, sentence.span):
            before = view.article.text[max(sentence.span.start, phrase.span.start - 60) : phrase.span.start]
            if _ONLY_PROSPECT.search(before) or (phrase.appellate and not _RULED_ON_APPEAL.search(sentence.text)):
                continue
            confidence = 0.92 if phrase.precise and phrase.court.court_id else 0.8 if phrase.precise else 0.5
            if phrase.precise and not (_FILED.search(sentence.text) or any(True for _ in captions(view.article, sentence))):
                confidence -= 0.07
            yield copied(
                "court",
                view.article.id,
                view.article.text,
                phrase.span,
                confidence,
                phrase.court,
                about="appellate" if phrase.appellate else "",
            )


_JUDGE = re.compile(
    rf"\b(?P<title>(?:(?:U\.S\.|US|United States|federal|Federal|Senior|Chief|Circuit|Superior Court|District|Magistrate|County|High Court|state|State)\s+){{0,4}}"
    rf"(?:Judge|Mr Justice|Mrs Justice|Ms Justice|Lord Justice|Lady Justice|Justice|Vice Chancellor|Chancellor|Magistrate))\s+(?P<name>(?!of\b){NAME})"
)
_J = re.compile(r"\((?P<name>[A-Z][\w-]+), (?:C\.)?J\.\)")
_JUDGE_ELSEWHERE = re.compile(r"\b(?:administrative law judge|Supreme Court|Justice Department|Department of Justice|former judge|retired judge)\b")


def judge(view: View) -> Iterator[Evidence]:
    """Judges named with their title in sentences about this case."""
    text = view.article.text
    for sentence in view.own:
        if _JUDGE_ELSEWHERE.search(sentence.text):
            continue
        for match in (*_JUDGE.finditer(text, sentence.span.start, sentence.span.end), *_J.finditer(text, sentence.span.start, sentence.span.end)):
            start, end = match.span("name")
            place = re.search(r"\s+(?:of|for)\s", text[start:end])
            span = clean(text, Span(start, start + place.start() if place else end))
            if span is None or re.match(r"(?:Department|Project|Committee|Advocate)", span.of(text)):
                continue
            whole = Span(match.start(), span.end) if "title" in match.groupdict() else span
            confidence = 0.6 if "Magistrate" in whole.of(text) else 0.9
            yield computed("judge", view.article.id, whole, span.of(text), confidence, Name(name=span.of(text)))


def filed_on(view: View) -> Iterator[Evidence]:
    """The day the action was brought: a date phrase close to a verb of filing."""
    for sentence in view.own:
        for verb, phrase in filing_dates(view, sentence):
            quote = Span(min(verb.start, phrase.span.start), max(verb.end, phrase.span.end))
            if phrase.date is None:
                yield copied("filed_on", view.article.id, view.article.text, phrase.span, 0.6)
            else:
                confidence = {"day": 0.93, "month": 0.8, "year": 0.6}[phrase.date.precision]
                yield computed("filed_on", view.article.id, quote, in_words(phrase.date), confidence, phrase.date)


def filing_dates(view: View, sentence: Sentence) -> Iterator[tuple[Span, DatePhrase]]:
    """Verbs of filing with the date phrase that belongs to each."""
    if _NOT_THE_FILING.search(sentence.text) or not _is_filing(view, sentence):
        return
    text, phrases = view.article.text, view.article.dates(sentence.span)
    for match in _FILED.finditer(text, sentence.span.start, sentence.span.end):
        near = [phrase for phrase in phrases if _belongs(text, match.span(), phrase.span) and not phrase.span.of(text).lower().startswith("since")]
        if len(near) == 1:
            yield Span(*match.span()), near[0]
            return


def _is_filing(view: View, sentence: Sentence) -> bool:
    words = sentence.text
    return bool(re.search(rf"\b{SUIT}\b|\b(?:went|took .{{2,40}}) to court\b", words, re.IGNORECASE)) or any(mentions(words, name) for name in view.case.names)


def _belongs(text: str, verb: tuple[int, int], phrase: Span) -> bool:
    """Whether a date phrase stands within a clause of a verb, on either side."""
    gap = text[verb[1] : phrase.start] if phrase.start >= verb[1] else text[phrase.end : verb[0]]
    limit = 90 if phrase.start >= verb[1] else 40
    return len(gap) <= limit and not re.search(r"[;:]|\b(?:after|before|that|which|who|alleging|saying|claiming|between|from|since|until|had|when|over)\b", gap)


_CLASS = re.compile(
    r"\b(?:proposed |putative |would-be |nationwide )?class[- ]action\b|\bgroup (?:action|litigation)\b|\bcollective (?:action|proceedings)\b"
    r"|\bon behalf of (?:all|themselves and|himself and|herself and|\"all others\")|\bsimilarly situated\b|\bseeks class(?:-action)? status\b",
    re.IGNORECASE,
)
_CRIMINAL = re.compile(
    r"\b(?:indicted|indictment|pleaded (?:not )?guilty|found guilty|criminal (?:charges|complaint|case|trial)|prosecutors (?:say|said|allege|charged|told)"
    r"|was (?:arrested|convicted|sentenced)|convicted of|charged with \w+|sentenced to)\b",
    re.IGNORECASE,
)
_REGULATORY = re.compile(
    r"\b(?:administrative complaint|administrative proceeding|regulator fined|statement of objections|notice of intent to fine|enforcement notice)\b",
    re.IGNORECASE,
)
_CIVIL = re.compile(r"\b(?:lawsuit|sued|suing|sues|civil (?:suit|action|complaint)|legal action|defamation)\b", re.IGNORECASE)


_DOCKETED = re.compile(r"[-:](cv|cr)-", re.IGNORECASE)


def proceeding(view: View) -> Iterator[Evidence]:
    """The kind of proceeding, from words that only one kind uses, or from the letters in a docket number."""
    for sentence in view.own:
        for found in dockets(view.article.text, sentence.span):
            if (letters := _DOCKETED.search(found.number)) and not docket_conflicts(found.number, view.case):
                yield computed("proceeding", view.article.id, found.labelled, "civil" if letters.group(1).lower() == "cv" else "criminal", 0.8)
    for kind, pattern, confidence in (
        ("class_action", _CLASS, 0.92),
        ("criminal", _CRIMINAL, 0.85),
        ("regulatory", _REGULATORY, 0.6),
        ("civil", _CIVIL, 0.7),
    ):
        for sentence in view.own:
            if match := pattern.search(view.article.text, sentence.span.start, sentence.span.end):
                yield computed("proceeding", view.article.id, Span(*match.span()), kind, confidence)
                break


_STATUS: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("on_appeal", re.compile(r"\b(?:has appealed|have appealed|filed (?:a notice of|an) appeal|appealed (?:the|to)|on appeal)\b", re.IGNORECASE), 0.75),
    (
        "settled",
        re.compile(
            r"\b(?:agreed to (?:settle|pay .{2,40} to (?:settle|resolve|end))|will pay .{2,40} to (?:settle|resolve|end)|has settled|have settled|settled the (?:case|suit|lawsuit|class action|litigation|claims)|reach(?:ed|es) (?:a|an) (?:\S+ )?(?:settlement|deal)|the (?:proposed )?settlement (?:between|will|would|covers|must|calls|gives|pays|requires|resolves|class)|settles the (?:case|suit|lawsuit))\b",
            re.IGNORECASE,
        ),
        0.88,
    ),
    (
        "decided",
        re.compile(
            r"\b(?:jury (?:found|convicted|awarded|ordered|reached|came back|returned)|found (?:him|her|them)? ?guilty|was (?:convicted|sentenced|fined|acquitted)|convicted (?:him|her|of)|sentenced \w+|entered judgment|was found (?:liable|guilty)|jury .{0,40}verdict)\b",
            re.IGNORECASE,
        ),
        0.85,
    ),
    (
        "dismissed",
        re.compile(
            r"\b(?:(?:dismissed|tossed|threw out|thrown out|tosses|dismisses) (?:a|an|the|his|her|their|its) (?:\w+ ){0,3}(?:lawsuit|case|suit|complaint|action|class action|litigation|charges|indictment)|(?:lawsuit|case|suit|complaint) (?:was|has been) (?:dismissed|thrown out|withdrawn|dropped)|voluntarily dismissed)\b",
            re.IGNORECASE,
        ),
        0.85,
    ),
    (
        "pending",
        re.compile(
            r"\b(?:denied .{0,40}motion to dismiss|(?:let|allowed) .{2,40} (?:go|move) (?:ahead|forward)|(?:hearing|trial|conference)\b[^.;]{0,30}\b(?:is|was) (?:set|scheduled|due|down for|listed)|granted in part|case (?:is|was) very much alive|will go forward|goes forward|group litigation order|interim order|trial (?:began|opened|got under way|gets under way)|pleaded not guilty)\b",
            re.IGNORECASE,
        ),
        0.8,
    ),
    (
        "filed",
        re.compile(
            rf"\b(?:(?:has|have|had|was|were|is|been) (?:reportedly )?(?:been )?sued|sued\b|lawsuit(?:,[^,]{{2,60}},)? (?:was|has been|claims|alleges|accuses)|{SUIT}\b.{{0,60}}\bfiled|filed (?:a|the) .{{0,30}}(?:lawsuit|complaint|suit)|facing a lawsuit|legal action alleges|launched (?:a |an )?(?:\w+ )?(?:legal )?(?:action|proceedings)|(?:was|were|been) (?:arrested|charged|indicted)\b)",
            re.IGNORECASE,
        ),
        0.85,
    ),
)
_NOT_YET = re.compile(r"\b(?:if|could|would|might|may|whether|until|unless|no (?:appeals )?court|not)\b", re.IGNORECASE)


FRESH_DAYS = 7
"""Days after a filing in which an article that tells of nothing further reports the filing itself."""


def status(view: View) -> Iterator[Evidence]:
    """States that the story tells, each from its first plain mention; the newest article's furthest state stands."""
    found = list(_states(view))
    yield from found or _just_filed(view)


def _just_filed(view: View) -> Iterator[Evidence]:
    """An article of the days after the filing that it dates tells the state "filed", whatever else it speaks of."""
    published = view.article.published_on
    for item in filed_on(view):
        if published and isinstance(item.normalized, Date) and item.normalized.precision == "day":
            age = (published - datetime.date.fromisoformat(item.normalized.date)).days
            if 0 <= age <= FRESH_DAYS:
                yield computed("status", view.article.id, item.span, "filed", 0.75)
                return


def _states(view: View) -> Iterator[Evidence]:
    steps = any(_STEPS.search(sentence.text) for sentence in view.own)
    for state, pattern, confidence in _STATUS:
        if state == "filed" and steps:
            continue
        for sentence in view.own:
            match = pattern.search(view.article.text, sentence.span.start, sentence.span.end)
            if match and not _NOT_YET.search(view.article.text[max(sentence.span.start, match.start() - 25) : match.start()]):
                if state != "filed" and not _about_ours(view, sentence):
                    continue
                yield computed("status", view.article.id, Span(*match.span()), state, confidence)
                break


_STEPS = re.compile(
    r"\b(?:dismiss\w*|toss(?:ed|es)|threw out|thrown out|rul(?:ed|ing)|verdict|convict\w*|acquit\w*|sentenc\w*|settle[sd]?|settlement|appeal(?:s|ed|ing)?|jury|trial|granted|denied .{0,40}motion|revived|upheld|affirmed|fined)\b",
    re.IGNORECASE,
)
"""Words of a case that is past its filing: where they stand, "filed" alone would be an old state told as the newest."""


def _about_ours(view: View, sentence: Sentence) -> bool:
    """Whether a sentence, or the one before it in its paragraph, names a party or speaks of "the case"."""
    here = view.sentences.index(sentence)
    leans = re.match(r"(?:He|She|It|They)\b", sentence.text)
    near = [sentence] + [other for other in view.sentences[max(0, here - (2 if leans else 1)) : here] if leans or other.paragraph == sentence.paragraph]
    words = " ".join(other.text for other in near)
    return any(mentions(words, name) for name in view.case.names) or bool(
        re.search(r"\bthe (?:case|lawsuit|suit|settlement|deal|judge|jury|company|defendants?)\b", words, re.IGNORECASE)
    )


_ON_BEHALF = re.compile(
    r"\b(?:on behalf of|wants? to represent|seeks? to represent|aims? to represent|represents?|class (?:is|was|would be)?\s?(?:made up of|consists of|includes|defined as|of)|define the (?:class|group) as)\s+"
    r"(?:(?:tens of |hundreds of )?(?:thousands|millions) of )?(?P<whom>(?!himself|herself|itself|themselves|the (?:plaintiffs?|company|government|attorney|agency)\b)[^;\"“”]{12,260}?)"
    r"(?=,? (?:alleg|claim|accus|say|said|seek|and (?:seeks|asks|alleges|accuses)|according|against|in (?:the )?(?:U\.S\.|federal|state|High|Superior))|, (?!and who|whose|who|and that)|\.?$|;)"
)
_WHO = re.compile(
    r"\b(?:who|whose|that|which|in|with|from|owners?|users?|customers?|investors|workers|people|persons?|entities|consumers|employees|shareholders)\b"
)


def class_definition(view: View) -> Iterator[Evidence]:
    """Whom the plaintiffs say they represent: the words after "on behalf of" in a sentence about the suit."""
    text = view.article.text
    for sentence in view.own:
        if not re.search(rf"\b{SUIT}\b|\bclass\b|\binvestors\b|\bdamages\b", sentence.text, re.IGNORECASE):
            continue
        for match in _ON_BEHALF.finditer(text, sentence.span.start, sentence.span.end):
            span = Span(*match.span("whom"))
            if _WHO.search(span.of(text)) and not re.match(r"(?:a|an|one)\s", span.of(text)) and _is_plural(span.of(text)):
                confidence = 0.9 if re.search(r"\bwho(?:se)?\b", span.of(text)) else 0.8
                yield copied("class_definition", view.article.id, text, span, confidence)


def _is_plural(words: str) -> bool:
    head = re.split(r"\b(?:who|whose|that|which|in|with|from|of)\b", words, maxsplit=1)[0].strip()
    return bool(re.search(r"(?:s|people|persons|women|men|children|everyone|anyone|person)[,\s]*$", head)) or words.lower().startswith(
        ("all ", "any ", "every")
    )
