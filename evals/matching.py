"""Whether an item of a summary is a labelled fact: by type, deterministic, no model as a judge.

Every matcher gives credit 1 (right), 0.5 (partial: a coarser right date, a name in part, a sum with another unit) or 0, and for less than
1 a word for the error: wrong value, wrong role, partial, not resolved.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from casebrief.evals.items import Item, cited_by, normalized, positions_of, words_of
from casebrief.evals.labels import LabelledFact
from casebrief.service.domain.dates import in_words
from casebrief.service.domain.dockets import dockets, same_docket
from casebrief.service.domain.names import key_words
from casebrief.service.domain.schema import Date
from casebrief.service.domain.spans import Span

Fault = Literal["", "wrong value", "wrong role", "partial", "not resolved"]

RIGHT, PARTIAL, WRONG = 1.0, 0.5, 0.0
PEOPLE = frozenset(
    "person people user users customer customers member members claimant claimants consumer consumers patient patients employee employees worker workers "
    "subscriber subscribers passenger passengers investor investors shareholder shareholders victim victims resident residents women men individuals".split()
)


@dataclass(frozen=True)
class Match:
    """How far an item is a fact, 0 to 1, and what is wrong with it where it is not wholly."""

    credit: float
    fault: Fault = ""


RIGHT_MATCH, NO_MATCH = Match(RIGHT), Match(WRONG, "wrong value")


def match(fact: LabelledFact, item: Item) -> Match:
    """The best that an item is of a fact, over all the forms that are right."""
    matcher = MATCHERS[fact.field]
    return max((matcher(_whole(form, fact), item, fact) for form in fact.forms), key=lambda found: found.credit)


STANCES = frozenset({"denies", "declined_to_comment", "no_response", "admits", "other"})
KINDS = frozenset({"damages", "statutory_damages", "restitution", "fine", "settlement", "fees", "other", "injunction", "declaration", "jury_trial"})


def _whole(form: Any, fact: LabelledFact) -> Any:
    """A form in the shape of the fact's value: an accepted text stands for one part of it (a stance, a kind, a name).

    An accepted mapping may name only what differs.
    """
    if not isinstance(fact.value, dict):
        return form
    if isinstance(form, dict):
        return fact.value | form
    if fact.field == "responses":
        return fact.value | ({"stance": form} if form in STANCES else {"speaker": form})
    if fact.field in ("relief_sought", "rulings"):
        return fact.value | {"kind": form} if form in KINDS else form
    parts = {"quotes": "text", "counsel": "name", "court": "name", "figures": "unit", "conflicts": "about", "filed_on": "phrase", "timeline": "phrase"}
    return fact.value | {parts[fact.field]: form} if fact.field in parts else form


def matchers_sha256() -> str:
    """The SHA-256 of the files that decide a score: this one, what reads items, what holds citations against marks, what makes facts of marks."""
    files = (Path(__file__).with_name(name) for name in ("matching.py", "items.py", "marks.py", "converting.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


# ---------------------------------------------------------------------- words


def tokens(text: object) -> tuple[str, ...]:
    """Words of a text, case, quotation marks and punctuation aside."""
    return tuple(re.findall(r"\w+", str(text).casefold().replace("’", "'").replace("'", "")))


TOUCHING = 0.6
"""The share of the shorter of two spans that both must hold to touch."""


def touch(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether two spans of one text share enough of the shorter one."""
    shared = min(end, other_end) - max(start, other_start)
    return shared > 0 and shared >= TOUCHING * min(end - start, other_end - other_start)


def places_met(fact: LabelledFact, item: Item) -> set[int]:
    """The positions of the fact (0 where it has one) that the item's citations touch."""
    return {
        place.position
        for place in fact.places
        for one in cited_by(item)
        if one.get("article") == place.article and touch(one.get("start", 0), one.get("end", 0), place.start, place.end)
    }


def has_nugget(fact: LabelledFact, item: Item) -> bool:
    """Whether every group of the fact's nugget has one of its strings in the item; of a fact whose places are known, whether it cites one."""
    if fact.places:
        return bool(places_met(fact, item))
    told = words_of(item).replace("’", "'")
    return all(any(option.casefold().replace("’", "'") in told for option in group) for group in fact.nugget)


def _same_words(one: object, other: object) -> bool:
    return tokens(one) == tokens(other)


def _name(expected: object, found: object) -> Match:
    """Names by their words, legal forms and titles aside; a part of the name is partial."""
    first, second = key_words(str(expected)), key_words(str(found))
    if first == second and (first or (tokens(expected) and _same_words(expected, found))):  # "the company" has no words of a name
        return RIGHT_MATCH
    if first and second and (first < second or second < first):
        return Match(PARTIAL, "partial")
    return NO_MATCH


# ---------------------------------------------------------------------- one matcher a type


def caption(form: Any, item: Item, fact: LabelledFact) -> Match:
    """Both sides by their names, in their places; the sides swapped earn nothing."""
    expected, found = _sides(form), _sides(item.get("value"))
    if expected is None or found is None:
        return RIGHT_MATCH if _same_words(form, item.get("value")) else NO_MATCH
    sides = [_name(one, other).credit for one, other in zip(expected, found, strict=True)]
    if min(sides) == RIGHT:
        return RIGHT_MATCH
    return Match(PARTIAL, "partial") if min(sides) > 0 else NO_MATCH


def _sides(text: object) -> tuple[str, str] | None:
    parts = re.split(r"\s(?:v\.?|vs\.?)\s", str(text), maxsplit=1)
    if len(parts) != 2:
        return None
    bare = [re.sub(r",?\s+(?:et al\.?|and others|and another|& Ors|& Anor)$", "", part.strip()) for part in parts]
    return bare[0], bare[1]


def docket_number(form: Any, item: Item, fact: LabelledFact) -> Match:
    found = normalized(item).get("number") or item.get("value") or ""
    return RIGHT_MATCH if same_docket(_number(str(form)), _number(str(found))) else NO_MATCH


def _number(text: str) -> str:
    found = next(dockets(text, Span(0, len(text))), None)
    return found.number if found else re.sub(r"^(?:(?:case|file|docket|civil action)\s+)?(?:nos?\.?|numbers?)\s+", "", text.strip(), flags=re.IGNORECASE)


def court(form: Any, item: Item, fact: LabelledFact) -> Match:
    """By id where the label has one, else by the words of the name."""
    expected = form if isinstance(form, dict) else {"court_id": None, "name": form}
    found = normalized(item)
    if expected.get("court_id"):
        if found.get("court_id") == expected["court_id"]:
            return RIGHT_MATCH
        return Match(PARTIAL, "not resolved") if found.get("court_id") is None and _same_words(expected["name"], found.get("name")) else NO_MATCH
    if found.get("court_id"):
        return NO_MATCH
    return _name(expected["name"], found.get("name") or item.get("value"))


def name(form: Any, item: Item, fact: LabelledFact) -> Match:
    return _name(form["name"] if isinstance(form, dict) else form, normalized(item).get("name") or item.get("value"))


def counsel(form: Any, item: Item, fact: LabelledFact) -> Match:
    found = _name(form["name"], normalized(item).get("name") or item.get("value"))
    if found.credit and normalized(item).get("for") != form.get("for"):
        return Match(PARTIAL, "wrong role")
    return found


def date(form: Any, item: Item, fact: LabelledFact) -> Match:
    """The same day, month or year; a coarser right date is partial, a near one is wrong, an open phrase must be left open."""
    if form.get("date") is None:
        phrase = str(form.get("phrase") or "").casefold()
        return RIGHT_MATCH if item.get("normalized") is None and phrase in words_of(item) else NO_MATCH
    expected, found = str(form["date"]), normalized(item).get("date")
    if found is None:
        return Match(WRONG, "not resolved")
    if found == expected:
        return RIGHT_MATCH
    return Match(PARTIAL, "partial") if expected.startswith(f"{found}-") else NO_MATCH


def event(form: Any, item: Item, fact: LabelledFact) -> Match:
    return date(form, item, fact) if fact.places or has_nugget(fact, item) else NO_MATCH


def money_or_kind(form: Any, item: Item, fact: LabelledFact) -> Match:
    """Sums by decimal amount and currency: no credit for a near amount; other relief by its kind and nugget."""
    found = normalized(item)
    if not isinstance(form, dict):
        return RIGHT_MATCH if (has_nugget(fact, item) if fact.nugget else _same_words(form, item.get("value"))) else NO_MATCH
    if fact.places:
        return (RIGHT_MATCH if found.get("kind") == form.get("kind") else Match(PARTIAL, "wrong role")) if has_nugget(fact, item) else NO_MATCH
    if form.get("amount") is None:
        if found.get("amount") is not None or (fact.nugget and not has_nugget(fact, item)):
            return NO_MATCH
        if not fact.nugget and found.get("kind") != form.get("kind"):
            return NO_MATCH
        return RIGHT_MATCH if found.get("kind") == form.get("kind") else Match(PARTIAL, "wrong role")
    if found.get("amount") is None or Decimal(str(found["amount"])) != Decimal(str(form["amount"])) or found.get("currency") != form.get("currency"):
        return NO_MATCH
    if found.get("kind") != form.get("kind"):
        return Match(PARTIAL, "wrong role")
    same_unit = _unit(found.get("per")) == _unit(form.get("per"))
    return RIGHT_MATCH if same_unit and found.get("qualifier") == form.get("qualifier") else Match(PARTIAL, "partial")


def _unit(unit: object) -> object:
    return "person" if unit in PEOPLE else unit


def response(form: Any, item: Item, fact: LabelledFact) -> Match:
    found = normalized(item)
    speaker = form["speaker"] is None or _name(form["speaker"], found.get("speaker") or "").credit
    if found.get("stance") != form["stance"] or (fact.places and not has_nugget(fact, item)):
        return Match(WRONG, "wrong value")
    return RIGHT_MATCH if speaker else Match(PARTIAL, "wrong role")


def quote(form: Any, item: Item, fact: LabelledFact) -> Match:
    """Exact words after a declared normalisation (case, marks and punctuation aside); the speaker is scored apart."""
    return RIGHT_MATCH if _same_words(form["text"], item.get("value")) else NO_MATCH


def right_speaker(fact: LabelledFact, item: Item) -> bool:
    """Whether a quotation's speaker is one of those that are right."""
    found = normalized(item).get("speaker") or ""
    speakers = [form["speaker"] if isinstance(form, dict) else form for form in fact.forms]
    return any(speaker is not None and _name(speaker, found).credit for speaker in speakers)


def figure(form: Any, item: Item, fact: LabelledFact) -> Match:
    found = normalized(item)
    if found.get("quantity") is None or Decimal(str(found["quantity"])) != Decimal(str(form["quantity"])):
        return NO_MATCH
    told = set(tokens(f"{form.get('unit') or ''} {form.get('of') or ''}"))
    unit = str(found.get("unit") or "").casefold()
    alike = bool(set(tokens(unit)) & told) or unit.rstrip("s") in told or (unit in PEOPLE and bool(told & PEOPLE))
    return RIGHT_MATCH if alike else Match(PARTIAL, "wrong role")


def closed(form: Any, item: Item, fact: LabelledFact) -> Match:
    return RIGHT_MATCH if form == item.get("value") else NO_MATCH


def law(form: Any, item: Item, fact: LabelledFact) -> Match:
    """Laws and theories by their words; a law named in part is partial."""
    expected = form["name"] if isinstance(form, dict) else form
    found = normalized(item).get("name") or item.get("value")
    return _name(_bare_law(expected), _bare_law(found))


def _bare_law(text: object) -> str:
    return re.sub(r"^(?:the|federal|violations? of|infringement of|u\.?s\.?)\s+", "", str(text).strip(), flags=re.IGNORECASE)


def nugget(form: Any, item: Item, fact: LabelledFact) -> Match:
    return RIGHT_MATCH if has_nugget(fact, item) else NO_MATCH


def conflict(form: Any, item: Item, fact: LabelledFact) -> Match:
    """The same field, and two of the labelled values among the positions; another kind of conflict is partial."""
    if item.get("field") != form["field"]:
        return NO_MATCH
    told = positions_of(item)
    positions = [" ".join([str(position.get("value")), *(str(c.get("quote")) for c in cited_by(position))]) for position in told]
    if form["field"] in ("timeline", "filed_on"):
        positions = [f"{words} {_in_words(position)}" for words, position in zip(positions, told, strict=True)]
    met = sum(any(_tells(position, value) for position in positions) for value in form["values"])
    if fact.places:
        met = max(met, len(set().union(*(places_met(fact, position) for position in told))))
    elif form["field"] in DESCRIBED:
        met = max(met, _meets_evidence(item, fact), sum(any(_tells(position, value, "s") for position in positions) for value in form["values"]))
    if met < min(2, len(form["values"])):
        return NO_MATCH
    return RIGHT_MATCH if item.get("kind") == form["kind"] else Match(PARTIAL, "wrong value")


DESCRIBED = ("status", "responses")
"""Fields whose labelled positions are descriptions ("charged and arrested"), not forms of the field: evidence tells them apart."""


def _meets_evidence(item: Item, fact: LabelledFact) -> int:
    """How many positions cite words that the labels name as evidence, each other words than the ones before."""
    taken: set[tuple[str, str]] = set()
    met = 0
    for position in positions_of(item):
        cited = [(citation.get("article"), str(citation.get("quote"))) for citation in cited_by(position)]
        here = {(article, quote) for article, quote in fact.evidence for a, words in cited if a == article and (words in quote or quote in words)} - taken
        met += bool(here)
        taken |= here
    return met


def _in_words(position: Item) -> str:
    """The day of a position as labels write one: a citation may leave the year out."""
    date = normalized(position).get("date")
    return in_words(Date(date=date, precision="day")) if date and len(date) == 10 else str(date or "")


def _tells(position: str, value: object, ending: str = "") -> bool:
    """Whether a position has a value's words, but for an ``ending``: "disagrees with the claims" describes "we disagree with the claims", or its numbers."""
    wanted = [word for word in tokens(value) if len(word) > 2 or word.isdigit()] or list(tokens(value))
    told = {word.removesuffix(ending) for word in tokens(position)}
    return {word.removesuffix(ending) for word in wanted} <= told or (bool(numbers(value)) and numbers(value) <= numbers(position))


def numbers(text: object) -> set[str]:
    """The digits of the numbers in a text, their commas aside."""
    return {number.replace(",", "") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", str(text))}


MATCHERS: dict[str, Callable[[Any, Item, LabelledFact], Match]] = {
    "caption": caption,
    "docket_number": docket_number,
    "court": court,
    "judge": name,
    "filed_on": date,
    "proceeding": closed,
    "status": closed,
    "class_definition": nugget,
    "plaintiffs": name,
    "defendants": name,
    "counsel": counsel,
    "causes_of_action": law,
    "allegations": nugget,
    "relief_sought": money_or_kind,
    "rulings": money_or_kind,
    "responses": response,
    "quotes": quote,
    "timeline": event,
    "figures": figure,
    "conflicts": conflict,
}
