"""From a labelled span that the model copied to typed evidence: by the same normalisers that rules use, or no evidence.

Sums, dates and counts are read from the whole sentence and kept where they meet the span, for a model may cut them short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from casebrief.service.domain.article import Sentence, View
from casebrief.service.domain.captions import captions
from casebrief.service.domain.dates import in_words
from casebrief.service.domain.dockets import dockets
from casebrief.service.domain.evidence import UNCONFIRMED, Evidence, computed, copied
from casebrief.service.domain.money import counts, percentages, sums
from casebrief.service.domain.names import clean, is_specific, names
from casebrief.service.domain.quotations import quotations
from casebrief.service.domain.schema import LONGEST_VALUE, Cause, Counsel, Court, DocketNumber, Figure, Money, Name, Parties, Relief, Response, Speaker
from casebrief.service.domain.spans import Span
from casebrief.service.pipeline.asking import Told
from casebrief.service.pipeline.courts import court_phrases
from casebrief.service.pipeline.rules.claims import relief_of
from casebrief.service.pipeline.rules.numbers import event_span
from casebrief.service.pipeline.rules.outcomes import is_unsure, order_kind, sum_kind
from casebrief.service.pipeline.rules.speech import OTHER_SIDE, answers, speaker_before
from casebrief.service.pipeline.statutes import law_phrases

SHORTEST_QUOTE = 4
"""Words of a quotation that is speech and not a borrowed term."""


@dataclass(frozen=True)
class Said:
    """One line of an answer, with all that its typed form may need."""

    view: View
    sentence: Sentence
    span: Span
    member: str
    confidence: float
    speaker: Span | None

    @property
    def text(self) -> str:
        """The article's text."""
        return self.view.article.text

    @property
    def words(self) -> str:
        """The words of the line."""
        return self.span.of(self.text)

    def copied(self, field: str, span: Span | None = None, normalized: object = None, about: str = "") -> Iterator[Evidence]:
        """Evidence of the span's own words."""
        span = span or self.span
        if 0 < span.end - span.start <= LONGEST_VALUE:
            yield copied(field, self.view.article.id, self.text, span, self.confidence, normalized, about)  # type: ignore[arg-type]


Maker = Callable[[Said], Iterator[Evidence]]


def evidence_of(view: View, told: Told, fields: Mapping[str, str], confidence: Callable[[str, float], float]) -> Iterator[Evidence]:
    """Evidence for what one sentence states; ``fields`` maps labels to fields, ``confidence`` makes one
    (0 to 1) of a field and the probability of a line.
    """
    speakers = [line.span for line in told.lines if fields[line.label] == "speaker"]
    for line in told.lines:
        field, _, member = fields[line.label].partition(".")
        if field in MAKERS:
            speaker = min(speakers, key=lambda span: abs(span.start - line.span.start), default=None)
            said = Said(view, told.sentence, line.span, member, round(confidence(field, line.probability), 4), speaker)
            for item in MAKERS[field](said):
                yield replace(item, found_by="model")


def _caption(said: Said) -> Iterator[Evidence]:
    for found in captions(said.view.article, said.sentence):
        if found.span.meets(said.span):
            yield from said.copied("caption", found.span, Parties(plaintiff=found.plaintiff, defendant=found.defendant))


def _docket(said: Said) -> Iterator[Evidence]:
    for found in dockets(said.text, said.sentence.span):
        if found.labelled.meets(said.span):
            yield from said.copied("docket_number", found.labelled, DocketNumber(number=found.number))


def _court(said: Said) -> Iterator[Evidence]:
    for found in court_phrases(said.text, said.sentence.span):
        if found.span.meets(said.span) and found.precise:
            normalized = Court(court_id=found.court.court_id, name=found.court.name)
            yield from said.copied("court", found.span, normalized, "appellate" if found.appellate else "")


def _judge(said: Said) -> Iterator[Evidence]:
    name = _name(said)
    if name is not None and re.search(r"\b(?:Judge|Justice|Magistrate|Chancellor|Master|Sheriff)\b|\b[Jj]udge\b", said.sentence.text):
        yield computed("judge", said.view.article.id, said.span, name.of(said.text), said.confidence, Name(name=name.of(said.text)))


def _name(said: Said, span: Span | None = None) -> Span | None:
    """The one name in a span, or its first where it holds several."""
    span = span or said.span
    found = [name for name in names(said.text, span) if is_specific(name.of(said.text))]
    return found[0] if found else None


def _filed_on(said: Said) -> Iterator[Evidence]:
    found = [phrase for phrase in said.view.article.dates(said.sentence.span) if phrase.span.meets(said.span)]
    if len(found) == 1:
        date = found[0].date
        if date:
            yield computed("filed_on", said.view.article.id, found[0].span, in_words(date), said.confidence, date)
        else:
            yield from said.copied("filed_on", found[0].span)


def _class_definition(said: Said) -> Iterator[Evidence]:
    """Words that bound a group: all of some kind, or those who did or suffered something."""
    if len(said.words.split()) >= 3 and re.search(r"\b(?:who|whose|that|all|any|anyone|everyone|every)\b", said.words, re.IGNORECASE):
        yield from said.copied("class_definition")


_PROCEEDINGS = re.compile(
    r"\b(?:su(?:e|es|ed|ing)|lawsuits?|suits?|complaints?|defendants?|plaintiffs?|claimants?|accus\w+|alleg\w+|charg\w+|claims?|courts?|judge|jury|settle\w*|indict\w+|prosecut\w+|legal action"
    r"|case|trial|liable|guilty|named|filed|action)\b|\bv\.?\s",
    re.IGNORECASE,
)


def _party(field: str) -> Maker:
    def make(said: Said) -> Iterator[Evidence]:
        if not _PROCEEDINGS.search(said.sentence.text):
            return
        span = clean(said.text, said.span)
        if span is None or not is_specific(span.of(said.text)):
            span = _name(said) if re.search(r"\b(?:Attorney General|Department|Commission|family|estate)\b", said.words) is None else said.span
        if span is not None and not any(phrase.span.holds(span) for phrase in law_phrases(said.text, said.sentence.span)):
            yield from said.copied(field, span, Name(name=span.of(said.text)))

    return make


def _counsel(said: Said) -> Iterator[Evidence]:
    name = _name(said)
    if name is not None:
        normalized = Counsel(name=name.of(said.text), for_=said.member or None)  # type: ignore[arg-type]
        yield from said.copied("counsel", name, normalized)


_THEORY = re.compile(
    r"\b(?:fraud|negligence|infringement|misappropriation|liability|nuisance|trespass|conspiracy|discrimination|harassment|retaliation|competition|deceit|misrepresentation|enrichment|duty|dismissal|theft|bribery|laundering"
    r"|evasion|racketeering|monopoli\w+|defamation|libel|slander|manslaughter|assault|battery|warranty|contract|interference|conversion|death|malpractice|dilution|passing off)\b"
    r"|\b(?-i:[A-Z][\w’'-]+)\b.{0,60}\b(?:[Aa]ct|[Ll]aws?|[Cc]ode|[Rr]ules?|[Rr]egulation|[Dd]irective)$",
    re.IGNORECASE,
)
"""A law or theory that the vocabulary does not have: it ends in what such names end in."""


def _cause(said: Said) -> Iterator[Evidence]:
    found = [phrase for phrase in law_phrases(said.text, said.sentence.span) if phrase.span.meets(said.span)]
    for phrase in found:
        yield from said.copied("causes_of_action", phrase.span, Cause(name=phrase.span.of(said.text), jurisdiction=phrase.jurisdiction))
    if not found and len(said.words.split()) <= 8 and _THEORY.search(said.words):
        yield from said.copied("causes_of_action", None, Cause(name=said.words, jurisdiction=None))


_CLAUSE = re.compile(
    r"(?:[,;:“”\"‘—–]\s*|\b(?:that|says?|said|saying|alleges?|alleged|alleging|claims?|claimed|claiming|contends?|argues?|arguing|and|but|while|which|who|of|for|by|after|allegedly|reportedly)\s+(?!to\b))",
    re.IGNORECASE,
)
_SUBJECT_WORDS = 8
"""Words of a clause before its verb that still are its subject."""


def _allegation(said: Said) -> Iterator[Evidence]:
    """The act, with the subject of its clause where the words leave it out: "sold the data" alone says nothing of who did."""
    if len(said.words.split()) < 3 or re.match(r"(?:filed|sued|lodged|launched)\b", said.words) or _only_names_a_law(said):
        return
    if _OF_ANOTHER_SUBJECT.search(said.text[said.sentence.span.start : said.span.start]) or not _is_attributed(said):
        return
    start = said.span.start
    if not re.match(r"\w+ing\b", said.words):
        begins = max((match.end() for match in _CLAUSE.finditer(said.text, said.sentence.span.start, start)), default=said.sentence.span.start)
        subject = said.text[begins:start].split()
        if 0 < len(subject) <= _SUBJECT_WORDS and subject[-1] != "to":
            start = begins
    yield from said.copied("allegations", Span(start, said.span.end))


_OF_ANOTHER_SUBJECT = re.compile(r"\bwhose\b[^,;]*$")
_ATTRIBUTED = re.compile(
    r"\b(?:su(?:e|es|ed|ing)|lawsuits?|suits?|complaints?|plaintiffs?|claimants?|accus\w+|alleg\w+|charg\w+|claim\w*|indict\w+|prosecut\w+|legal action|case|filing|evidence|according to|(?:says?|said|argues?|contends?|told)"
    r"|found|ruled|jury|judge|court|theory)\b",
    re.IGNORECASE,
)


def _is_attributed(said: Said) -> bool:
    """Whether the paragraph, up to the sentence, credits what it tells to a suit or to somebody: a story's own scene is no allegation."""
    before = [s.text for s in said.view.sentences if s.paragraph == said.sentence.paragraph and s.span.start <= said.sentence.span.start]
    return bool(_ATTRIBUTED.search(" ".join(before)))


def _only_names_a_law(said: Said) -> bool:
    """Whether hardly anything but the name of a law stands there: that is a cause of action."""
    named = sum(phrase.span.end - phrase.span.start for phrase in law_phrases(said.text, said.sentence.span) if said.span.holds(phrase.span))
    return named >= 0.6 * len(said.words)


def _relief(said: Said) -> Iterator[Evidence]:
    yield from (replace(item, confidence=said.confidence) for item in relief_of(said.view, said.sentence, said.span))


_ASKED = re.compile(r"\b(?:ask(?:s|ed|ing)?|seek(?:s|ing)?|sought|request\w*|wants?|wanted|urg(?:es?|ed|ing)|demand\w*|mov(?:es?|ed) to)\b", re.IGNORECASE)
_DECIDED = re.compile(
    r"\b(?:grant|den(?:y|ie)|order|rul(?:e|ing)|dismiss|toss|throw|threw|approv|reject|refus|f(?:ou|i)nd|award|settl|agree|sign|allow|let|block|barr?|enjoin|set|sentenc|convict)",
    re.IGNORECASE,
)


def _ruling(said: Said) -> Iterator[Evidence]:
    found = [one for one in sums(said.text, said.sentence.span) if one.span.meets(said.span)]
    for one in found:
        if is_unsure(said.text, said.sentence, one):
            continue
        kind = sum_kind(said.text, said.sentence, one) or "other"
        money = Money(kind=kind, amount=one.amount, currency=one.currency, per=one.per, qualifier=one.qualifier)  # type: ignore[arg-type]
        yield from said.copied("rulings", one.span, money)
    if not found and len(said.words.split()) >= 2 and (_DECIDED.search(said.words) or not _ASKED.search(said.words)):
        yield from said.copied("rulings", None, Relief(kind=order_kind(said.words)))


def _response(said: Said) -> Iterator[Evidence]:
    speaker = _speaker(said)
    if speaker and not OTHER_SIDE.search(speaker):
        about = "" if answers(said.view, speaker) else UNCONFIRMED
        yield from said.copied("responses", said.sentence.span, Response(speaker=speaker, stance=said.member), about)  # type: ignore[arg-type]


def _speaker(said: Said) -> str | None:
    """Who answers: the name in the speaker's words, or those words themselves."""
    if said.speaker is None:
        return None
    name = _name(said, said.speaker)
    return (name or said.speaker).of(said.text)


def _quote(said: Said) -> Iterator[Evidence]:
    paragraph = _paragraph(said)
    for quotation in quotations(said.text, paragraph):
        words = quotation.span.of(said.text)
        if quotation.span.meets(said.span) and len(words.split()) >= SHORTEST_QUOTE and len(words) <= LONGEST_VALUE:
            told = said.speaker if said.speaker and not said.speaker.meets(quotation.outer) else None
            speaker = quotation.speaker or speaker_before(said.view, quotation) or (told and _who(said, told))
            yield from said.copied("quotes", quotation.span, Speaker(speaker=speaker.of(said.text) if speaker else None), str(quotation.begun))


_TOLD_TO = re.compile(r"\b(?:told|tells|telling|asked|warned|informed|assured|reminded)\s+(?:the\s+|its\s+|their\s+|his\s+|her\s+)?$")
_A_ROLE = re.compile(
    r"\b(?:spokes\w+|lawyers?|attorneys?|compan(?:y|ies)|complaint|lawsuit|suit|statement|filing|prosecutors?|officials?|manager|clerk|officer|director|chief|president|representative)\b",
    re.IGNORECASE,
)


def _who(said: Said, told: Span) -> Span | None:
    """The speaker in the model's words: a name without the firm it is of, else the words; "she" is nobody."""
    words = told.of(said.text)
    if _TOLD_TO.search(said.text[: told.start]):
        return None
    firm = re.search(r"\s+(?:of|for|at|from|with)\s+(?=[A-Z])", words)
    name = _name(said, Span(told.start, told.start + firm.start())) if firm else _name(said, told)
    if name is not None:
        return name
    return told if _A_ROLE.search(words) else None


def _paragraph(said: Said) -> Span:
    own = [sentence.span for sentence in said.view.sentences if sentence.paragraph == said.sentence.paragraph]
    return Span(min(span.start for span in own), max(span.end for span in own))


_SAYING = re.compile(r"\b(?:said|says|told \w+|wrote|added)\s+(?:(?:late|early)\s+)?(?:on\s+)?$")


def _event(said: Said) -> Iterator[Evidence]:
    for phrase in said.view.article.dates(said.sentence.span):
        if phrase.span.meets(said.span) and not _SAYING.search(said.text[said.sentence.span.start : phrase.span.start]):
            span = event_span(said.text, said.sentence.span, phrase.span)
            yield from said.copied("timeline", span, phrase.date, phrase.span.of(said.text))


def _figure(said: Said) -> Iterator[Evidence]:
    for one in sums(said.text, said.sentence.span):
        if one.span.meets(said.span):
            yield from said.copied("figures", _joined(one.span, said.span), Figure(quantity=one.amount, unit=one.currency))
            return
    for share in percentages(said.text, said.sentence.span):
        if share.span.meets(said.span):
            yield from said.copied("figures", _joined(share.span, said.span), Figure(quantity=share.quantity, unit="percent"))
            return
    for count in counts(said.text, said.sentence.span):
        if count.span.meets(said.span):
            unit = re.match(r"[\s-]+((?:[^\W\d_][\w’'-]*\s?){1,3})", said.text[count.span.end : said.sentence.span.end])
            if unit:
                words = unit.group(1).split()
                inside = [word for word in words if said.text.find(word, count.span.end, said.span.end) >= 0] or words[:1]
                yield from said.copied("figures", _joined(count.span, said.span), Figure(quantity=count.quantity, unit=inside[-1].lower()))
            return


def _joined(one: Span, other: Span) -> Span:
    return Span(min(one.start, other.start), max(one.end, other.end))


MAKERS: dict[str, Maker] = {
    "caption": _caption,
    "docket_number": _docket,
    "court": _court,
    "judge": _judge,
    "filed_on": _filed_on,
    "class_definition": _class_definition,
    "plaintiffs": _party("plaintiffs"),
    "defendants": _party("defendants"),
    "counsel": _counsel,
    "causes_of_action": _cause,
    "allegations": _allegation,
    "relief_sought": _relief,
    "rulings": _ruling,
    "responses": _response,
    "quotes": _quote,
    "timeline": _event,
    "figures": _figure,
}
