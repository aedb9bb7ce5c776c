"""Answers to the bundled complaints: right ones, and each with a single fault."""

import pytest
from casebrief.evals.checks import Check
from casebrief.evals.complaining import load_kinds
from casebrief.evals.labels import MANY, SINGLE
from pydantic import TypeAdapter

KINDS = load_kinds()
COMPLAINTS = [(name, complaint) for name, kind in KINDS.items() for complaint in kind.complaints]
each_complaint = pytest.mark.parametrize(("kind", "complaint"), COMPLAINTS, ids=[complaint.id for _, complaint in COMPLAINTS])
CHECK = TypeAdapter(Check)


def response(articles: int = 1, outcome: str = "used", **fields) -> dict:
    """What a service answers: nothing found but these fields. A field is one item, or a list of them."""
    ledger = [{"article": f"a{number}", "outcome": outcome, "reason": None, "facts": 0} for number in range(1, articles + 1)]
    return {"summary": {**dict.fromkeys(SINGLE), **{name: [] for name in MANY}, "abstract": None, **fields}, "ledger": ledger}


def item(value: str, normalized: dict | None = None, quote: str | None = None) -> dict:
    quoted = quote or value
    fact = {"value": value, "normalized": normalized, "guarantee": "copied", "confidence": 0.9, "independent_sources": 1}
    return fact | {"citations": [{"article": "a1", "start": 0, "end": len(quoted), "quote": quoted}]}


def party(name: str) -> dict:
    return item(name, {"name": name})


def money(amount: float, kind: str = "damages") -> dict:
    return item(f"${amount}", {"kind": kind, "amount": amount, "currency": "USD", "per": None, "qualifier": None})


def event(date: str) -> dict:
    return item(f"on {date}", {"date": date, "precision": ("year", "month", "day")[date.count("-")]})


def spoken(words: str, speaker: str | None) -> dict:
    return item(words, {"speaker": speaker})


def answered(stance: str) -> dict:
    return item(f"it {stance}", {"speaker": None, "stance": stance})


def conflict(*values: str) -> dict:
    positions = [{"value": value, "normalized": None, "citations": item(value)["citations"]} for value in values]
    return {"field": "rulings", "about": "sum", "kind": "contradiction", "positions": positions}


def right_answer(complaint) -> dict:
    """The least that keeps every ``must``, and some answer where saying nothing would break a ``never``."""
    found = response(len(complaint.articles))
    for check in complaint.must:
        fulfil(found["summary"], check)
    for check in complaint.never:
        if check.check == "number" and check.count == 0:
            found["summary"][check.field].append(answered("denies") if check.field == "responses" else conflict("this", "that"))
    return found


def fulfil(summary: dict, check) -> None:
    """Make one check true, adding as little as can be."""
    match check.check:
        case "words":
            add(summary, check.field, item(check.words, {"name": check.words}))
        case "value_is":
            add(summary, check.field, item(check.value))
        case "named":
            add(summary, check.field, party(check.name))
        case "name_holds":
            add(summary, check.field, party(f"the {check.words}"))
        case "names_are":
            summary[check.field] = [party(name) for name in check.names]
        case "number" if check.count:
            summary[check.field] += [party(f"item {number}") for number in range(check.count - len(summary[check.field]))]
        case "cited":
            add(summary, check.field, item(check.words))
        case "sum":
            add(summary, check.field, money(check.amount, check.kind or "fine"))
        case "dated":
            add(summary, "timeline", event(check.date))
        case "dates_are":
            summary["timeline"] = [event(date) for date in check.dates]
        case "spoken_by":
            add(summary, "quotes", spoken(check.words, check.speaker))
        case "position_holds":
            add(summary, "conflicts", conflict("this", check.words))
        case "figure":
            add(summary, "figures", item("so many", {"quantity": check.quantity, "unit": check.unit}))


def add(summary: dict, field: str, found: dict) -> None:
    if field in SINGLE:
        summary[field] = found
    else:
        summary[field].append(found)


def spoil(found: dict, check) -> None:
    """Make one check that holds false."""
    summary, field = found["summary"], check.looks_at()
    match check.check:
        case "every_article_used":
            found["ledger"][0]["outcome"] = "not_about_the_case"
        case "every_stance":
            summary["responses"].append(answered("admits"))
        case "dates_are":
            summary["timeline"].append(event("1999"))
        case "names_are":
            summary[field].append(party("Zzyzx"))
        case "number":
            add(summary, field, event("1999") if field in SINGLE else party("one more"))
        case _:
            summary[field] = None if field in SINGLE else []
