"""From words that a person selected to the fact that they state, by the same rules that read marked words."""

from __future__ import annotations

from typing import Any

from casebrief.service.corrections.model import CHOICES, SPOKEN, CorrectionFault
from casebrief.service.corrections.words import cited
from casebrief.service.domain.schema import LONGEST_VALUE, Counsel, Fact, Money, Relief, Response, Speaker
from casebrief.service.domain.spans import Span, trimmed
from casebrief.service.verifying import CLOSED, Source, reread


def stated(field: str, source: Source, span: Span, choice: str | None = None, speaker: str | None = None) -> Fact[Any]:
    """The fact that words of an article state in a field, as sure as a person is. Raises `CorrectionFault`."""
    words = trimmed(source.text, span.start, span.end)
    if words is None:
        raise CorrectionFault("the selected words are white space")
    check_choice(field, choice)
    if field in CLOSED:
        return _fact(str(choice), None, "inferred", [cited(source, words)])
    read = _read(source, words)
    items = reread(field, choice or "", source, read)
    if not items:
        raise CorrectionFault(
            f"no rule makes {field} of “{words.of(source.text)[:80]}”: words of one paragraph, at most {LONGEST_VALUE} characters, make a fact"
        )
    item = items[0]
    spans = [source.view.sent(one) for one in (item.span, item.basis) if one]
    citations = list(dict.fromkeys(cited(source, one) for one in spans))
    value = _told(source, item.span) if item.guarantee == "copied" else item.value
    return _fact(value, _spoken(field, item.normalized, source, speaker), item.guarantee, citations)


def check_choice(field: str, choice: str | None) -> None:
    """Raises `CorrectionFault` for what is not in the field's closed list, or lacks where it is needed."""
    among = CHOICES.get(field, ())
    needed = field in CLOSED or field == "responses"
    if choice is None and needed:
        raise CorrectionFault(f"{field} takes one of {', '.join(among)}")
    if choice is not None and choice not in among:
        raise CorrectionFault(f"{field} takes one of {', '.join(among)}, not {choice!r}" if among else f"{field} has no list to choose {choice!r} from")


def choice_of(fact: Fact[Any]) -> str | None:
    """What a fact has of its field's closed list."""
    form = fact.normalized
    if fact.guarantee == "inferred":
        return fact.value
    if isinstance(form, Counsel):
        return form.for_
    if isinstance(form, Money | Relief):
        return form.kind
    return form.stance if isinstance(form, Response) else None


def speaker_of(fact: Fact[Any]) -> str | None:
    """The speaker of a fact that has one."""
    return fact.normalized.speaker if isinstance(fact.normalized, Response | Speaker) else None


def _read(source: Source, words: Span) -> Span:
    """The words' place in the view, within one paragraph. Raises `CorrectionFault`."""
    span = source.read(cited(source, words))
    read = trimmed(source.view.text, span.start, span.end)
    if read is None:
        raise CorrectionFault("nothing is read of the selected words: a person does not see them")
    if not any(paragraph.holds(read) for _, paragraph in source.sentences):
        raise CorrectionFault("the selected words run over the end of a paragraph: select words of one")
    return read


def _told(source: Source, span: Span) -> str:
    """What is copied of a span of the view: as it was sent, or as it is read where they differ."""
    citation = cited(source, source.view.sent(span))
    return source.words(citation) if citation.folded else citation.quote


def _spoken(field: str, form: Any, source: Source, speaker: str | None) -> Any:
    if speaker is None:
        return form
    if field not in SPOKEN:
        raise CorrectionFault(f"{field} has no speaker")
    if not speaker.strip() or speaker not in source.view.text:
        raise CorrectionFault(f"the speaker {speaker!r} is not named so in {source.report.id}")
    return form.model_copy(update={"speaker": speaker})


def _fact(value: str, normalized: Any, guarantee: Any, citations: list[Any]) -> Fact[Any]:
    return Fact(value=value, normalized=normalized, guarantee=guarantee, confidence=1.0, independent_sources=1, citations=citations)
