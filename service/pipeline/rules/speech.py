"""Direct speech, and what the defendant's side says to the suit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.evidence import UNCONFIRMED, Evidence, copied
from casebrief.service.domain.names import is_specific, mentions, names
from casebrief.service.domain.quotations import Quotation, last_person, leans_on_another, quotations
from casebrief.service.domain.schema import LONGEST_VALUE, Response, Speaker, Stance
from casebrief.service.domain.spans import Span

SENTENCES_BACK = 5
"""How far before a quotation its speaker may have been named."""

SENTENCE = 6
"""Words from which a quotation with a capital is somebody's sentence, even where the story does not say whose."""

SHORTEST_QUOTE = 4
"""Words of a quotation that is speech and not a borrowed term."""

_STANCES: tuple[tuple[Stance, re.Pattern[str]], ...] = (
    ("denies", re.compile(
        r"\b(?:pleaded not guilty|pleads not guilty|complied with|acted (?:lawfully|properly|appropriately)|within (?:its|their) (?:permits?|rights)\b|den(?:y|ies|ied|ying) (?:the|these|those|any|all|that|wrongdoing|it|having|doing|this|liability)|denied\b|false claims|no merit|without merit|merit-?less|baseless|unfounded|not true|rejected the|rejects the"
        r"|disagree[sd]?|(?:will|would|intends? to|vowed to|plans? to|going to) (?:vigorously |strongly )?(?:fight|defend|contest|prove)|defend (?:ourselves|itself|the|against)|did not cause|claim would be contested|in search of a loss|(?:admits?|admitted|acknowledged) (?:no\b|nothing)|(?:did|does|do) not admit|without admitting)", re.IGNORECASE)),
    ("declined_to_comment", re.compile(r"\b(?:declined to (?:comment|discuss)|declines? comment|would not comment|had no (?:immediate |further )?comment|refused to comment|cannot comment|could not comment|not comment on|no comment)\b", re.IGNORECASE)),
    ("no_response", re.compile(r"\b(?:(?:did|has|have|had) not (?:immediately |yet |return|respond|repl)\w*|not immediately (?:respond|available|return)\w*|yet to (?:issue|comment|respond|make)|could not (?:immediately )?be reached|didn['’]t (?:respond|return|reply))\b", re.IGNORECASE)),
    ("admits", re.compile(r"\b(?:admitted|acknowledged|apologi[sz]ed|pleaded guilty|accepts? responsibility)\b", re.IGNORECASE)),
)  # fmt: skip
_COMPANY = re.compile(
    r"\b(?:[Tt]he (?:[a-z]+ ){0,3}(?:company|network|firm|platform|bank|retailer|chain|manufacturer|hospital|university|agency)|[Aa] (?:company )?spokes(?:man|woman|person)|[Cc]ompany spokes(?:man|woman|person))\b"
)
_OPPONENT = re.compile(
    r"\b(?:lawyers?|attorneys?|counsel) for (?:the )?(?:plaintiffs?|claimants?|workers|customers|investors|authors)|\bplaintiffs?['’]? (?:lawyers?|attorneys?)",
    re.IGNORECASE,
)
_AGENT = re.compile(
    r"\b(?P<who>(?:[Aa]n?|[Tt]he|[Ii]ts)\s+(?:lawyer|attorney|spokes(?:man|woman|person)|representative) for\s+(?:the\s+)?[A-Z][\w’'&-]*(?:\s[A-Z][\w’'&-]*)*)"
)
_MOTION = re.compile(r"\bmotion to dismiss\b|\bgranted\b|\bdenied in part\b|\b(?:judge|court) (?:denied|rejected)", re.IGNORECASE)
_APPOSITION = re.compile(r",\s+(?:which|who|whose|owned by|based in|a|an|the|[\w-]+-based)\s[^,;]{2,120},")


def quotes(view: View) -> Iterator[Evidence]:
    """Quotations with a speaker, of four words or more. The speaker's words are kept as the story has them."""
    text = view.article.text
    for paragraph in _paragraphs(view):
        for quotation in quotations(text, paragraph):
            words = quotation.span.of(text)
            if len(words.split()) < SHORTEST_QUOTE or len(words) > LONGEST_VALUE:
                continue
            if not any(sentence.span.meets(quotation.span) for sentence in view.own):
                continue
            speaker = quotation.speaker or speaker_before(view, quotation)
            # The halves of a quotation that its attribution broke are one fact: they share where it began.
            about = str(quotation.begun)
            if speaker is not None or (words[0].isupper() and len(words.split()) >= SENTENCE):
                confidence = 0.88 if quotation.speaker else 0.8
                told = Speaker(speaker=speaker.of(text) if speaker else None)
                yield copied("quotes", view.article.id, text, quotation.span, confidence, told, about)


def speaker_before(view: View, quotation: Quotation) -> Span | None:
    """Who speaks where only "she said" or nothing at all stands beside a quotation: the person told of last."""
    text = view.article.text
    here = next((index for index, sentence in enumerate(view.sentences) if sentence.span.meets(quotation.span)), None)
    if here is None or not leans_on_another(text, quotation, view.sentences[here].span):
        return None
    first = Span(view.sentences[here].span.start, max(view.sentences[here].span.start + 1, quotation.outer.start))
    before = [first, *(sentence.span for sentence in reversed(view.sentences[max(0, here - SENTENCES_BACK) : here]))]
    return last_person(text, before)


def _paragraphs(view: View) -> list[Span]:
    spans: dict[int, Span] = {}
    for sentence in view.sentences:
        known = spans.get(sentence.paragraph)
        spans[sentence.paragraph] = Span(known.start if known else sentence.span.start, sentence.span.end)
    return list(spans.values())


def responses(view: View) -> Iterator[Evidence]:
    """Sentences in which the defendant's side denies, declines, stays silent or admits."""
    text = view.article.text
    for sentence in view.own:
        if _OPPONENT.search(sentence.text) or _MOTION.search(sentence.text):
            continue
        for stance, pattern in _STANCES:
            match = pattern.search(sentence.text)
            if match is None:
                continue
            speaker = _speaker(view, sentence, match.start()) or (_denier(view, sentence, match.start()) if stance == "denies" else None)
            speaker = speaker or _quoted_speaker(view, sentence, sentence.span.start + match.start())
            about = ""
            if speaker is None and stance in ("no_response", "declined_to_comment"):
                speaker, about = _subject(view, sentence, match.start()), UNCONFIRMED
            if speaker and len(sentence.text) <= LONGEST_VALUE:
                yield copied("responses", view.article.id, text, sentence.span, 0.85, Response(speaker=speaker, stance=stance), about)
            break


OTHER_SIDE = re.compile(
    r"\b(?:[Jj]udge|[Jj]ustice|[Cc]ourt|[Jj]ur(?:y|or|ors)|[Pp]rosecutors?|[Pp]laintiffs?|[Cc]laimants?|Attorney General|[Cc]omplaint|[Ll]awsuit|[Ss]uit|[Ii]ndictment|[Rr]egulators?|[Ee]xperts?|[Pp]rofessor|[Aa]nalysts?)\b"
)
_OWN_SIDE = re.compile(r"\b(?:[Cc]ompany|[Ff]irm|[Dd]efen[cs]e|[Dd]efendants?|[Ss]pokes\w+|[Mm]anagement)\b")
_OFFICER = re.compile(
    r"\b(?:spokes\w+|chief|executive|director|manager|counsel|lawyer|attorney|founder|president|chair\w*|head|editor|representative|officer)\b", re.IGNORECASE
)


def answers(view: View, speaker: str) -> bool:
    """Whether somebody speaks for the defendant: is one, is "the company", or is tied to one where the article names them."""
    case = view.case
    if OTHER_SIDE.search(speaker) or any(mentions(speaker, name) for name in case.plaintiffs):
        return False
    if _OWN_SIDE.search(speaker) or any(mentions(speaker, name) for name in case.defendants):
        return True
    surname = speaker.rsplit(maxsplit=1)[-1]
    for sentence in view.sentences:
        for match in re.finditer(rf"(?<!\w){re.escape(surname)}(?!\w)", sentence.text):
            around = sentence.text[max(0, match.start() - 70) : match.end() + 70]
            tied = any(mentions(around, name) for name in case.defendants) or _OWN_SIDE.search(around)
            if tied and _OFFICER.search(around) and not re.search(r"\bfor (?:the )?(?:plaintiffs?|claimants?|agency|state|government|class)\b", around):
                return True
    return False


def _quoted_speaker(view: View, sentence: Sentence, place: int) -> str | None:
    """Who says the words of a quotation that a place lies in, if that is somebody of the defendant's."""
    text = view.article.text
    paragraph = next((span for span in _paragraphs(view) if span.holds(sentence.span)), sentence.span)
    for quotation in quotations(text, paragraph):
        if quotation.outer.start < place < quotation.outer.end:
            speaker = quotation.speaker or speaker_before(view, quotation)
            if speaker and answers(view, speaker.of(text)):
                return speaker.of(text)
    return None


def _subject(view: View, sentence: Sentence, verb: int) -> str | None:
    """Who is silent: the name right before the verb, an apposition aside; whether it is a defendant is seen when all is read."""
    bare = re.sub(r",[^,;]{2,80},\s*$", " ", re.sub(r"[\"“‘].*", "", sentence.text[:verb]))
    found = [span for span in names(bare, Span(0, len(bare))) if is_specific(span.of(bare))]
    if not found or len(bare) - found[-1].end > 3 or any(mentions(found[-1].of(bare), party) for party in view.case.plaintiffs):
        return None
    agent = _AGENT.search(bare)
    return re.sub(r"^(?:[Aa]n?|[Tt]he|[Ii]ts)\s+", "", agent.group("who")) if agent and agent.end() >= found[-1].end else found[-1].of(bare)


_OF_THE_CLAIMS = re.compile(r"\b(?:allegations?|accusations?|charges|claims? (?:are|is|were|was))\b", re.IGNORECASE)


def _denier(view: View, sentence: Sentence, verb: int) -> str | None:
    """Whoever is named first in a sentence that denies the allegations as such: nobody but the defendant's side does that."""
    if not _OF_THE_CLAIMS.search(sentence.text):
        return None
    before = re.sub(r"[\"“‘].*", "", sentence.text[:verb])
    named = [span.of(before) for span in names(before, Span(0, len(before))) if is_specific(span.of(before))]
    if not named or any(mentions(named[0], party) for party in view.case.plaintiffs) or re.search(r"\b(?:judge|court|jury)\b", before, re.IGNORECASE):
        return None
    return named[0]


def _speaker(view: View, sentence: Sentence, verb: int) -> str | None:
    """Who responds: the nearest party before the verb, outside an apposition; "the company" is the only defendant.

    A quotation's words do not count: in "X said: '…'" the speaker stands before the marks.
    """
    before = re.sub(r"[\"“‘].*", "", sentence.text[:verb])
    bare = _APPOSITION.sub(lambda match: "," + " " * (len(match.group()) - 2) + ",", before)
    found = [span.of(bare) for span in names(bare, Span(0, len(bare))) if is_specific(span.of(bare))]
    if not found:
        after = sentence.text[verb:]
        found = (
            [span.of(after) for span in names(after, Span(0, len(after))) if re.search(r"\b(?:said|told)\b", after)][:1] if not _COMPANY.search(bare) else []
        )
    agent = _AGENT.search(bare)
    if agent and any(mentions(agent.group("who"), party) for party in view.case.defendants):
        return re.sub(r"^(?:[Aa]n?|[Tt]he|[Ii]ts)\s+", "", agent.group("who"))
    for name in reversed(found):
        if any(mentions(name, party) for party in view.case.defendants):
            return name
    if _COMPANY.search(bare) and not found and len(view.case.defendants) == 1:
        return view.case.defendants[0]
    return None
